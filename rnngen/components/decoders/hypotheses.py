"""The state of a beam search: beginnings, linked to those one step shorter, and finished ones.

score(y) = log p(y) / lp(|y|),   lp(n) = ((5 + n) / 6)^α          (Wu et al. 2016, equation 14)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from rnngen.contracts.decoder import Emission

Sequences = list[list[tuple[int, float]]]
"""Sequences, the best first: each step, and its log-probability."""


@dataclass(frozen=True)
class _Finished:
    """A sequence: place `place` among the beginnings of `length` steps."""

    score: float
    length: int
    place: int


class Hypotheses:
    """The hypotheses of one beam search.

    Args:
        n_best: how many finished ones are kept.
        length_penalty: α; above 0 favours longer ones.
        valid: whether finished steps may be kept; None: all may.
    """

    def __init__(
        self,
        n_best: int,
        length_penalty: float,
        valid: Callable[[Sequence[int]], bool] | None = None,
    ) -> None:
        self._n_best = n_best
        self._penalty = length_penalty
        self._valid = valid
        self._links: list[tuple[list[int], list[int], list[float]]] = []
        self._finished: list[_Finished] = []

    def link(self, parents: Tensor, steps: Tensor, logs: Tensor) -> None:
        """The beginnings that are one step longer: parent, last step and its log-probability."""
        self._links.append((parents.tolist(), steps.tolist(), logs.tolist()))

    def finish(self, totals: Sequence[float], length: int) -> None:
        """Finished ones of `length` steps with these log-probabilities; −∞ is none."""
        new = [
            _Finished(self._score(total, length), length, place)
            for place, total in enumerate(totals)
            if total > -math.inf
        ]
        for one in sorted(new, key=lambda one: -one.score):
            full = len(self._finished) == self._n_best
            if full and one.score <= self._finished[-1].score:
                return
            if self._valid is None or self._valid([step for step, _ in self._trace(one)]):
                best = sorted([*self._finished, one], key=lambda one: -one.score)
                self._finished = best[: self._n_best]

    def settled(self, totals: Tensor, longest: int) -> bool:
        """Whether no beginning with these log-probabilities can beat the finished ones."""
        if len(self._finished) < self._n_best:
            return False
        return self._score(float(totals.max()), longest) <= self._finished[-1].score

    def sequences(self) -> Sequences:
        """The finished ones."""
        return [self._trace(one) for one in self._finished]

    def _score(self, total: float, length: int) -> float:
        return float(total / ((5 + length) / 6) ** self._penalty)

    def _trace(self, finished: _Finished) -> list[tuple[int, float]]:
        place, sequence = finished.place, []
        for parents, steps, logs in reversed(self._links[: finished.length]):
            sequence.append((steps[place], logs[place]))
            place = parents[place]
        return sequence[::-1]


def write_best(
    prompts: Sequence[Sequence[int]], search: Callable[[Sequence[int]], Sequences]
) -> Iterator[Emission]:
    """Emissions of the best sequence of the first row, then its next best, and so on.

    Rows with the same prompt share one search.
    """
    known: dict[tuple[int, ...], Sequences] = {}
    for row, prompt in enumerate(prompts):
        if tuple(prompt) not in known:
            known[tuple(prompt)] = search(prompt)
        for rank, sequence in enumerate(known[tuple(prompt)]):
            for step, log in sequence:
                yield Emission(row, step, log, rank)
