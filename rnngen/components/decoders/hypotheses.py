"""The state of a beam search: beginnings, linked to those one step shorter, and finished ones.

score(y) = log p(y) / lp(|y|),   lp(n) = ((5 + n) / 6)^α          (Wu et al. 2016, equation 14)

|y| counts the steps written, 0 for the empty sequence; log p(y) is of all of them, and of the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from rnngen.contracts.decoder import Emission, Request
from rnngen.contracts.engine import Engine
from rnngen.contracts.errors import UsageError
from rnngen.kernel.memory import check_memory

LINK_BYTES = 96
"""Roughly, bytes that a beginning takes for each of its steps: three Python numbers in lists."""

OUTPUT_BYTES = 40
"""Bytes for each number of an output, with the sums and the order made of it."""


class Hypothesis(list[tuple[int, float]]):
    """A finished sequence: each step, and its log-probability.

    Args:
        steps: the steps; none of the empty sequence.
        end: the step that ended it, with the log-probability of the end; None: it was cut off.
    """

    def __init__(
        self, steps: Sequence[tuple[int, float]], end: tuple[int, float] | None = None
    ) -> None:
        super().__init__(steps)
        self.end = end


Sequences = Sequence[list[tuple[int, float]]]
"""Sequences, the best first. Plain lists, as in 0.1.0, do not tell their end."""


@dataclass(frozen=True)
class _Finished:
    """A sequence: place `place` among the beginnings of `length` steps."""

    score: float
    length: int
    place: int
    end: tuple[int, float] | None


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

    def finish(
        self,
        totals: Sequence[float],
        length: int,
        ends: tuple[int, Sequence[float]] | None = None,
    ) -> None:
        """Finished ones of `length` steps with these log-probabilities; −∞ is none.

        Args:
            totals: of each beginning, its end included.
            length: steps without the end.
            ends: the step that ends them, and the log-probability of each one's end; None: they
                are cut off.
        """
        new = [
            _Finished(
                self._score(total, length),
                length,
                place,
                None if ends is None else (ends[0], ends[1][place]),
            )
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

    def sequences(self) -> list[Hypothesis]:
        """The finished ones."""
        return [Hypothesis(self._trace(one), one.end) for one in self._finished]

    def _score(self, total: float, length: int) -> float:
        return float(total / ((5 + length) / 6) ** self._penalty)

    def _trace(self, finished: _Finished) -> list[tuple[int, float]]:
        place, sequence = finished.place, []
        for parents, steps, logs in reversed(self._links[: finished.length]):
            sequence.append((steps[place], logs[place]))
            place = parents[place]
        return sequence[::-1]


def write_best(
    prompts: Sequence[Sequence[int]],
    search: Callable[[Sequence[int]], Sequences],
    tell_end: bool = False,
) -> Iterator[Emission]:
    """Emissions of the best sequence of the first row, then its next best, and so on.

    Rows with the same prompt share one search. `tell_end` is the request's.
    """
    known: dict[tuple[int, ...], Sequences] = {}
    for row, prompt in enumerate(prompts):
        if tuple(prompt) not in known:
            known[tuple(prompt)] = search(prompt)
        for rank, sequence in enumerate(known[tuple(prompt)]):
            for step, log in sequence:
                yield Emission(row, step, log, rank)
            if tell_end and isinstance(sequence, Hypothesis) and sequence.end is not None:
                yield Emission(row, *sequence.end, rank, end=True)


def best_wanted(request: Request, n_best: int, width: int) -> int:
    """How many of the best sequences are written: as many as `n_best`, or the request, says.

    Raises:
        UsageError: they contradict each other, or more are wanted than beginnings are kept.
    """
    if 1 not in (n_best, request.best) and n_best != request.best:
        raise UsageError(
            f"{request.best} sequences are wanted, but `n_best` is {n_best}",
            hint="give one of them: `-n` means the n best here",
        )
    wanted = max(n_best, request.best)
    if wanted > width:
        raise UsageError(
            f"the {wanted} best sequences are wanted, but `width` is {width}: a beam can find at "
            "most as many as the beginnings that it keeps",
            hint=f"`-o width={wanted}`",
        )
    return wanted


def check_beam(engine: Engine, request: Request, width: int) -> None:
    """Raises UsageError where a beam of that width would need more memory than there is."""
    check_memory(
        f"a beam of width {width:,} over {request.length:,} steps of {engine.size:,} kinds",
        width * (request.length * LINK_BYTES + engine.size * OUTPUT_BYTES),
        hint="use a smaller `-o width=...` or `--length`",
    )
