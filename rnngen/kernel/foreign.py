"""Runs a plugin's code at import; whatever it does there, the command continues.

What it prints goes to stderr, so that stdout holds our data alone; what it raises is returned. Only
the user's Ctrl-C ends the command, not a `KeyboardInterrupt` that the code raised by itself.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import IO, TypeVar

T = TypeVar("T")


def attempt(
    function: Callable[[], T], *, own: bool = False
) -> tuple[T | None, BaseException | None]:
    """Calls a function that runs a plugin's code; gives its value, or what it raised.

    Args:
        function: called without arguments.
        own: the code is ours, and prints nothing.

    Raises:
        KeyboardInterrupt: the user pressed Ctrl-C meanwhile, even if the code caught that.
    """
    value, raised = None, None
    with contextlib.nullcontext() if own else _own_stdout(), _ctrl_c() as pressed:
        try:
            value = function()
        except BaseException as error:
            raised = error
    if pressed:
        raise KeyboardInterrupt
    return value, raised


@contextlib.contextmanager
def _ctrl_c() -> Iterator[list[int]]:
    """A list that is not empty once the user pressed Ctrl-C."""
    pressed: list[int] = []
    try:
        before = signal.getsignal(signal.SIGINT)
        if not callable(before):  # ignored, or not Python's
            yield pressed
            return

        def press(number: int, frame: FrameType | None) -> None:
            pressed.append(number)
            before(number, frame)

        signal.signal(signal.SIGINT, press)
    except ValueError:  # not the main thread: there, signals do not arrive
        yield pressed
        return
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _own_stdout() -> Iterator[None]:
    """What is written to stdout meanwhile goes to stderr, by whatever way: print, C, a child."""
    _flush()
    try:
        kept = os.dup(1)
    except OSError:  # there is none
        with contextlib.redirect_stdout(sys.stderr):
            yield
        return
    with _talk() as talk:
        os.dup2(talk.fileno(), 1)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield
        finally:
            _flush()
            os.dup2(kept, 1)
            os.close(kept)
            talk.seek(0)
            # Not straight to the file of stderr: on a terminal it has to be escaped.
            text = talk.read().decode(errors="backslashreplace")
            if text and sys.stderr is not None:
                sys.stderr.write(text)


def _talk() -> IO[bytes]:
    """Where it is kept meanwhile; nowhere, if no disk takes it."""
    import tempfile

    try:
        return tempfile.TemporaryFile()
    except OSError:
        return open(os.devnull, "w+b")


def _flush() -> None:
    """Empties what Python and C still hold back, so that it goes where it was meant to."""
    for stream in (sys.stdout, sys.__stdout__):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()  # type: ignore[union-attr]
    if sys.platform != "win32":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).fflush(None)
