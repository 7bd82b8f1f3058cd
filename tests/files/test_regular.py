"""Only regular files of a bounded size are read: nothing is waited for, nothing is endless."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rnngen.contracts.errors import BundleError
from rnngen.files.regular import open_regular, read_regular


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    (tmp_path / "link").symlink_to(path)
    assert read_regular(path, 5) == read_regular(tmp_path / "link", 5) == b"12345"
    with pytest.raises(BundleError, match="larger than the limit of 4 bytes"):
        read_regular(path, 4)


def test_a_file_that_is_missing_is_told_from_one_that_is_something_else(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "none", 5)
    with pytest.raises(BundleError, match="is not a file"):
        read_regular(tmp_path, 5)


def test_pipes_and_devices_are_refused_at_once(tmp_path: Path) -> None:
    pipe, endless = tmp_path / "pipe", tmp_path / "endless"
    os.mkfifo(pipe)
    endless.symlink_to("/dev/zero")
    for path in (pipe, endless):
        with pytest.raises(BundleError, match="is not a file"):
            open_regular(path)
