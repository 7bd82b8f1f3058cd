"""Chooses among the steps that a machine allows: the most probable one, or a random one.

Drawing only from what is allowed is fast, and distorted: a beginning that is probable, but rarely
ends well, comes too often. Importance weights measure this: a sequence's weight is the
product of the probability that was allowed at each of its steps. Their mean is an unbiased estimate
of the probability of the constraint; their effective sample size (Kish 1965) says how many exact
samples the sequences are worth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnngen import Machine, Request, SampleOptions, Sampler, sharpened
from rnngen_constrained.errors import check_open

NEVER = -1e9
"""The unnormalised log-probability of an end that a model does not know."""
SMALLEST = 1e-30
"""Probability of all that is allowed below which it is computed by logarithms."""


@dataclass(frozen=True)
class Weights:
    """How much masked sequences are worth.

    Args:
        log_weights: ln of the probability allowed along each sequence.
        rejected: how many others were drawn and found invalid.
    """

    log_weights: Sequence[float]
    rejected: int = 0

    @property
    def log_probability(self) -> float:
        """ln of the estimated probability of the constraint under the model."""
        most = max(self.log_weights)
        return (
            most
            + math.log(math.fsum(math.exp(log - most) for log in self.log_weights))
            - (math.log(len(self.log_weights) + self.rejected))
        )

    @property
    def effective(self) -> float:
        """Effective sample size, 1 to the number of sequences."""
        most = max(self.log_weights)
        weights = [math.exp(log - most) for log in self.log_weights]
        return math.fsum(weights) ** 2 / math.fsum(weight**2 for weight in weights)


class MaskedChooser:
    """A `rnngen.components.decoders.rollout.Chooser` that runs a machine along with the sequences.

    Args:
        machine: over the vocabulary of the model.
        request: what to write; its first `length` steps after each prompt are constrained.
        ends: whether the model knows ends of documents; else a sequence continues while it may.
        options: of the draw; None: always the most probable step.
    """

    def __init__(
        self, machine: Machine, request: Request, ends: bool, options: SampleOptions | None
    ) -> None:
        rows = len(request.prompts)
        self._machine = machine
        self._end = machine.vocabulary.end
        self._ends = ends
        # So improbable that it is chosen only where nothing else is allowed.
        self._no_end = torch.zeros(len(machine.vocabulary))
        self._no_end[self._end] = NEVER
        self._sampler: Sampler | None = None
        self._greedy = options is None or options.temperature == 0
        self._temperature = 1.0
        if options is not None and not self._greedy:
            self._temperature = options.temperature
            if options != SampleOptions(temperature=options.temperature):
                self._sampler = Sampler(options, frozenset(), rows, len(machine.vocabulary))
        self.weighted = not self._greedy and self._sampler is None
        """Whether `log_weights` are known: not where filters leave out what is allowed."""
        self._length = request.length
        self._prompts = [len(prompt) for prompt in request.prompts]
        self._shortest = min(self._prompts, default=0)
        self._longest = max(self._prompts, default=0)
        self._reads = 0
        self._states = machine.start(rows)
        self._ample = machine.ample
        self._rows = list(range(rows))
        self._over = [False] * rows
        self.log_weights = [0.0] * rows

    def choose(self, output: Tensor, uniform: NDArray[np.float64]) -> Tensor:
        """An allowed step for every row, `[B]` int64."""
        if not self._ends:
            output = output + self._no_end
        mask = self._machine.allowed(self._states, self._left())
        if self._greedy:
            check_open(mask)
            return torch.where(mask, output, -math.inf).argmax(-1)
        if self._sampler is not None:
            check_open(mask)
            return self._sampler.choose(torch.where(mask, output, -math.inf), uniform)
        if self._temperature != 1:
            output = sharpened(output, self._temperature, 0.0)
        cumulative = output.softmax(-1).mul_(mask).cumsum(-1, dtype=torch.float64)
        total = cumulative[:, -1:]
        # A single number is multiplied in Python: for one row, the calls take most of the time.
        one = len(uniform) == 1
        wanted = total * (float(uniform[0]) if one else torch.from_numpy(uniform).unsqueeze(-1))
        steps = torch.searchsorted(cumulative, wanted, right=True).squeeze(-1)
        logs = []
        for row, part in enumerate(total.flatten().tolist()):
            if part >= SMALLEST:
                logs.append(math.log(part))
            else:
                check_open(mask)
                step, log = self._improbable(output[row], mask[row], float(uniform[row]))
                steps[row] = step
                logs.append(log)
        self._weigh(steps.tolist(), logs)
        return steps

    def read(self, steps: Tensor) -> None:
        """Advances the states of the rows that are past their prompts."""
        reads, self._reads = self._reads, self._reads + 1
        if reads >= self._longest:
            self._states = self._machine.advance(self._states, steps)
        elif reads >= self._shortest:
            past = torch.tensor([reads >= length for length in self._prompts])
            if bool(past.any()):
                own = torch.where(past, steps, self._end)
                self._states = self._machine.advance(self._states, own)

    def keep(self, rows: Tensor) -> None:
        """Continues with these rows only."""
        kept = rows.tolist()
        self._states = self._machine.select(self._states, rows)
        self._prompts = [self._prompts[row] for row in kept]
        self._rows = [self._rows[row] for row in kept]
        self._over = [self._over[row] for row in kept]
        if self._sampler is not None:
            self._sampler.keep(rows)

    def _budgets(self) -> Sequence[int | None]:
        """Steps that each row may still write; None where that does not matter."""
        length, reads = self._length, self._reads
        if length - reads > self._ample:
            return [None] * len(self._prompts)
        left = [length - max(0, reads - prompt) for prompt in self._prompts]
        return [None if one > self._ample else max(0, one) for one in left]

    def _left(self) -> Tensor | None:
        """The same as a tensor, or None for all."""
        left = self._budgets()
        if None in left:
            if left.count(None) == len(left):
                return None
            left = [self._length if one is None else one for one in left]
        return torch.tensor(left)

    def _weigh(self, steps: Sequence[int], logs: Sequence[float]) -> None:
        """Adds to the weights of the sequences that are still being written."""
        for place, step in enumerate(steps):
            written = self._reads - self._prompts[place]
            if written < 0 or self._over[place]:
                continue
            self.log_weights[self._rows[place]] += logs[place]
            self._over[place] = step == self._end or written + 1 >= self._length

    def _improbable(self, output: Tensor, mask: Tensor, uniform: float) -> tuple[int, float]:
        """A step where all that is allowed has nearly no probability, or NaN; ln of the total."""
        masked = torch.where(mask, output, -math.inf)
        log = float(masked.logsumexp(-1) - output.logsumexp(-1))
        if not self._ends and bool(mask[self._end]) and int(mask.sum()) == 1:
            log = 0.0  # an end that is the only way on is certain
        cumulative = masked.softmax(-1).cumsum(-1, dtype=torch.float64)
        step = int(torch.searchsorted(cumulative, uniform * cumulative[-1], right=True))
        return min(step, len(mask) - 1), log
