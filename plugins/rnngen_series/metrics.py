"""Forecast metrics, each for one series: `[horizon]` values and `[samples, horizon]` paths.

Missing values (NaN) are left out. Sources: Makridakis et al. 2020, "The M4 competition"
(sMAPE, MASE); Gneiting and Raftery 2007 (CRPS); Salinas et al. 2017 (quantile loss, ND).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Quantile levels for showing and scoring forecasts."""

Values = NDArray[np.float64]


def smape(actual: Values, forecast: Values) -> float:
    """Mean of 200 |y − f| / (|y| + |f|), in percent; 0 where both are 0."""
    size = np.abs(actual) + np.abs(forecast)
    ratio = np.abs(actual - forecast) / np.where(size > 0, size, 1.0)
    return float(200.0 * np.nanmean(ratio))


def naive_error(past: Values, season: int) -> float:
    """Mean |x_t − x_{t−m}| over the past: the denominator of MASE."""
    changes = np.abs(past[season:] - past[:-season])
    return float(np.nanmean(changes)) if np.isfinite(changes).any() else 0.0


def mase(actual: Values, forecast: Values, past: Values, season: int) -> float | None:
    """Mean |y − f| over `naive_error`; None where the past never changes."""
    error = naive_error(past, season)
    return float(np.nanmean(np.abs(actual - forecast)) / error) if error > 0 else None


def crps(actual: Values, paths: Values) -> Values:
    """E|X − y| − E|X − X'|/2 of the paths' distribution at each step, `[horizon]`.

    With x sorted, E|X − X'| = 2/n² Σ_i (2i − n − 1) x_i.
    """
    count = len(paths)
    ordered = np.sort(paths, axis=0)
    weights = 2.0 * np.arange(1, count + 1) - count - 1
    spread = 2.0 * (weights[:, None] * ordered).sum(0) / count**2
    distance: Values = np.abs(paths - actual).mean(0) - 0.5 * spread
    return distance


def quantile_loss(actual: Values, quantiles: Values) -> Values:
    """2 (y − q)(τ − [y < q]) for τ of `LEVELS`: `[levels, horizon]`."""
    error = actual - quantiles
    levels = np.array(LEVELS)[:, None]
    loss: Values = 2.0 * error * (levels - (error < 0))
    return loss


def covered(actual: Values, low: Values, high: Values) -> Values:
    """1 where a value lies in the interval, 0 where it does not, NaN where it is missing."""
    inside = ((actual >= low) & (actual <= high)).astype(np.float64)
    return np.where(np.isfinite(actual), inside, np.nan)
