"""Rows of a series as it comes in: each is scaled by what was seen up to then, and no further."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnngen_series.record import Series
from rnngen_series.rows import Layout
from rnngen_series.scaling import fill, running

BURN_IN = 16
"""Values at the begin that are scaled together: fewer say nothing of a scale."""


@dataclass(frozen=True)
class Running:
    """What a model reads, and what it is to predict, at each step from the first that can be.

    Args:
        inputs: `[n − start, D]`; a row has the step's value, scaled by all values up to it, and the
            covariates of the next step.
        targets: `[n − start, 2]`; the step's value, scaled by all values before it, and its level.
        scales: `[n − start]`, of the targets.
    """

    inputs: NDArray[np.float32]
    targets: NDArray[np.float32]
    scales: NDArray[np.float64]


def running_rows(layout: Layout, series: Series, start: int) -> Running:
    """The rows of a series from a given step, or from the first that can be scaled."""
    season = layout.season_of(len(series))
    seasonal = layout.kind == "seasonal"
    first = season if seasonal else 0
    start = max(start, first)
    values = series.values
    path = fill(values, season)
    centres, scales = running(values, layout.kind, season, first + BURN_IN)
    steps = np.arange(start, len(values))
    own = path[steps - season] if seasonal else centres[steps]
    after = path[steps + 1 - season] if seasonal else centres[steps + 1]
    now, then = scales[steps], scales[steps + 1]
    observed = np.isfinite(values[steps])
    lags = len(layout.lags)
    inputs = np.zeros((len(steps), layout.width), np.float32)
    inputs[:, 0] = (path[steps] - (own if seasonal else after)) / then
    inputs[:, 1] = observed
    inputs[:, 2] = layout.levels(then)
    back = np.maximum(steps[:, None] + 1 - np.array(layout.lags, np.int64), 0)
    inputs[:, 3 : 3 + lags] = (path[back] - after[:, None]) / then[:, None]
    inputs[:, 3 + lags : -1] = layout.dated(series, start + 1, len(values) + 1)
    inputs[:, -1] = observed
    targets = np.stack([(path[steps] - own) / now, layout.levels(now)], 1).astype(np.float32)
    return Running(inputs, targets, now)
