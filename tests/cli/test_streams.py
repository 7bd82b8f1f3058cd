"""Standard streams that are closed, full, or without a reader: errors in our words, or none."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rnngen.cli import main
from rnngen.cli.streams import Input, Watched, usable_streams
from rnngen.contracts.errors import DataError, RunError

ROOT = Path(__file__).parents[2]


class Nothing(io.RawIOBase):
    """A file that the system writes nothing to."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.tries = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.tries += 1
        raise OSError(self.number, os.strerror(self.number))


class Refusing(io.TextIOWrapper):
    """A text stream over it, without a memory of its own."""

    def __init__(self, number: int) -> None:
        self.file = Nothing(number)
        super().__init__(self.file, encoding="utf-8", write_through=True)  # type: ignore[type-var]


def shell(line: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`rnngen` in a shell, which can close what a program begins with."""
    return subprocess.run(
        ["bash", "-c", line.replace("rnngen", f"{sys.executable} -m rnngen", 1)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "RNNGEN_PLUGINS": "", **variables},
    )


@pytest.mark.parametrize("arguments", [["list"], ["--help"], ["--version"], ["list", "--help"]])
@pytest.mark.parametrize(
    ("number", "code", "says"),
    [
        (errno.ENOSPC, 1, "stdout can't be written: No space left on device\nhint: free some"),
        (errno.EBADF, 1, "error: stdout is closed\nhint: "),
        (errno.EIO, 1, "stdout can't be written: Input/output error"),
        (errno.EPIPE, 0, ""),
    ],
)
def test_a_stdout_that_takes_nothing_ends_every_command_with_its_code(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    number: int,
    code: int,
    says: str,
) -> None:
    monkeypatch.setattr(sys, "stdout", Refusing(number))
    assert main(["--no-plugins", *arguments] if arguments[0] == "list" else arguments) == code
    said = capsys.readouterr().err
    assert says in said
    assert (said == "") == (code == 0)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EPIPE, errno.EIO])
def test_a_stderr_that_takes_nothing_changes_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    stream = Refusing(number)
    monkeypatch.setattr(sys, "stderr", stream)
    assert main(["list", "cakes"]) == 2
    assert main(["--no-plugins", "list", "strategies"]) == 0
    assert stream.file.tries == 2
    assert capsys.readouterr().out.startswith("name")


def test_what_was_refused_once_is_refused_again_for_who_caught_it() -> None:
    def refuse(error: OSError) -> None:
        raise RunError("no")

    watched = Watched(Refusing(errno.ENOSPC), refuse)
    for action in (lambda: watched.write("a"), lambda: watched.write("b"), watched.flush):
        with pytest.raises(RunError):
            action()
    assert watched.write("") == 0


@pytest.mark.parametrize("read", [lambda stream: stream.read(), lambda stream: stream.readline()])
@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.EBADF, "bad"), "stdin is closed"),
        (OSError(errno.EISDIR, "it is a folder"), "stdin can't be read: it is a folder"),
        (UnicodeDecodeError("utf-8", b"a\xff", 1, 2, "no"), "stdin is not UTF-8: byte 0xff"),
    ],
)
def test_a_stdin_that_can_not_be_read_is_an_error_of_the_data(
    read: Callable[[Input], str], error: Exception, says: str
) -> None:
    class Unreadable(io.StringIO):
        def read(self, size: int | None = -1) -> str:
            raise error

        def readline(self, size: int | None = -1) -> str:  # type: ignore[override]
            raise error

    with pytest.raises(DataError, match=says):
        read(Input(Unreadable()))


def test_streams_that_python_does_not_have_are_there_meanwhile_and_gone_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    with usable_streams():
        print("nobody hears this", file=sys.stderr)
    assert sys.stderr is None


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("rnngen list >/dev/full", 1, "stdout can't be written: No space left on device"),
        ("rnngen --version >&-", 1, "stdout is closed"),
        ("rnngen list cells 2>&-", 0, ""),
        ("rnngen list cakes <&- >&- 2>&-", 2, ""),
        ("rnngen list | head -1; exit ${PIPESTATUS[0]}", 0, ""),
        ("rnngen list >/dev/full 2>/dev/full", 1, ""),
    ],
)
def test_real_streams_end_without_a_traceback(line: str, code: int, says: str) -> None:
    done = shell(line)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert bool(done.stderr) == bool(says)


def test_no_file_of_ours_becomes_the_stdout_that_was_closed(tmp_path: Path) -> None:
    """A descriptor that is closed is given to the next file that is opened."""
    script = (
        "import os, sys; from rnngen.cli.streams import usable_streams\n"
        "with usable_streams():\n"
        f"    number = os.open({str(tmp_path / 'checkpoint')!r}, os.O_CREAT | os.O_WRONLY)\n"
        "sys.exit(number)\n"
    )
    done = subprocess.run(
        ["bash", "-c", f'{sys.executable} -c "$0" <&- >&- 2>&-', script], check=False, cwd=ROOT
    )
    assert done.returncode > 2


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "ascii:strict"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TERM": "dumb"},
    ],
    ids=lambda variables: next(iter(variables.values())),
)
def test_a_terminal_that_is_not_utf8_shows_escapes(variables: dict[str, str]) -> None:
    """`script` gives the program a terminal."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "rnngen", "show", "cell", "nothing→é"],
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env={**os.environ, "RNNGEN_PLUGINS": "", **variables},
    )
    assert process.wait() == 2
    os.close(theirs)
    shown = os.read(ours, 100_000)
    os.close(ours)
    assert b"no cell named" in shown
    assert b"\\u2192" in shown or b"\\xe2\\x86\\x92" in shown
    assert b"Traceback" not in shown
