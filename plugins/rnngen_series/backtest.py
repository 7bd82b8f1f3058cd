"""Backtests: forecasts from several points in the past, scored against what followed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rnngen import DataError, Engine
from rnngen_series import baselines, metrics
from rnngen_series.codec import SeriesCodec
from rnngen_series.paths import Draw, draw_paths
from rnngen_series.record import Series
from rnngen_series.rows import Layout

COLUMNS = ("sMAPE %", "MASE", "ND", "quantile loss", "CRPS", "80 % covers %")
MOST_ETS = 100
"""Most forecasts that AutoETS is fitted for; each takes a second or more."""

Values = NDArray[np.float64]


@dataclass
class Tally:
    """Metrics of one method, added up forecast by forecast.

    sMAPE and MASE are means over forecasts; ND, quantile loss and CRPS are sums over all steps of
    all series, divided by the sum of |y|.
    """

    smape: list[float] = field(default_factory=list)
    mase: list[float] = field(default_factory=list)
    error: float = 0.0
    loss: float = 0.0
    crps: float = 0.0
    size: float = 0.0
    covered: list[Values] = field(default_factory=list)

    def add(
        self,
        actual: Values,
        past: Values,
        season: int,
        quantiles: Values,
        paths: Values | None = None,
    ) -> None:
        """Adds one forecast.

        Args:
            actual: `[horizon]`.
            past: all earlier values.
            season: season for MASE.
            quantiles: `[levels, horizon]`; or `[1, horizon]` for a point forecast.
            paths: `[samples, horizon]`, if any: CRPS comes from them, else from the quantiles.
        """
        middle = quantiles[len(quantiles) // 2]
        self.smape.append(metrics.smape(actual, middle))
        scaled = metrics.mase(actual, middle, past, season)
        if scaled is not None:
            self.mase.append(scaled)
        self.size += float(np.nansum(np.abs(actual)))
        self.error += float(np.nansum(np.abs(actual - middle)))
        spread = np.broadcast_to(quantiles, (len(metrics.LEVELS), len(actual)))
        self.loss += float(np.nansum(metrics.quantile_loss(actual, spread).mean(0)))
        self.crps += float(np.nansum(metrics.crps(actual, quantiles if paths is None else paths)))
        if len(quantiles) > 1:
            self.covered.append(metrics.covered(actual, quantiles[0], quantiles[-1]))

    def numbers(self) -> list[float | None]:
        """The metrics, in the order of `COLUMNS`."""
        size = self.size or 1.0
        covered = 100.0 * float(np.nanmean(np.concatenate(self.covered))) if self.covered else None
        return [
            float(np.mean(self.smape)),
            float(np.mean(self.mase)) if self.mase else None,
            self.error / size,
            self.loss / size,
            self.crps / size,
            covered,
        ]


@dataclass(frozen=True)
class Backtest:
    """The result of a backtest.

    Args:
        rows: each method's name and its metrics, in the order of `COLUMNS`.
        forecasts: number of forecasts per method.
    """

    rows: list[tuple[str, list[float | None]]]
    forecasts: int


def backtest(
    engine: Engine,
    codec: SeriesCodec,
    series: Sequence[Series],
    draw: Draw,
    windows: int,
    *,
    compare: bool = True,
    note: Callable[[str], None] = lambda text: None,
) -> Backtest:
    """Backtests the last `windows` times `draw.horizon` steps of each series, window by window.

    Args:
        engine: the model's engine.
        codec: the model's codec.
        series: complete series.
        draw: horizon and number of samples.
        windows: forecasts per series; fewer for a series too short for them, but at least one.
        compare: whether to add seasonal naive and AutoETS.
        note: told what takes long, and what is left out.

    Raises:
        DataError: a series is too short for one forecast.
    """
    horizon, layout = draw.horizon, codec.layout
    pasts, actuals = _places(series, horizon, layout, windows, note)
    note(f"drawing {draw.samples} paths of {horizon} steps for {len(pasts)} forecasts")
    model, naive, smoothed = Tally(), Tally(), Tally()
    paths = draw_paths(engine, codec, pasts, draw)
    with_ets = compare and baselines.has_auto_ets() and len(pasts) <= MOST_ETS
    if compare and baselines.has_auto_ets() and not with_ets:
        note(f"leaving out AutoETS: it would need {len(pasts)} fits, the limit is {MOST_ETS}")
    for past, actual, drawn in zip(pasts, actuals, paths, strict=True):
        values = past.values
        season = layout.season_of(len(past))
        model.add(actual, values, season, np.quantile(drawn, metrics.LEVELS, axis=0), drawn)
        if compare:
            point = baselines.seasonal_naive(values, season, horizon)
            naive.add(actual, values, season, point[None])
        if with_ets:
            quantiles = baselines.auto_ets(values, season, horizon)
            with_ets = quantiles is not None
            if quantiles is None:
                note(f"leaving out AutoETS: it can't be fitted to series `{past.name}`")
            else:
                smoothed.add(actual, values, season, quantiles)
    rows = [("model", model.numbers())]
    if compare:
        rows.append(("seasonal naive" if layout.season > 1 else "last value", naive.numbers()))
    if with_ets:
        rows.append(("AutoETS", smoothed.numbers()))
    return Backtest(rows, len(pasts))


def _places(
    series: Sequence[Series],
    horizon: int,
    layout: Layout,
    windows: int,
    note: Callable[[str], None],
) -> tuple[list[Series], list[Values]]:
    """The past and the actual values of each forecast.

    Raises:
        DataError: a series is too short for one forecast, or no series has values to score.
    """
    pasts: list[Series] = []
    actuals: list[Values] = []
    for each in series:
        season = layout.season_of(len(each) - horizon)
        possible = min(windows, (len(each) - season - 1) // horizon)
        if possible < 1:
            raise DataError(
                f"series `{each.name}` has {len(each)} steps, expected more than a season of "
                f"{season} plus {horizon} to evaluate on",
                hint="provide a longer history",
            )
        for window in range(possible, 0, -1):
            now = len(each) - window * horizon
            actual = each.values[now : now + horizon]
            seen = np.flatnonzero(np.isfinite(each.values[:now]))
            if not np.isfinite(actual).any() or not len(seen):
                note(f"series `{each.name}`: no value in steps {now + 1} to {now + horizon}")
                continue
            pasts.append(each.until(now))
            actuals.append(actual)
    if not pasts:
        raise DataError("no series has values in the steps to evaluate on")
    return pasts, actuals
