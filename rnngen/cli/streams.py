"""Standard streams as they may really be: closed, on a full disk, without a reader.

    with usable_streams():
        print("data")

Results go to stdout, so a result that can't be written there is an error: `stdout can't be written:
No space left on device`. A reader that leaves early (`rnngen generate | head`) has what it wanted:
the command ends quietly with exit code 0. What is said on stderr is talk, and the work goes on
without a listener. Reading a stdin that is closed is an error; not reading it is none.

A descriptor that is closed is given to the next file that somebody opens, and what a library writes
to "stdout" then ends up in a checkpoint. So closed ones are taken first, by /dev/null.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, BinaryIO, NoReturn, TextIO, cast

from rnngen.contracts.errors import DataError, RunError
from rnngen.files.atomic import FULL

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

NAMES = ("stdin", "stdout", "stderr")
"""The standard streams, in the order of their descriptors."""


class Watched:
    """A text stream that is written to; what the system refuses goes to `refused`.

    Args:
        stream: the stream itself.
        refused: called with the error, at once and for all that follows. What it does not raise
            for is dropped.
    """

    def __init__(self, stream: TextIO, refused: Callable[[OSError], None]) -> None:
        self.stream = stream
        self._refused = refused
        self._error: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    @property
    def buffer(self) -> BinaryIO:
        """The stream of bytes below, watched in the same way."""
        return cast(BinaryIO, _WatchedBytes(self))

    def write(self, text: str) -> int:
        """Writes `text`, or drops it."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if text:  # without any, a full disk has an error, too
            self.attempt(lambda: self.stream.write(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Writes each of them."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Hands over what was written."""
        self.attempt(self.stream.flush)

    def attempt(self, action: Callable[[], object]) -> None:
        """Does something with the stream, unless that was refused before."""
        if self._error is None:
            try:
                action()
            except OSError as error:
                self._error = error
                forget(self.stream)
        if self._error is not None:
            # Once more for a caller who caught the first one.
            self._refused(self._error)


class _WatchedBytes(io.RawIOBase):
    """The bytes below a `Watched` stream."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer) -> int:
        raw = bytes(data)
        self._watched.attempt(lambda: self._watched.stream.buffer.write(raw))
        return len(raw)

    def flush(self) -> None:
        self._watched.attempt(self._watched.stream.buffer.flush)


class Input:
    """Stdin; what can't be read is a `DataError`."""

    def __init__(self, stream: IO[Any]) -> None:
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    @property
    def buffer(self) -> Input:
        """The stream of bytes below."""
        return Input(cast(TextIO, self.stream).buffer)

    def __iter__(self) -> Iterator[Any]:
        while line := self.readline():
            yield line

    def read(self, size: int = -1) -> Any:
        """All of it, or this many characters."""
        with _reading():
            return self.stream.read(size)

    def readline(self, size: int = -1) -> Any:
        """The next line; empty at the end."""
        with _reading():
            return self.stream.readline(size)


@contextmanager
def usable_streams() -> Iterator[None]:
    """Stdin, stdout and stderr are there meanwhile, and fail in our words."""
    before = sys.stdin, sys.stdout, sys.stderr
    for descriptor, name in enumerate(NAMES):
        _take(descriptor)
        if getattr(sys, name) is None:
            mode = "w" if descriptor else "r"
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    sys.stdin = cast(TextIO, Input(sys.stdin))
    sys.stdout = cast(TextIO, Watched(sys.stdout, _stdout_refused))
    sys.stderr = cast(TextIO, Watched(sys.stderr, lambda error: None))
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


def forget(stream: TextIO) -> None:
    """Redirects a stream to nowhere, so that Python's own flush at the end stays silent."""
    with suppress(OSError, ValueError):  # it has no descriptor
        descriptor = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)


def _take(descriptor: int) -> None:
    """Opens a closed descriptor such that using it still fails; stderr swallows what it is told."""
    try:
        os.fstat(descriptor)
    except OSError:
        # The lowest free one is given, which is this one: those below it are taken already.
        os.open(os.devnull, os.O_RDONLY if descriptor == 1 else os.O_WRONLY)


def _stdout_refused(error: OSError) -> NoReturn:
    if error.errno == errno.EPIPE:
        raise SystemExit(0) from None
    raise RunError(
        "stdout is closed"
        if error.errno == errno.EBADF
        else f"stdout can't be written: {_reason(error)}",
        hint="free some space, or write to another disk"
        if error.errno in FULL
        else "the result goes to stdout: let it lead to a file, a pipe or a terminal",
    ) from error


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        closed = error.errno == errno.EBADF
        raise DataError(
            "stdin is closed" if closed else f"stdin can't be read: {_reason(error)}",
            hint="give the input by a pipe (`... | rnngen ...`) or a file (`< FILE`)",
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"stdin is not {error.encoding.upper()}: byte {error.object[error.start]:#04x}",
            hint="convert it first, for example with `iconv -f LATIN1 -t UTF-8`",
        ) from error


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
