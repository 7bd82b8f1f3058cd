"""From a series to rows, as `rnngen_series.likelihoods.row` has them.

Covariates of a step, in this order: what lags say, each (x_{t−k} − centre_t) / scale; the calendar;
what is known in advance, standardised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnngen_series import calendar
from rnngen_series.frequency import Frequency
from rnngen_series.record import Series
from rnngen_series.scaling import Kind, Scaling, fill, fit

FIXED = 4
"""Numbers of a row that are no covariates: value, observed, level, counts."""


@dataclass(frozen=True)
class Layout:
    """What all series have in common.

    Args:
        kind: of scaling.
        season: steps.
        lags: how many steps back, each at least 1.
        frequency: of all series.
        calendar: whether rows have calendar features.
        known: names of the covariates known in advance.
        known_mean, known_deviation: `[C]` each, over all series.
        level_mean, level_deviation: of the logarithms of scales.
    """

    kind: Kind
    season: int
    lags: Sequence[int]
    frequency: Frequency
    calendar: bool
    known: Sequence[str]
    known_mean: Sequence[float]
    known_deviation: Sequence[float]
    level_mean: float
    level_deviation: float

    @property
    def width(self) -> int:
        """D, numbers in a row."""
        stamps = np.zeros(0, "datetime64[s]")
        shown = calendar.features(stamps, self.frequency).shape[1] if self.calendar else 0
        return FIXED + len(self.lags) + shown + len(self.known)

    def level(self, scaling: Scaling) -> float:
        """The standardised logarithm of a scale."""
        return float((np.log(scaling.scale) - self.level_mean) / self.level_deviation)

    def dated(self, series: Series, start: int, stop: int) -> NDArray[np.float64]:
        """What is known of steps `start` to `stop` whatever the values are: `[stop − start, c]`.

        Beyond what is known in advance, the last that is known.
        """
        parts = []
        if self.calendar:
            parts.append(calendar.features(series.stamps(start, stop), self.frequency))
        if self.known:
            steps = np.minimum(np.arange(start, stop), len(series.known) - 1)
            mean, deviation = np.array(self.known_mean), np.array(self.known_deviation)
            parts.append((series.known[steps] - mean) / deviation)
        return np.concatenate(parts, 1) if parts else np.zeros((stop - start, 0))

    def lagged(
        self, path: NDArray[np.float64], scaling: Scaling, steps: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """What lags say of `steps [s]` of `path [..., n]`, n ≥ the last of them: `[..., s, lags]`.

        Before the first value there was the first.
        """
        back = np.maximum(steps[:, None] - np.array(self.lags, np.int64), 0)
        centres = scaling.centres(path, steps)
        lagged: NDArray[np.float64] = (path[..., back] - centres[..., None]) / scaling.scale
        return lagged


def scaling_of(layout: Layout, series: Series) -> Scaling:
    """The scaling of a series, by what is not to be predicted of it."""
    seen = series.values[: len(series) - series.held] if series.held else series.values
    return fit(seen, layout.kind, layout.season)


def rows(layout: Layout, series: Series, start: int = 0) -> NDArray[np.float32]:
    """The rows of a series from a step on, or from the first that can be scaled.

    Returns:
        `[n − start, D]` float32; covariates of a row are those of the step after it.
    """
    path = fill(series.values, layout.season)
    scaling = scaling_of(layout, series)
    start = max(start, scaling.first)
    steps = np.arange(start, len(path))
    made = np.zeros((len(steps), layout.width), np.float32)
    observed = np.isfinite(series.values[start:])
    made[:, 0] = (path[start:] - scaling.centres(path, steps)) / scaling.scale
    made[:, 1] = observed
    made[:, 2] = layout.level(scaling)
    lags = len(layout.lags)
    made[:, 3 : 3 + lags] = layout.lagged(path, scaling, steps + 1)
    made[:, 3 + lags : -1] = layout.dated(series, start + 1, len(path) + 1)
    counts = observed & (steps >= len(path) - series.held) if series.held else observed
    made[:, -1] = counts
    return made
