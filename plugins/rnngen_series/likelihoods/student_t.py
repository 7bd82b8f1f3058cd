"""Student's t likelihood of a value: location o₀, scale softplus(o₁), 2 + softplus(o₂ + 2) degrees.

Its tails forgive outliers. With more than two degrees of freedom the variance is finite.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from rnngen_series.likelihoods.row import RowLikelihood, parameters, positive

LEAST_DEGREES = 2.0
MOST_DEGREES = 1000.0
"""From there on it is a Gaussian for all that float32 can tell."""
NODES = 64
"""Of the Gauss-Legendre rule for tails."""


class StudentT(RowLikelihood):
    """A t distribution of the value of a row.

    Args:
        row: D, numbers in a row.
    """

    size = 3
    uniforms = 2

    def value_nll(self, output: Tensor, value: Tensor, level: Tensor) -> Tensor:
        """−log p(value): `[..., 3]` and `[...]` to `[...]`, in float32."""
        location, raw, degrees = parameters(output)
        scale, degrees = positive(raw), _degrees(degrees)
        squared = ((value - location) / scale).square()
        constant = torch.lgamma(degrees / 2) - torch.lgamma((degrees + 1) / 2)
        tail = (degrees + 1) / 2 * torch.log1p(squared / degrees)
        return constant + 0.5 * (degrees * math.pi).log() + scale.log() + tail

    def value_draw(
        self,
        output: Tensor,
        uniform: Tensor,
        level: Tensor,
        *,
        temperature: float = 1.0,
        bias: float = 0.0,
    ) -> Tensor:
        """Bailey's form of two uniform numbers, √(ν (u^(−2/ν) − 1)) cos 2πv, which is exact.

        Bailey 1994, "Polar generation of random variates with the t-distribution". The scale is
        multiplied by temperature · exp(−bias).
        """
        location, raw, degrees = parameters(output, precise=True)
        degrees = _degrees(degrees)
        # 0 has no logarithm; multiples of 2⁻⁵² can be moved to the middle of their interval.
        log_u = (uniform[..., 0] + 2.0**-53).log()
        radius = (degrees * torch.expm1(-2.0 / degrees * log_u)).sqrt()
        standard = radius * torch.cos(2 * math.pi * uniform[..., 1])
        drawn: Tensor = location + positive(raw) * (temperature * math.exp(-bias)) * standard
        return drawn

    def below(self, output: Tensor, value: Tensor, level: Tensor) -> Tensor:
        """P(X ≤ value), by a Gauss-Legendre rule."""
        location, raw, degrees = parameters(output, precise=True)
        degrees = _degrees(degrees)
        t = (value - location) / positive(raw)
        size = t.abs()
        near = 0.5 - _middle(size.clamp(max=1.0), degrees)
        tail = torch.where(size < 1.0, near, _tail(size.clamp(min=1.0), degrees))
        return torch.where(t > 0, 1.0 - tail, tail)


def _middle(t: Tensor, degrees: Tensor) -> Tensor:
    """P(0 ≤ T ≤ t) for t up to 1: the density is smooth there."""
    nodes, weights = _rule(t)
    squared = (t.unsqueeze(-1) * nodes).square() / degrees.unsqueeze(-1)
    density = (-(degrees + 1) / 2).unsqueeze(-1) * torch.log1p(squared)
    constant = -_log_beta(degrees) - 0.5 * degrees.log()
    middle: Tensor = t * constant.exp() * (weights * density.exp()).sum(-1)
    return middle


def _tail(t: Tensor, degrees: Tensor) -> Tensor:
    """P(T > t) for t from 1.

    With t = √ν cot s it is ∫ sin^(ν−1) from 0 to s over B(1/2, ν/2); with sin s' = sin s · w^(1/ν)
    the integral is sin^ν(s)/ν · ∫ dw / √(1 − sin²(s) w^(2/ν)) from 0 to 1, and w = 1 − z² smoothes
    its end.
    """
    z, weights = _rule(t)
    shared = 1.0 / (1.0 + t.square() / degrees)  # sin²(s)
    power = (1.0 - z.square()) ** (2.0 / degrees).unsqueeze(-1)
    inner = 1.0 - shared.unsqueeze(-1) * power
    integral = (weights * 2.0 * z / inner.sqrt()).sum(-1)
    tail: Tensor = (degrees / 2 * shared.log() - _log_beta(degrees)).exp() / degrees * integral
    return tail


def _rule(like: Tensor) -> tuple[Tensor, Tensor]:
    """Nodes and weights between 0 and 1."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return torch.from_numpy(0.5 * (nodes + 1)).to(like), torch.from_numpy(0.5 * weights).to(like)


def _log_beta(degrees: Tensor) -> Tensor:
    """log B(1/2, ν/2)."""
    made: Tensor = math.lgamma(0.5) + torch.lgamma(degrees / 2) - torch.lgamma((degrees + 1) / 2)
    return made


def _degrees(raw: Tensor) -> Tensor:
    return (LEAST_DEGREES + positive(raw + 2.0)).clamp(max=MOST_DEGREES)
