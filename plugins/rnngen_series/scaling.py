"""Scaling: what is subtracted from a series' values, and what they are divided by.

seasonal   (x_t − x_{t−m}) / mean |x_u − x_{u−m}|   error of a seasonal naive forecast, in units
                                                    of its mean error (the denominator of MASE)
mean       x_t / (mean |x| + 1)                     Salinas et al. 2017, section 3.3
standard   (x_t − mean x) / deviation of x
none       x_t

Gaps are filled first, from the past only: a missing value gets the value of a season ago.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["seasonal", "mean", "standard", "none"]

SMALLEST = 1e-4
"""Smallest scale, as a share of the mean size of values, so that constant series have one too."""


@dataclass(frozen=True)
class Scaling:
    """How the values of one series are scaled.

    Args:
        kind: the equation above.
        season: m.
        centre: the number subtracted, unless it is the value of a season ago.
        scale: the divisor, above 0.
    """

    kind: Kind
    season: int
    centre: float
    scale: float

    @property
    def first(self) -> int:
        """The first step that can be scaled."""
        return self.season if self.kind == "seasonal" else 0

    def centres(self, path: NDArray[np.float64], steps: NDArray[np.int64]) -> NDArray[np.float64]:
        """What is subtracted at `steps [s]`, which may go one past `path [..., n]`: `[..., s]`."""
        if self.kind == "seasonal":
            earlier: NDArray[np.float64] = path[..., np.maximum(steps - self.season, 0)]
            return earlier
        return np.full((*path.shape[:-1], len(steps)), self.centre)


def fit(values: NDArray[np.float64], kind: Kind, season: int) -> Scaling:
    """The scaling fitted on values `[n]`, NaN where they are missing."""
    seen = values[np.isfinite(values)]
    size = float(np.abs(seen).mean())
    floor = SMALLEST * size or 1.0
    centre, scale = 0.0, 1.0
    if kind == "seasonal":
        changes = np.abs(values[season:] - values[:-season])
        changes = changes[np.isfinite(changes)]
        scale = max(float(changes.mean()) if len(changes) else size, floor)
    elif kind == "mean":
        scale = size + 1.0
    elif kind == "standard":
        centre, scale = float(seen.mean()), max(float(seen.std()), floor)
    return Scaling(kind, season, centre, scale)


def fill(values: NDArray[np.float64], season: int) -> NDArray[np.float64]:
    """The values with gaps filled by the last value of the same season, else by the last value.

    Args:
        values: `[n]`; the first is not missing.
        season: m.
    """
    filled = values.copy()
    for step in np.flatnonzero(np.isnan(values)):
        filled[step] = filled[step - season] if step >= season else filled[step - 1]
    return filled
