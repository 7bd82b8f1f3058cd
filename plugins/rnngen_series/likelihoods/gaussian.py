"""The Gaussian likelihood of a value: mean o₀, standard deviation softplus(o₁)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from rnngen import normal
from rnngen_series.likelihoods.row import RowLikelihood, parameters, positive

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


class Gaussian(RowLikelihood):
    """A normal distribution of the value of a row.

    Args:
        row: D, numbers in a row.
    """

    size = 2

    def value_nll(self, output: Tensor, value: Tensor, level: Tensor) -> Tensor:
        """−log p(value): `[..., 2]` and `[...]` to `[...]`, in float32."""
        mean, raw = parameters(output)
        scale = positive(raw)
        nats: Tensor = 0.5 * ((value - mean) / scale).square() + scale.log() + HALF_LOG_2PI
        return nats

    def value_draw(
        self,
        output: Tensor,
        uniform: Tensor,
        level: Tensor,
        *,
        temperature: float = 1.0,
        bias: float = 0.0,
    ) -> Tensor:
        """The inverse of the distribution function, its scale times temperature · exp(−bias)."""
        mean, raw = parameters(output, precise=True)
        scatter = temperature * math.exp(-bias)
        drawn: Tensor = mean + positive(raw) * scatter * normal(uniform[..., 0])
        return drawn

    def below(self, output: Tensor, value: Tensor, level: Tensor) -> Tensor:
        """P(X ≤ value)."""
        mean, raw = parameters(output, precise=True)
        below: Tensor = torch.special.ndtr((value - mean) / positive(raw))
        return below
