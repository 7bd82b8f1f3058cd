"""Beam search: keep the most probable beginnings, and write the most probable sequences found.

Sequences are compared by the score of `hypotheses.py`: |y| counts the steps written;
log p(y) is of all of them, and of the step that ended the sequence. With α = 0 the score is the
log-probability. A beam as wide as there are sequences is an exhaustive search.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rnngen.components.decoders.filters import forbid
from rnngen.components.decoders.hypotheses import (
    Hypotheses,
    Hypothesis,
    best_wanted,
    check_beam,
    write_best,
)
from rnngen.components.decoders.rollout import check, log_probabilities
from rnngen.contracts.decoder import Decoder, Emission, Request
from rnngen.contracts.engine import Engine
from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import option


@dataclass(frozen=True)
class Options:
    """Search for probable sequences; the seed plays no part."""

    width: int = option(4, "number of beginnings kept at each step", min=1, max=10_000)
    n_best: int = option(
        1, "number of sequences written, best first; the same as `-n`", min=1, max=10_000
    )
    length_penalty: float = option(
        0.0, "α of Wu et al. 2016: above 0 favours longer sequences", min=0, max=10
    )


class Beam(Decoder):
    """Beam search.

    It writes nothing before the search is over, and does not ask `Request.stop`.

    Raises:
        UsageError: more sequences are to be written than beginnings are kept.
    """

    searches = True
    repeats = True

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        width, n_best = self.options.width, self.options.n_best
        if n_best > width:
            raise UsageError(
                f"`beam.n_best` is {n_best}, expected at most `beam.width`, {width}",
                hint=f"`-o beam.width={n_best}`",
            )

    def decode(self, engine: Engine, request: Request) -> Iterator[Emission]:
        """Emissions of the best sequence of the first row, then its next best, and so on."""
        check(request, engine.size)
        best = best_wanted(request, self.options.n_best, self.options.width)
        if request.length < 1:
            return
        check_beam(engine, request, self.options.width)
        yield from write_best(
            request.prompts,
            lambda prompt: _Search(self.options, best, engine, request).run(prompt),
            request.tell_end,
        )


class _Search:
    """One search."""

    def __init__(self, options: Options, best: int, engine: Engine, request: Request) -> None:
        self._width = options.width
        self._engine = engine
        self._length = request.length
        self._ends = torch.tensor(sorted(request.ends - request.forbidden), dtype=torch.int64)
        self._forbidden = torch.tensor(sorted(request.forbidden), dtype=torch.int64)
        self._hypotheses = Hypotheses(best, options.length_penalty)

    def run(self, prompt: Sequence[int]) -> list[Hypothesis]:
        """The best sequences, each with the log-probability of every step, and of its end."""
        engine = self._engine
        with torch.inference_mode():
            output, state = engine.read_prompt(torch.tensor(prompt).unsqueeze(1), engine.start(1))
            beginnings = torch.zeros(1, dtype=torch.float64)
            for length in range(1, self._length + 1):
                beginnings, parents, steps = self._extend(beginnings, output.float().cpu(), length)
                if not len(steps) or self._hypotheses.settled(beginnings, self._length):
                    break
                if length == self._length:
                    self._hypotheses.finish(beginnings.tolist(), length)
                    break
                output, state = engine.step(steps, engine.select(state, parents))
        return self._hypotheses.sequences()

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
            ends = logs[:, self._ends].logsumexp(1)
            self._hypotheses.finish(
                (beginnings + ends).tolist(), length - 1, (int(self._ends[0]), ends.tolist())
            )
        total = forbid(forbid(total, self._forbidden), self._ends).flatten()
        values, places = total.topk(min(self._width, len(total)))
        places = places[values > -math.inf]
        parents, steps = places // size, places % size
        self._hypotheses.link(parents, steps, logs[parents, steps])
        return total[places], parents, steps
