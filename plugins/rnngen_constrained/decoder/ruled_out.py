"""The trie of exact sampling: beginnings, and how much of their probability is not ruled out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(eq=False)
class Ahead:
    """Beginnings of the same length, looked at together.

    Args:
        logs: `[k,V]` float32, ln of the model's probabilities of the steps after each.
        weights: `[k,V]` float64, the probability of each, 0 where it is not allowed.
        masses: their sum for each beginning.
        state: of the engine, `k` rows.
        rows: of the machine, `k` rows.
    """

    logs: NDArray[np.float32]
    weights: Floats
    masses: Sequence[float]
    state: Any
    rows: Any


class Node:
    """A beginning, and what is left of the probability of each step after it.

    Args:
        ahead: where it was looked at, and in which row.
        row: that row.
        left: how many steps may follow.
    """

    def __init__(self, ahead: Ahead, row: int, left: int) -> None:
        self.ahead = ahead
        self.row = row
        self.left = left
        self.weights: Floats = ahead.weights[row]
        self.remaining = self.weights
        self.mass = ahead.masses[row]
        self.after: Ahead | None = None
        self.places: dict[int, int] = {}
        """What was seen one step ahead, and in which row of it each step that was looked at."""
        self.children: dict[int, Node] = {}

    def see(self, after: Ahead, places: dict[int, int]) -> None:
        """Counts what looking one step ahead rules out."""
        self.after, self.places = after, places
        self.remaining = self.weights.copy()
        for step, row in places.items():
            self.remaining[step] *= after.masses[row]
        self.mass = float(self.remaining.sum())

    def count(self, step: int, mass: float) -> None:
        """What is left after a step is `mass` of its probability."""
        if self.remaining is self.weights:
            self.remaining = self.weights.copy()
        self.remaining[step] = self.weights[step] * mass
        self.mass = float(self.remaining.sum())
