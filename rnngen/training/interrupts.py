"""Ctrl-C: the first one asks for an orderly end, the second one ends at once.

    with Interrupts(say) as interrupts:
        while not interrupts.requested:
            with interrupts.breakable():
                ...  # given up if it takes longer than a moment
            ...      # never left half done: a write, an update

Where nothing of this is entered, Ctrl-C is Python's own: KeyboardInterrupt, at once.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

MOMENT = 0.5
"""Seconds that the current part may still take after Ctrl-C."""


class GivenUp(KeyboardInterrupt):
    """The current part took too long after Ctrl-C.

    Not an Exception, so that no plugin takes it for a failure of its own.
    """


_active: list[Interrupts] = []


def must_not_be_cut() -> bool:
    """Whether Ctrl-C has to wait for the current part, such as a checkpoint being written."""
    return bool(_active) and not _active[-1].is_breakable


def _signals() -> list[signal.Signals]:
    """Those that ask for an end; not the hangup that `nohup` has switched off."""
    found = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        found.append(signal.SIGHUP)
    return found


def _leave_terminal() -> None:
    """The terminal was closed: what is said from now on must not fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        with suppress(OSError):
            if stat.S_ISCHR(os.fstat(descriptor).st_mode):
                os.dup2(nowhere, descriptor)
    os.close(nowhere)


class Interrupts:
    """A context in which SIGINT, SIGTERM and SIGHUP set `requested`; the second one interrupts.

    Args:
        say: called with a line at the first signal.
        moment: seconds that a breakable part may still take after it.
    """

    def __init__(self, say: Callable[[str], None], moment: float = MOMENT) -> None:
        self.requested = False
        self._say = say
        self._moment = moment
        self._depth = 0
        self._timer: threading.Timer | None = None
        self._rings = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupts:
        try:
            for number in _signals():
                self._before[number] = signal.signal(number, self._ask)
            _active.append(self)
        except ValueError:  # not the main thread: there, signals do not arrive
            pass
        return self

    def __exit__(self, *exception: object) -> None:
        if self in _active:
            _active.remove(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def is_breakable(self) -> bool:
        """Whether the current part can be given up."""
        return self._depth > 0

    @contextmanager
    def breakable(self) -> Iterator[None]:
        """A part that can be given up; it does not even start after Ctrl-C.

        Raises:
            GivenUp: from wherever it is, a moment after Ctrl-C.
        """
        if self.requested:
            raise GivenUp
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if sys.platform != "win32" and number == signal.SIGHUP:
            _leave_terminal()
        if self._rings:
            self._rings = False
            if self._depth:
                raise GivenUp
            return
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        self._say("stopping (Ctrl-C again: at once, unsaved)")
        self._timer = threading.Timer(self._moment, self._ring, [number])
        self._timer.daemon = True
        self._timer.start()

    def _ring(self, number: int) -> None:
        """Signals once more, to ourselves: that also wakes what sleeps or waits."""
        self._rings = True
        thread = threading.main_thread().ident
        assert thread is not None
        signal.pthread_kill(thread, number)
