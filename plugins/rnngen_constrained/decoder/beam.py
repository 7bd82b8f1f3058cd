"""Beam search over what a machine allows: the most probable valid sequences found.

As the decoder `beam`, with two differences: a beginning is only kept if it can be finished in
the steps left, and as many states of the constraint as possible are kept. The beam is filled
in turn from groups of beginnings that still need the same number of steps, so that those which put
off what they have to include do not push out those that don't (Post and Vilar 2018).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from rnngen import (
    Emission,
    Engine,
    Hypotheses,
    Hypothesis,
    Machine,
    Request,
    best_wanted,
    check_beam,
    check_request,
    log_probabilities,
    write_best,
)
from rnngen_constrained.decoder.finished import Checks
from rnngen_constrained.decoder.masked import NEVER
from rnngen_constrained.errors import check_open


@dataclass(frozen=True)
class Search:
    """The settings of a beam search; see `rnngen.components.decoders.beam.Options`."""

    width: int
    n_best: int
    length_penalty: float


def search(
    engine: Engine,
    request: Request,
    machine: Machine,
    ends: bool,
    options: Search,
    checks: Checks,
) -> Iterator[Emission]:
    """Emissions of the best sequence of the first row, then its next best, and so on.

    Raises:
        Invalid: no sequence that was found is valid as a whole.
        Unproven: one is not, although all machines are proven.
    """
    check_request(request, engine.size)
    options = replace(options, n_best=best_wanted(request, options.n_best, options.width))
    check_beam(engine, request, options.width)
    yield from write_best(
        request.prompts,
        lambda prompt: _Beam(engine, request.length, machine, ends, options, checks).run(prompt),
        request.tell_end,
    )


class _Beam:
    """One beam search."""

    def __init__(
        self,
        engine: Engine,
        length: int,
        machine: Machine,
        ends: bool,
        options: Search,
        checks: Checks,
    ) -> None:
        self._engine = engine
        self._length = length
        self._machine = machine
        self._ends = ends
        self._options = options
        self._end = machine.vocabulary.end
        self._checks = checks
        self._refused = 0
        self._hypotheses = Hypotheses(options.n_best, options.length_penalty, self._valid)

    def run(self, prompt: Sequence[int]) -> list[Hypothesis]:
        """The best sequences, each with the log-probability of every step, and of its end."""
        engine, machine = self._engine, self._machine
        with torch.inference_mode():
            output, state = engine.read_prompt(torch.tensor(prompt).unsqueeze(1), engine.start(1))
            totals, rows = torch.zeros(1, dtype=torch.float64), machine.start(1)
            for written in range(self._length):
                totals, parents, steps, rows = self._extend(
                    totals, rows, output.float().cpu(), written
                )
                if not len(steps):
                    break
                if written + 1 == self._length:
                    self._hypotheses.finish(totals.tolist(), written + 1)
                    break
                if self._hypotheses.settled(totals, self._length):
                    break
                output, state = engine.step(steps, engine.select(state, parents))
        found = self._hypotheses.sequences()
        if not found:
            hint = "use a larger `-o width=...`, or draw at random with `-o base=sample`"
            raise self._checks.nothing(self._refused, hint)
        return found

    def _valid(self, steps: Sequence[int]) -> bool:
        valid = self._checks.valid(steps)
        if not valid and self._checks.proven:
            raise self._checks.unproven()
        self._refused += not valid
        return valid

    def _extend(
        self, totals: Tensor, rows: Any, output: Tensor, written: int
    ) -> tuple[Tensor, Tensor, Tensor, Any]:
        """The best beginnings, one step longer: totals, parents, last steps and states."""
        log_probabilities(output, output.argmax(-1))
        logs = output.log_softmax(-1).double()
        mask = self._machine.allowed(rows, torch.full((len(totals),), self._length - written))
        check_open(mask)
        if not self._ends:
            only = mask.sum(-1) == 1
            logs[:, self._end] = torch.where(only, 0.0, NEVER)
        longer = torch.where(mask, totals.unsqueeze(1) + logs, -math.inf)
        ended = [
            total if total > NEVER / 2 else -math.inf for total in longer[:, self._end].tolist()
        ]
        self._hypotheses.finish(ended, written, (self._end, logs[:, self._end].tolist()))
        longer[:, self._end] = -math.inf
        parents, steps, states = self._best(longer, rows)
        self._hypotheses.link(parents, steps, logs[parents, steps])
        return longer[parents, steps], parents, steps, states

    def _best(self, longer: Tensor, rows: Any) -> tuple[Tensor, Tensor, Any]:
        """Fills the beam in turn from groups of beginnings that need equally many steps."""
        width = self._options.width
        size = longer.shape[1]
        flat = longer.flatten()
        values, places = flat.topk(min(len(flat), 8 * width))
        places = places[values > -math.inf]
        parents, steps = places // size, places % size
        states = self._machine.advance(self._machine.select(rows, parents), steps)
        groups: dict[int, list[int]] = {}
        for place, needed in enumerate(self._machine.needed(states).tolist()):
            groups.setdefault(needed, []).append(place)
        # Each group's best come first, then all second ones; in each round the most probable.
        turns = [(turn, place) for group in groups.values() for turn, place in enumerate(group)]
        index = torch.tensor(sorted(place for _, place in sorted(turns)[:width]), dtype=torch.int64)
        return parents[index], steps[index], self._machine.select(states, index)
