"""How many threads a training uses while other programs use the cores.

    full ──waits for cores──> tries half ──clearly faster──> half ──now and then──> tries full

Neither a load nor a wait says that fewer threads would be faster: on two cores with three busy
programs, two sleeping threads get more of the processors than one does. So that is measured, for as
short as it takes, and only while the steps themselves wait for cores. Numbers may differ in their
last bits with the number of threads, so it is done only where the clock decides anyway how a run
goes: with a limit of time, and where nobody asked for a number of threads.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Literal

STEPS = 8
SECONDS = 2.0
"""A measurement takes this many steps, or this many seconds where steps are slow."""

TAKEN = 0.25
"""Seconds waited for a core in a second, from which on they count as taken."""

FASTER = 0.9
"""Fewer threads stay only if a step takes less than this share of its usual time."""

AGAIN = 60.0
"""Seconds until the next try; twice as long after each that brought nothing."""


class Pace:
    """Decides after each step. Pure but for `use`.

    Args:
        threads: how many there are now, the most that are used.
        contention: seconds waited for a core in a second, since it was last called.
        use: sets the number of threads.
        say: told, at most once in a run, that there are fewer.
    """

    def __init__(
        self,
        threads: int,
        contention: Callable[[], float],
        use: Callable[[int], None],
        say: Callable[[str], None],
    ) -> None:
        self.most = self.threads = threads
        self._contention = contention
        self._use = use
        self._say = say
        self._said = False
        self._times: list[float] = []
        self._usual = 0.0
        """Seconds of a step with the threads that a try is compared with."""
        self._state: Literal["steady", "trying"] = "steady"
        self._before = threads
        self._rest = 0.0
        self._gap = AGAIN

    def step(self, seconds: float) -> None:
        """A step took this long."""
        self._rest -= seconds
        self._times.append(seconds)
        if len(self._times) < STEPS and sum(self._times) < SECONDS:
            return
        taken, median = self._contention(), statistics.median(self._times)
        self._times = []
        if self._state == "trying":
            self._judge(median)
        elif self._rest <= 0:
            self._consider(taken, median)

    def stop(self) -> None:
        """Gives all threads back."""
        self._use(self.most)

    def _consider(self, taken: float, median: float) -> None:
        if self.threads < self.most:
            self._try(self.most, median)
        elif taken > TAKEN and self.most > 1:
            self._try(max(self.most // 2, 1), median)

    def _try(self, threads: int, median: float) -> None:
        self._state, self._before, self._usual = "trying", self.threads, median
        self._set(threads)

    def _judge(self, median: float) -> None:
        self._state, self._rest = "steady", self._gap
        # Fewer must be clearly faster; the full number comes back as soon as it is no slower.
        wanted = FASTER * self._usual if self.threads < self._before else self._usual
        if median > wanted:
            self._set(self._before)
            self._gap *= 2
            return
        self._gap = AGAIN
        if self.threads < self.most and not self._said:
            self._said = True
            self._say(
                f"other programs use the cores: {self.threads} of {self.most} threads are faster "
                "now, and used"
            )

    def _set(self, threads: int) -> None:
        self.threads = threads
        self._use(threads)
