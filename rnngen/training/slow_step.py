"""Tells of a part of training that takes long while it does, with the likely reason."""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rnngen.engines.cores import Contention
from rnngen.training.pace import TAKEN

FIRST = 5.0
"""A part counts as slow after this many seconds, at the earliest."""

TIMES = 5.0
"""A slow part also takes this many times longer than usual."""

LOOK = 1.0
"""Seconds between two looks."""

Tell = Callable[[str, float, str], None]


class SlowSteps:
    """Watches, from its own thread, what the main thread is doing.

    Args:
        tell: called once a second while a part is slow, with what it is, how long it has taken,
            and why.
        clock: in seconds.
    """

    def __init__(self, tell: Tell, clock: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._clock = clock
        self._usual: dict[str, deque[float]] = {}
        self._now: tuple[str, str, float] | None = None
        self._ended = threading.Event()
        self._contention = Contention()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While a training runs."""
        thread = threading.Thread(target=self._watch, name="rnngen slow steps", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    @contextmanager
    def part(self, name: str, kind: str) -> Iterator[None]:
        """One step, or another part of the training that may take long.

        Args:
            name: how it is called.
            kind: parts of one kind usually take as long as each other.
        """
        begin = self._clock()
        self._now = name, kind, begin
        try:
            yield
        finally:
            self._now = None
            usual = self._usual.setdefault(kind, deque(maxlen=9))
            usual.append(self._clock() - begin)

    def look(self) -> None:
        """Reports the current part if it is slow."""
        taken, now = self._contention.share(), self._now
        if now is None:
            return
        name, kind, begin = now
        seconds, usual = self._clock() - begin, self._usual.get(kind)
        normal = statistics.median(list(usual)) if usual else 0.0
        if seconds < max(FIRST, TIMES * normal):
            return
        reason = "other programs use the cores" if taken > TAKEN else ""
        if usual and not reason:
            reason = f"usually {normal:.1f} s"
        self._tell(name, seconds, reason)

    def _watch(self) -> None:
        while not self._ended.wait(LOOK):
            self.look()
