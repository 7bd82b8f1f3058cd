"""Rates, time left and metrics rows."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

# On a GPU, looking at the loss waits for it; there it is looked at every so many steps.
LOOK_EVERY = {"cpu": 1, "cuda": 16, "mps": 16}


@dataclass
class _Recent:
    """Numbers since the last report, for the progress line."""

    loss: float = math.nan
    grad_norm: float = math.nan
    speed: float = math.nan
    since: float = field(default_factory=time.monotonic)
    tokens: int = 0

    def add_tokens(self, tokens: int) -> None:
        self.tokens += tokens
        now = time.monotonic()
        if now - self.since >= 1.0 or math.isnan(self.speed):
            self.speed = self.tokens / max(now - self.since, 1e-9)
            self.since, self.tokens = now, 0
