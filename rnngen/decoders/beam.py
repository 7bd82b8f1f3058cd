"""Beam search: keep the most probable beginnings, and write the most probable sequences found.

    score(y) = log p(y) / lp(|y|),   lp(n) = ((5 + n) / 6)^α          (Wu et al. 2016, equation 14)

|y| counts the steps written; log p(y) is of all of them, and of the step that ended the sequence.
With α = 0 the score is the log-probability. A beam as wide as there are sequences is an exhaustive
search.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rnngen.decoders.filters import forbid
from rnngen.decoders.rollout import check, log_probabilities
from rnngen.errors import UsageError
from rnngen.options import option
from rnngen.protocols import Emission, Engine, Request


@dataclass(frozen=True)
class Options:
    """Search for probable sequences; the seed plays no part."""

    width: int = option(4, "how many beginnings are kept at each step", min=1, max=10_000)
    n_best: int = option(1, "how many sequences are written, the best first", min=1, max=10_000)
    length_penalty: float = option(
        0.0, "α of Wu et al. 2016: above 0 favours longer sequences", min=0, max=10
    )


@dataclass(frozen=True)
class _Found:
    """A finished sequence: place `place` among the beginnings of `length` steps."""

    score: float
    length: int
    place: int


class Beam:
    """Beam search; its arguments are the fields of `Options`.

    It writes nothing before the search is over, and does not ask `Request.stop`.

    Raises:
        UsageError: more sequences are to be written than beginnings are kept.
    """

    def __init__(self, width: int = 4, n_best: int = 1, length_penalty: float = 0.0) -> None:
        if n_best > width:
            raise UsageError(
                f"`beam.n_best` is {n_best}, expected at most `beam.width`, {width}",
                hint=f"`-o beam.width={n_best}`",
            )
        self.width = width
        self.n_best = n_best
        self.length_penalty = length_penalty

    def decode(self, engine: Engine, request: Request) -> Iterator[Emission]:
        """Emissions of the best sequence of the first row, then its next best, and so on."""
        check(request, engine.size)
        if request.length < 1:
            return
        known: dict[tuple[int, ...], list[list[tuple[int, float]]]] = {}
        for row, prompt in enumerate(request.prompts):
            if tuple(prompt) not in known:
                known[tuple(prompt)] = _Search(self, engine, request).run(prompt)
            for rank, sequence in enumerate(known[tuple(prompt)]):
                for step, log in sequence:
                    yield Emission(row, step, log, rank)

    def score(self, log_probability: float, length: int) -> float:
        """The score of a sequence of `length` steps."""
        return float(log_probability / ((5 + length) / 6) ** self.length_penalty)


class _Search:
    """One search. Beginnings are kept as links: each names its parent among those one shorter."""

    def __init__(self, beam: Beam, engine: Engine, request: Request) -> None:
        self._beam = beam
        self._engine = engine
        self._length = request.length
        self._ends = torch.tensor(sorted(request.ends - request.forbidden), dtype=torch.int64)
        self._forbidden = torch.tensor(sorted(request.forbidden), dtype=torch.int64)
        self._links: list[tuple[list[int], list[int], list[float]]] = []
        self._found: list[_Found] = []

    def run(self, prompt: Sequence[int]) -> list[list[tuple[int, float]]]:
        """The best sequences, each with the log-probability of every step."""
        engine = self._engine
        with torch.inference_mode():
            output, state = engine.read(torch.tensor(prompt).unsqueeze(1), engine.start(1))
            beginnings = torch.zeros(1, dtype=torch.float64)
            for length in range(1, self._length + 1):
                beginnings, parents, steps = self._extend(beginnings, output.float().cpu(), length)
                if not len(steps) or self._settled(beginnings):
                    break
                if length == self._length:
                    self._add(beginnings, length)
                    break
                output, state = engine.step(steps, engine.select(state, parents))
        best = sorted(self._found, key=lambda found: -found.score)[: self._beam.n_best]
        return [self._trace(found) for found in best]

    def _extend(
        self, beginnings: Tensor, output: Tensor, length: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The best beginnings one step longer: log-probabilities, parents and last steps."""
        size = output.shape[1]
        log_probabilities(output, output.argmax(-1))
        logs = output.log_softmax(-1).double()
        total = beginnings.unsqueeze(1) + logs
        if len(self._ends):
            # Any of the ends will do, so the probabilities of a sequence's ends add up.
            self._add(total[:, self._ends].logsumexp(1), length - 1)
        total = forbid(forbid(total, self._forbidden), self._ends).flatten()
        values, places = total.topk(min(self._beam.width, len(total)))
        places = places[values > -math.inf]
        parents, steps = places // size, places % size
        self._links.append((parents.tolist(), steps.tolist(), logs[parents, steps].tolist()))
        return total[places], parents, steps

    def _add(self, totals: Tensor, length: int) -> None:
        self._found += [
            _Found(self._beam.score(total, length), length, place)
            for place, total in enumerate(totals.tolist())
        ]
        self._found = sorted(self._found, key=lambda found: -found.score)[: self._beam.n_best]

    def _settled(self, beginnings: Tensor) -> bool:
        """Whether no beginning can still become better than what was found."""
        if len(self._found) < self._beam.n_best:
            return False
        return self._beam.score(float(beginnings.max()), self._length) <= self._found[-1].score

    def _trace(self, found: _Found) -> list[tuple[int, float]]:
        place, sequence = found.place, []
        for parents, steps, logs in reversed(self._links[: found.length]):
            sequence.append((steps[place], logs[place]))
            place = parents[place]
        return sequence[::-1]
