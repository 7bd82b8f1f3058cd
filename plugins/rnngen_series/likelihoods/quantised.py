"""The quantised likelihood of a value: a softmax over bins, and a density inside each.

Inside a bin the density is even; below the first edge and above the last it falls exponentially,
with the width of the bin beside as its mean: every value has a density, whatever its size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from rnngen import UsageError
from rnngen_series.likelihoods.row import RowLikelihood, nearer, wide


class Quantised(RowLikelihood):
    """Bins of the value of a row.

    Args:
        row: D, numbers in a row.
        edges: increasing, at least two; with E edges there are E + 1 bins, two of them open.

    Raises:
        UsageError: the edges do not increase.
    """

    def __init__(self, row: int, edges: Sequence[float]) -> None:
        super().__init__(row)
        self.edges = torch.tensor(list(edges), dtype=torch.float64)
        if len(edges) < 2 or not bool((self.edges.diff() > 0).all()):
            raise UsageError("the edges of a quantised likelihood must increase, two at least")
        self.size = len(edges) + 1
        # Of each bin where it starts, and how wide it is; the lowest reaches downwards.
        widths = self.edges.diff()
        self.starts = torch.cat([self.edges[:1], self.edges])
        self.widths = torch.cat([widths[:1], widths, widths[-1:]])

    def value_nll(self, output: Tensor, value: Tensor, level: Tensor) -> Tensor:
        """−log p(value): `[..., K]` and `[...]` to `[...]`, in float32."""
        edges = self.edges.to(value)
        bins = torch.bucketize(value.contiguous(), edges, right=True)
        width = self.widths.to(value)[bins]
        beyond = (edges[0] - value).clamp(min=0) + (value - edges[-1]).clamp(min=0)
        chosen = output.float().log_softmax(-1).gather(-1, bins.unsqueeze(-1)).squeeze(-1)
        return width.log() + beyond / width - chosen

    def value_draw(
        self,
        output: Tensor,
        uniform: Tensor,
        level: Tensor,
        *,
        temperature: float = 1.0,
        bias: float = 0.0,
    ) -> Tensor:
        """The inverse of the distribution function; a bin's part is spread evenly over it.

        Temperature · exp(−bias) moves the uniform number (`nearer`): with 0 the median is drawn.
        """
        cumulative = wide(output).softmax(-1).cumsum(-1)
        u = nearer(uniform[..., :1], temperature * math.exp(-bias)) * cumulative[..., -1:]
        place = torch.searchsorted(cumulative, u, right=True).clamp_(max=self.size - 1)
        chance = cumulative.diff(dim=-1, prepend=torch.zeros_like(cumulative[..., :1]))
        chance = chance.gather(-1, place)
        inside = u - (cumulative.gather(-1, place) - chance)
        share = (inside / chance.clamp(min=1e-300)).clamp(0.0, 1.0 - 2.0**-53).squeeze(-1)
        bins = place.squeeze(-1)
        width, start = self.widths[bins], self.starts[bins]
        down, up = bins == 0, bins == self.size - 1
        drawn = start + share * width
        drawn = torch.where(down, start + width * (share + 2.0**-53).log(), drawn)
        return torch.where(up, start - width * torch.log1p(-share), drawn)

    def below(self, output: Tensor, value: Tensor, level: Tensor) -> Tensor:
        """P(X ≤ value)."""
        value = wide(value)
        bins = torch.bucketize(value.contiguous(), self.edges, right=True)
        chances = wide(output).softmax(-1)
        chance = chances.gather(-1, bins.unsqueeze(-1)).squeeze(-1)
        before = chances.cumsum(-1).gather(-1, bins.unsqueeze(-1)).squeeze(-1) - chance
        share = (value - self.starts[bins]) / self.widths[bins]
        share = torch.where(bins == 0, share.clamp(max=0).exp(), share)
        share = torch.where(bins == self.size - 1, -torch.expm1(-share.clamp(min=0)), share)
        return before + chance * share

    def tail(self, output: Tensor, value: Tensor, level: Tensor) -> Tensor:
        """Twice the smaller of P(X ≤ value) and P(X ≥ value), at most 1.

        Both include the bin of the value, for values such as counts may all be on its edge.
        """
        value = wide(value)
        bins = torch.bucketize(value.contiguous(), self.edges, right=True)
        chances = wide(output).softmax(-1)
        whole = chances.gather(-1, bins.unsqueeze(-1)).squeeze(-1)
        before = chances.cumsum(-1).gather(-1, bins.unsqueeze(-1)).squeeze(-1) - whole
        share = self.below(output, value, level) - before
        open_below, open_above = bins == 0, bins == self.size - 1
        below = before + torch.where(open_below, share, whole)
        above = 1.0 - before - torch.where(open_above, share, torch.zeros_like(share))
        return (2.0 * torch.minimum(below, above)).clamp(0.0, 1.0)
