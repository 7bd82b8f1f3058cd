"""A forecast of many series: quantiles and means, as a table and as a fan chart."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen import PluginError, UsageError, saving, write_atomically
from rnngen_series.metrics import LEVELS
from rnngen_series.record import Series

DIGITS, MOST_DIGITS = 7, 16
"""Significant digits of the numbers in the CSV file; more where changes are small beside values."""


@dataclass(frozen=True)
class Outlook:
    """Sampled forecasts of several series.

    Args:
        series: the observed past.
        paths: `[series, samples, horizon]` float64.
    """

    series: Sequence[Series]
    paths: NDArray[np.float64]

    @property
    def quantiles(self) -> NDArray[np.float64]:
        """Quantiles `[series, levels, horizon]`, at levels 0.1 to 0.9."""
        made: NDArray[np.float64] = np.quantile(self.paths, LEVELS, axis=1).swapaxes(0, 1)
        return made

    def rows(self) -> list[dict[str, Any]]:
        """One row per series and time stamp: `series`, `time`, `mean`, and `0.1` to `0.9`."""
        quantiles, means = self.quantiles, self.paths.mean(1)
        made: list[dict[str, Any]] = []
        for place, series in enumerate(self.series):
            stamps = series.shown(len(series), len(series) + self.paths.shape[2])
            digits = _digits(series.values, self.paths[place])
            for step, stamp in enumerate(stamps):
                levels = quantiles[place, :, step]
                made.append(
                    {
                        "series": series.name,
                        "time": stamp,
                        "mean": _rounded(means[place, step], digits),
                        **{
                            str(p): _rounded(q, digits) for p, q in zip(LEVELS, levels, strict=True)
                        },
                    }
                )
        return made

    def show(self) -> str:
        """The table as CSV."""
        text = io.StringIO()
        rows = self.rows()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()

    def write(self, path: Path, note: Callable[[str], None]) -> list[Path]:
        """Writes the table as CSV and the chart next to it as PNG; returns the files written.

        Args:
            path: the CSV file, or a folder that gets `forecast.csv`.
            note: told why there is no chart when `matplotlib` is not installed.

        Raises:
            UsageError: the path has another suffix, or its folder does not exist.
            RunError: a file can't be written.
        """
        if path.is_dir() or not path.suffix:
            with saving(path):
                path.mkdir(parents=True, exist_ok=True)
            path = path / "forecast.csv"
        if path.suffix.lower() != ".csv":
            raise UsageError(
                f"`{path}`: a forecast is written as CSV, with a chart next to it",
                hint=f"`--out {path.with_suffix('.csv')}`",
            )
        with saving(path):
            write_atomically(path, self.show().encode())
        from rnngen_series.chart import save_chart

        picture = path.with_suffix(".png")
        try:
            save_chart(self, picture)
        except PluginError as error:
            note(f"no chart: {error.message}; {error.hint}")
            return [path]
        return [path, picture]


def _digits(past: NDArray[np.float64], paths: NDArray[np.float64]) -> int:
    """Significant digits that show the changes of a series, also far above 0."""
    changes = np.abs(np.diff(past[np.isfinite(past)]))
    change = float(changes.mean()) if len(changes) and changes.any() else 0.0
    size = float(np.abs(paths).max())
    if not change or not np.isfinite(size) or size <= change:
        return DIGITS
    return min(MOST_DIGITS, DIGITS + int(np.log10(size / change)))


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")
