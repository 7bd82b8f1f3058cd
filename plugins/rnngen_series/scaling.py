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
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["seasonal", "mean", "standard", "none"]

SMALLEST = 1e-4
"""Smallest scale, as a share of the mean distance from the median, or of the mean size of values
where all are the same: constant series have one too."""
PERIODIC = 1e-9
"""Where changes since a season ago are a smaller share of the distance from the median, the series
repeats itself: it is scaled by that distance."""
RESOLUTION = 1e-13
"""Share of their size to which values are exact."""


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
    spread = float(np.abs(seen - np.median(seen)).mean())
    floor = max(SMALLEST * spread, RESOLUTION * size) if spread > 0 else SMALLEST * size or 1.0
    centre, scale = 0.0, 1.0
    if kind == "seasonal":
        changes = np.abs(values[season:] - values[:-season])
        changes = changes[np.isfinite(changes)]
        change = float(changes.mean()) if len(changes) else 0.0
        scale = max(change if change > PERIODIC * spread else spread or size, floor)
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


def running(
    values: NDArray[np.float64], kind: Kind, season: int, least: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres and scales `[n + 1]` at each step, fitted on the values before it only.

    Args:
        values: `[n]`, NaN where they are missing.
        kind: the equation above.
        season: m.
        least: steps whose values are always used: fewer say nothing of a scale.
    """
    seen = np.isfinite(values)
    from_first = np.where(seen, values - values[np.argmax(seen)], 0.0)
    count = np.maximum(_before(seen), 1)
    size = _before(np.abs(np.where(seen, values, 0.0))) / count
    mean = _before(from_first) / count
    deviation = np.sqrt(np.maximum(_before(from_first**2) / count - mean**2, 0.0))
    floor = np.where(
        deviation > RESOLUTION * size,
        np.maximum(SMALLEST * deviation, RESOLUTION * size),
        np.where(size > 0, SMALLEST * size, 1.0),
    )
    centres, scales = np.zeros(len(values) + 1), np.ones(len(values) + 1)
    if kind == "seasonal":
        changes = np.full(len(values), np.nan)
        changes[season:] = np.abs(values[season:] - values[:-season])
        changed = np.isfinite(changes)
        usual = np.where(deviation > RESOLUTION * size, deviation, size)
        total = _before(np.where(changed, changes, 0.0)) / np.maximum(_before(changed), 1)
        scales = np.maximum(np.where(total > PERIODIC * deviation, total, usual), floor)
    elif kind == "mean":
        scales = size + 1.0
    elif kind == "standard":
        centres = mean + values[np.argmax(seen)]
        scales = np.maximum(deviation, floor)
    least = min(least, len(values))
    centres[:least], scales[:least] = centres[least], scales[least]
    return centres, scales


def _before(numbers: NDArray[Any]) -> NDArray[np.float64]:
    """Sums of all numbers before each place: `[n]` to `[n + 1]`."""
    return np.concatenate([[0.0], np.cumsum(numbers, dtype=np.float64)])
