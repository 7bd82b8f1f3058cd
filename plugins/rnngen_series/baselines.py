"""Forecasts to compare with: seasonal naive, and AutoETS where `statsforecast` is installed."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from rnngen_series.metrics import LEVELS
from rnngen_series.scaling import fill

SEEN = 1000
"""Number of last values that AutoETS is fitted on."""
WIDTHS = (20, 40, 60, 80)
"""Intervals, in percent, whose ends are the quantiles of `LEVELS`."""


def seasonal_naive(past: NDArray[np.float64], season: int, horizon: int) -> NDArray[np.float64]:
    """The last season, repeated: `[horizon]`."""
    filled = fill(past, season)
    return (
        np.resize(filled[-season:], horizon)
        if len(filled) > season
        else np.full(horizon, filled[-1])
    )


def has_auto_ets() -> bool:
    """Whether AutoETS is available."""
    return find_spec("statsforecast") is not None


def auto_ets(past: NDArray[np.float64], season: int, horizon: int) -> NDArray[np.float64] | None:
    """Quantiles `[levels, horizon]` of exponential smoothing, its form chosen by AICc.

    Hyndman and Khandakar 2008, as implemented in `statsforecast`.

    Returns:
        None where it can't be fitted, as to a few values.
    """
    from statsforecast.models import AutoETS

    filled = fill(past, season)[-SEEN:]
    try:
        made = AutoETS(season_length=season).forecast(filled, horizon, level=list(WIDTHS))
    except Exception:  # the library raises whatever its arithmetic meets
        return None
    below = [made[f"lo-{width}"] for width in reversed(WIDTHS)]
    above = [made[f"hi-{width}"] for width in WIDTHS]
    quantiles: NDArray[np.float64] = np.stack([*below, made["mean"], *above])
    assert len(quantiles) == len(LEVELS)
    return quantiles if np.isfinite(quantiles).all() else None
