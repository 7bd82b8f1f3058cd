"""From a series to rows, as `rnngen_series.likelihoods.row` describes them.

Covariates of a step, in this order: lags, each (x_{t−k} − centre_t) / scale; the calendar; columns
known in advance, standardised.
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
"""Numbers in a row that are not covariates: value, observed, level, counts."""


@dataclass(frozen=True)
class Layout:
    """Settings shared by all series.

    Args:
        kind: kind of scaling.
        season: season in steps.
        lags: steps back, each at least 1.
        frequency: frequency of all series.
        calendar: whether rows have calendar features.
        known: names of the covariates known in advance.
        known_mean, known_deviation: `[C]` each, over all series.
        level_mean, level_deviation: mean and deviation of log scales.
        least: steps of the shortest series that has a season; others have one of a step.
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
    least: int = 0

    def season_of(self, count: int) -> int:
        """The season of a series of `count` steps."""
        return self.season if count >= self.least else 1

    @property
    def width(self) -> int:
        """D, the length of a row."""
        stamps = np.zeros(0, "datetime64[s]")
        shown = calendar.features(stamps, self.frequency).shape[1] if self.calendar else 0
        return FIXED + len(self.lags) + shown + len(self.known)

    def level(self, scaling: Scaling) -> float:
        """Standardised logarithm of a scale."""
        return float(self.levels(np.array(scaling.scale)))

    def levels(self, scales: NDArray[np.float64]) -> NDArray[np.float64]:
        """Standardised logarithms of scales."""
        standard: NDArray[np.float64] = (np.log(scales) - self.level_mean) / self.level_deviation
        return standard

    def dated(self, series: Series, start: int, stop: int) -> NDArray[np.float64]:
        """Covariates of steps `start` to `stop` that don't depend on values: `[stop − start, c]`.

        Past the end of the columns known in advance, their last row is repeated.
        """
        parts = []
        if self.calendar:
            parts.append(calendar.features(series.local(start, stop), self.frequency))
        if self.known:
            steps = np.minimum(np.arange(start, stop), len(series.known) - 1)
            mean, deviation = np.array(self.known_mean), np.array(self.known_deviation)
            parts.append((series.known[steps] - mean) / deviation)
        return np.concatenate(parts, 1) if parts else np.zeros((stop - start, 0))

    def lagged(
        self, path: NDArray[np.float64], scaling: Scaling, steps: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Lags of `steps [s]` of `path [..., n]`, where n ≥ the last step: `[..., s, lags]`.

        Before the first value, the first value is repeated.
        """
        back = np.maximum(steps[:, None] - np.array(self.lags, np.int64), 0)
        centres = scaling.centres(path, steps)
        lagged: NDArray[np.float64] = (path[..., back] - centres[..., None]) / scaling.scale
        return lagged


def scaling_of(layout: Layout, series: Series) -> Scaling:
    """The scaling of a series, fitted without the values to predict."""
    seen = series.values[: len(series) - series.held] if series.held else series.values
    return fit(seen, layout.kind, layout.season_of(len(seen)))


def rows(layout: Layout, series: Series, start: int = 0) -> NDArray[np.float32]:
    """The rows of a series from a given step, or from the first that can be scaled.

    Returns:
        `[n − start, D]` float32; each row has the covariates of the step after it.
    """
    scaling = scaling_of(layout, series)
    path = fill(series.values, scaling.season)
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
