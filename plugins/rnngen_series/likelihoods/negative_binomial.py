"""The negative binomial likelihood of counts, as DeepAR has it (Salinas et al. 2017, section 3.1).

With s what the count was divided by, the mean is μ = s · softplus(o₀) and the shape is
α = softplus(o₁) / √s, so that the variance is μ + μ² α. With r = 1/α:

    p(k) = Γ(k + r) / (Γ(k + 1) Γ(r)) · (r / (r + μ))^r · (μ / (r + μ))^k
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from rnngen_series.likelihoods.row import RowLikelihood, nearer, parameters, positive, wide

BLOCK = 512
"""Counts looked at together in the search for a quantile."""
REACH = 40.0
"""Standard deviations around the mean in which a quantile is looked for."""
MOST_BLOCKS = 1 << 14


class NegativeBinomial(RowLikelihood):
    """A distribution of the count that a row's value stands for.

    Args:
        row: D, numbers in a row.
        level_mean, level_deviation: level · deviation + mean is log s.
    """

    size = 2

    def __init__(self, row: int, level_mean: float = 0.0, level_deviation: float = 1.0) -> None:
        super().__init__(row)
        self.level_mean = level_mean
        self.level_deviation = level_deviation

    def scale(self, level: Tensor) -> Tensor:
        """s, what counts were divided by at a level."""
        return (level * self.level_deviation + self.level_mean).exp()

    def value_nll(self, output: Tensor, value: Tensor, level: Tensor) -> Tensor:
        """−log p(count): `[..., 2]` and `[...]` to `[...]` float32, computed in float64."""
        scale = self.scale(wide(level))
        mean, r = _shape(output, scale)
        return -_log_chance((wide(value) * scale).round().clamp(min=0), mean, r).float()

    def value_draw(
        self,
        output: Tensor,
        uniform: Tensor,
        level: Tensor,
        *,
        temperature: float = 1.0,
        bias: float = 0.0,
    ) -> Tensor:
        """The least count whose distribution function exceeds the uniform number, divided by s.

        Temperature · exp(−bias) moves the uniform number (`nearer`): with 0 the median is drawn.
        """
        scale = self.scale(wide(level))
        mean, r = _shape(output, scale)
        u = nearer(uniform[..., 0], temperature * math.exp(-bias))
        return _quantile(u, mean, r) / scale

    def below(self, output: Tensor, value: Tensor, level: Tensor) -> Tensor:
        """P(K ≤ k)."""
        scale = self.scale(wide(level))
        mean, r = _shape(output, scale)
        wanted = (wide(value) * scale).round()
        total = torch.zeros_like(mean)
        for counts in _blocks(mean, r):
            inside = counts <= wanted.unsqueeze(-1)
            if not inside.any():
                break
            chance = _log_chance(counts, mean.unsqueeze(-1), r.unsqueeze(-1)).exp()
            total = total + torch.where(inside, chance, torch.zeros_like(chance)).sum(-1)
        return total.clamp(max=1.0)

    def tail(self, output: Tensor, value: Tensor, level: Tensor) -> Tensor:
        """Twice the smaller of P(K ≤ k) and P(K ≥ k), at most 1; both include k."""
        below = self.below(output, value, level)
        scale = self.scale(wide(level))
        mean, r = _shape(output, scale)
        chance = _log_chance((wide(value) * scale).round().clamp(min=0), mean, r).exp()
        above = torch.maximum(1.0 - below + chance, chance)
        return (2.0 * torch.minimum(below, above)).clamp(max=1.0)


def _shape(output: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """Mean μ and r = 1/α."""
    centre, raw = parameters(output, precise=True)
    return positive(centre) * scale, scale.sqrt() / positive(raw)


def _log_chance(count: Tensor, mean: Tensor, r: Tensor) -> Tensor:
    """log p(count), float64."""
    ways = torch.lgamma(count + r) - torch.lgamma(count + 1) - torch.lgamma(r)
    return ways - r * torch.log1p(mean / r) - count * torch.log1p(r / mean)


def _quantile(u: Tensor, mean: Tensor, r: Tensor) -> Tensor:
    """The least k with P(K ≤ k) > u."""
    found = torch.full_like(mean, -1.0)
    total = torch.zeros_like(mean)
    last = torch.zeros_like(mean)
    for counts in _blocks(mean, r):
        chances = _log_chance(counts, mean.unsqueeze(-1), r.unsqueeze(-1)).exp()
        cumulative = total.unsqueeze(-1) + chances.cumsum(-1)
        beyond = cumulative > u.unsqueeze(-1)
        first = torch.gather(counts, -1, beyond.to(torch.uint8).argmax(-1, keepdim=True))
        found = torch.where((found < 0) & beyond.any(-1), first.squeeze(-1), found)
        total, last = cumulative[..., -1], counts[..., -1]
        if bool((found >= 0).all()):
            break
    # Only what lies beyond all that was looked at, or is not a number.
    return torch.where(found < 0, last, found)


def _blocks(mean: Tensor, r: Tensor) -> Iterator[Tensor]:
    """Blocks of counts `[..., BLOCK]`, upwards from where chances begin to matter."""
    deviation = (mean + mean.square() / r).sqrt()
    first = (mean - REACH * deviation).floor().clamp(min=0)
    span = float((mean + REACH * (deviation + 1) - first).max())
    count = 1 if math.isnan(span) else min(MOST_BLOCKS, 1 + int(span) // BLOCK)
    offsets = torch.arange(BLOCK, dtype=first.dtype, device=first.device)
    for number in range(count):
        yield first.unsqueeze(-1) + number * BLOCK + offsets
