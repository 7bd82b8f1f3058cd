"""What can't be written is said in one way, whoever wrote it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from rnngen.contracts.errors import RunError, UsageError
from rnngen.files.atomic import saving, write_atomically


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EFBIG, "free some space"),
        (errno.EACCES, "check that you can write to `there`"),
    ],
)
def test_a_write_that_fails_names_file_reason_and_what_is_whole(number: int, hint: str) -> None:
    with pytest.raises(RunError) as caught, saving(Path("there/x"), "the rest is whole"):
        raise OSError(number, "the reason")
    assert caught.value.message == "`there/x` can't be written: the reason; the rest is whole"
    assert caught.value.hint == hint


def test_a_missing_folder_is_the_mistake_of_who_named_it_but_not_in_a_run(tmp_path: Path) -> None:
    path = tmp_path / "none" / "x.txt"
    missing = r"there is no folder `.*none` to write `x\.txt` to"
    with pytest.raises(UsageError, match=missing), saving(path):
        path.write_text("x")
    failed = "can't be written: No such file"
    with pytest.raises(RunError, match=failed), saving(path, "the rest is whole"):
        path.write_text("x")


def test_errors_that_are_not_of_the_system_pass() -> None:
    with pytest.raises(ValueError, match="mine"), saving(Path("x")):
        raise ValueError("mine")


def test_a_device_or_pipe_is_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to("/dev/null")
    for path in (pipe, link):
        with pytest.raises(OSError, match="it is a device, a pipe or a socket"):
            write_atomically(path, b"data")
    assert pipe.is_fifo()
    assert link.is_symlink()
    assert len(list(tmp_path.iterdir())) == 2
