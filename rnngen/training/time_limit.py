"""How a limit of time is kept where single steps, or validations, are slow.

The limit is for the steps of a task and its validations, the closing one included: that is kept
free. No step is begun that would, as steps go, end after the limit; the first one always is.
Validations that would take more than a tenth of the limit look at fewer tokens.
"""

from __future__ import annotations

import statistics
from collections import deque

LAST = 5
"""Steps whose median is what the next one is expected to take."""

FORWARD = 1 / 3
"""Estimated time of a forward pass alone, as a share of a training step of as many tokens."""

VALIDATION = 0.1
"""Largest share of the time limit that one validation may take."""

FEWEST = 4096
"""Fewest tokens that a validation looks at, however slow it is."""

RESERVED = 0.5
"""Largest share of the time limit that is kept free for the closing validation."""


class TimeLimit:
    """Predicts the time of the next step and of the closing validation from the last ones.

    Args:
        seconds: for a task; None: no limit of time.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._steps: deque[float] = deque(maxlen=LAST)
        self._trained = 0.0
        self._tokens = 0
        self._validation = 0.0

    def add_step(self, seconds: float, tokens: int) -> None:
        """A step took this long, for this many tokens."""
        self._steps.append(seconds)
        self._trained += seconds
        self._tokens += tokens

    def add_validation(self, seconds: float) -> None:
        """A validation took this long."""
        self._validation = seconds

    def validated(self, tokens: int) -> int:
        """How many of these held-out tokens a validation can look at."""
        if self.seconds is None or not self._tokens:
            return tokens
        most = VALIDATION * self.seconds / (FORWARD * self._trained / self._tokens)
        return min(tokens, max(int(most), FEWEST))

    def reserved(self, held_out: int) -> float:
        """Seconds kept free for the closing validation.

        Args:
            held_out: tokens it looks at.
        """
        if self.seconds is None:
            return 0.0
        expected = self._validation
        if not expected and self._tokens:
            expected = FORWARD * self._trained / self._tokens * held_out
        return min(expected, RESERVED * self.seconds)

    def share(self, used: float, held_out: int) -> float:
        """How much of the time for steps is used, 0 to 1."""
        if self.seconds is None:
            return 0.0
        room = self.seconds - self.reserved(held_out)
        return min(used / room, 1.0) if room > 0 else 1.0

    def is_over(self, used: float, held_out: int) -> bool:
        """Whether the next step would end too late."""
        if self.seconds is None or not self._steps:
            return False
        return used + statistics.median(self._steps) > self.seconds - self.reserved(held_out)
