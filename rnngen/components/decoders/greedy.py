"""Greedy decoding: always the most probable step, the lower number where two are equal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnngen.components.decoders.filters import forbid
from rnngen.components.decoders.rollout import each_prompt, roll_out
from rnngen.components.decoders.sample import Options as SampleOptions
from rnngen.components.decoders.sample import VectorSampler
from rnngen.contracts.decoder import Decoder, Emission, Request
from rnngen.contracts.engine import Engine


@dataclass(frozen=True)
class Options:
    """Always the most probable step."""


_STILL = SampleOptions(temperature=0)
"""Vectors: the most typical one."""


class Greedy(Decoder):
    """The most probable step that is not forbidden; the seed plays no part."""

    vectors = True
    repeats = True

    def decode(self, engine: Engine, request: Request) -> Iterator[Emission]:
        """Emissions of all rows, step by step."""

        def write(part: Request) -> Iterator[Emission]:
            if engine.likelihood.step_shape:
                return roll_out(engine, part, VectorSampler(_STILL, engine.likelihood))
            return roll_out(engine, part, _Most(part.forbidden))

        return each_prompt(request, write)


class _Most:
    def __init__(self, forbidden: frozenset[int]) -> None:
        self._forbidden = torch.tensor(sorted(forbidden), dtype=torch.int64)

    def choose(self, output: Tensor, uniform: NDArray[np.float64]) -> Tensor:
        return forbid(output, self._forbidden).argmax(-1)

    def read(self, steps: Tensor) -> None:
        pass

    def keep(self, rows: Tensor) -> None:
        pass
