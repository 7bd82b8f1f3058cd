"""Student's t likelihood of a value: location o₀, scale softplus(o₁), 2 + softplus(o₂ + 2) degrees.

Its tails forgive outliers. With more than two degrees of freedom the variance is finite.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from rnngen.likelihoods.row import RowLikelihood, parameters, positive

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
        """P(X ≤ value), by a Gauss-Legendre rule.

        With t = √ν cot s, the upper tail is ∫ sinᵛ⁻¹ from 0 to s over B(1/2, ν/2); with
        sin s' = sin s · w^(1/ν) that is sinᵛ(s)/ν · ∫ dw / √(1 − sin²(s) w^(2/ν)) from 0 to 1, and
        w = 1 − z² takes away the singularity at its end.
        """
        import numpy as np

        location, raw, degrees = parameters(output, precise=True)
        degrees = _degrees(degrees)
        t = (value - location) / positive(raw)
        nodes, weights = np.polynomial.legendre.leggauss(NODES)
        z = torch.from_numpy(0.5 * (nodes + 1)).to(t)
        weight = torch.from_numpy(0.5 * weights).to(t)
        shared = 1.0 / (1.0 + t.square() / degrees)  # sin²(s)
        w = 1.0 - z.square()
        inner = 1.0 - shared.unsqueeze(-1) * w ** (2.0 / degrees).unsqueeze(-1)
        integral = (weight * 2.0 * z / inner.clamp(min=1e-300).sqrt()).sum(-1)
        log_beta = (
            math.lgamma(0.5) + torch.lgamma(degrees / 2) - torch.lgamma((degrees + 1) / 2)
        )
        tail = (degrees / 2 * shared.log() - log_beta).exp() / degrees * integral
        tail = tail.clamp(max=0.5)
        return torch.where(t > 0, 1.0 - tail, tail)


def _degrees(raw: Tensor) -> Tensor:
    return (LEAST_DEGREES + positive(raw + 2.0)).clamp(max=MOST_DEGREES)
