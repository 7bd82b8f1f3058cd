"""Sampling: draw each step from the model's distribution, reshaped and filtered.

The order is fixed:

    forbidden steps → repetition penalty → temperature, bias → top-k → top-p → min-p → draw

The penalty comes first, as it speaks of the model's own probabilities. The temperature comes before
the filters, so that a hotter distribution also admits more steps, and `top_p` and `min_p` speak of
the distribution that is really drawn from. After top-k, top-p counts what is left as the whole.

Steps that are vectors have a density, not a list of chances: of them temperature and bias speak
only, and the likelihood says what they mean.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnngen.components.decoders import filters
from rnngen.components.decoders.rollout import each_prompt, roll_out
from rnngen.contracts.decoder import Decoder, Emission, Request
from rnngen.contracts.engine import Engine
from rnngen.contracts.errors import UsageError
from rnngen.contracts.likelihood import Likelihood, choose, sharpened
from rnngen.contracts.options import option


@dataclass(frozen=True)
class Options:
    """Draw each step: repetition penalty, temperature, top-k, top-p, min-p, in this order."""

    temperature: float = option(
        1.0, "below 1 safer, above 1 wilder; 0: always the most probable step", min=0, max=100
    )
    top_k: int = option(0, "draw from the k most probable steps only; 0: from all", min=0)
    top_p: float = option(
        1.0,
        "draw from the fewest steps that have this probability together (Holtzman et al. 2020)",
        min=0,
        max=1,
    )
    min_p: float = option(
        0.0,
        "draw only steps at least this many times as probable as the most probable one",
        min=0,
        max=1,
    )
    bias: float = option(
        0.0,
        "above 0 neater: scatter shrinks by exp(-bias), weights are raised to 1 + bias (Graves "
        "2013)",
        min=0,
        max=20,
    )
    repetition_penalty: float = option(
        1.0, "raise the probability p of steps in the window to this power", min=0.1, max=10
    )
    repetition_window: int = option(
        64, "how many of the last steps, prompt included, count as repeated; 0: all", min=0
    )


class Sample(Decoder):
    """Draws each step."""

    vectors = True

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.repeats = self.options.temperature == 0

    def decode(self, engine: Engine, request: Request) -> Iterator[Emission]:
        """Emissions of all rows, step by step."""

        def write(part: Request) -> Iterator[Emission]:
            if engine.likelihood.step_shape:
                return roll_out(engine, part, VectorSampler(self.options, engine.likelihood))
            sampler = Sampler(self.options, part.forbidden, len(part.prompts), engine.size)
            return roll_out(engine, part, sampler)

        return each_prompt(request, write)


class Sampler:
    """Chooses steps for `rows` sequences of a model with `size` steps."""

    def __init__(self, options: Options, forbidden: frozenset[int], rows: int, size: int) -> None:
        self._options = options
        self._forbidden = torch.tensor(sorted(forbidden), dtype=torch.int64)
        self._seen = (
            Seen(rows, size, options.repetition_window) if options.repetition_penalty != 1 else None
        )

    def choose(self, output: Tensor, uniform: NDArray[np.float64]) -> Tensor:
        """The step whose part of the cumulative distribution a uniform number falls into."""
        logits = self.reshape(output)
        if self._options.temperature == 0:
            return logits.argmax(-1)
        return choose(logits, torch.from_numpy(uniform))

    def reshape(self, output: Tensor) -> Tensor:
        """`output [B,K]` after the penalty, the temperature and the filters."""
        options = self._options
        logits = filters.forbid(output, self._forbidden)
        if self._seen is not None:
            logits = filters.penalize(logits, self._seen.mask, options.repetition_penalty)
        if options.temperature != 0 and (options.temperature, options.bias) != (1, 0):
            logits = sharpened(logits, options.temperature, options.bias)
        if options.top_k:
            logits = filters.keep_top_k(logits, options.top_k)
        if options.top_p < 1:
            logits = filters.keep_top_p(logits, options.top_p)
        if options.min_p > 0:
            logits = filters.keep_min_p(logits, options.min_p)
        return logits

    def read(self, steps: Tensor) -> None:
        """Remembers the steps for the repetition penalty."""
        if self._seen is not None:
            self._seen.add(steps)

    def keep(self, rows: Tensor) -> None:
        """Forgets the other rows."""
        if self._seen is not None:
            self._seen.keep(rows)


class VectorSampler:
    """Draws vectors from a likelihood.

    Raises:
        UsageError: an option speaks of a choice among tokens.
    """

    def __init__(self, options: Options, likelihood: Likelihood) -> None:
        for name in ("top_k", "top_p", "min_p", "repetition_penalty"):
            if getattr(options, name) != getattr(Options(), name):
                raise UsageError(
                    f"`{name}` chooses among tokens, but the steps of this model are vectors",
                    hint="use `-o temperature=...` or `-o bias=...`",
                )
        self._options = options
        self._likelihood = likelihood

    def choose(self, output: Tensor, uniform: NDArray[np.float64]) -> Tensor:
        """Steps `[B,D]` for uniform numbers `[B,n]`."""
        numbers = torch.from_numpy(uniform)
        return self._likelihood.draw(
            output,
            numbers if numbers.dim() == 2 else numbers.unsqueeze(-1),
            temperature=self._options.temperature,
            bias=self._options.bias,
        )

    def read(self, steps: Tensor) -> None:
        """Nothing is remembered."""

    def keep(self, rows: Tensor) -> None:
        """Nothing is remembered."""


class Seen:
    """Which steps are among the last `window` of each row; with 0 among all.

    Args:
        rows: B.
        size: K.
        window: how many steps back.
    """

    def __init__(self, rows: int, size: int, window: int) -> None:
        self._counts = torch.zeros(rows, size, dtype=torch.int32)
        self._window = window
        # As long as the text so far: a window may be wider than any text.
        self._last: deque[Tensor] = deque()

    @property
    def mask(self) -> Tensor:
        """`[B,K]` bool."""
        return self._counts > 0

    def add(self, steps: Tensor) -> None:
        """Adds a step of every row, `[B]`."""
        one = torch.ones(len(steps), 1, dtype=torch.int32)
        self._counts.scatter_add_(1, steps.unsqueeze(1), one)
        if not self._window:
            return
        if len(self._last) == self._window:
            self._counts.scatter_add_(1, self._last.popleft().unsqueeze(1), -one)
        self._last.append(steps)

    def keep(self, rows: Tensor) -> None:
        """Forgets the other rows."""
        self._counts = self._counts[rows]
        self._last = deque(steps[rows] for steps in self._last)
