"""Fan charts: the observed past of a series, and the quantiles of its forecast."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from rnngen import PluginError, saving, write_atomically
from rnngen_series.metrics import LEVELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnngen_series.record import Series

PANELS = 6
"""Most series in a chart."""
SEEN = 3
"""The past shown, in horizons; at least three seasons."""
COLOUR = "#0b3c8c"


class Outlook(Protocol):
    """The parts of a forecast that a chart shows."""

    @property
    def series(self) -> Sequence[Series]:
        """The observed past."""

    @property
    def paths(self) -> NDArray[np.float64]:
        """Sampled paths, `[series, samples, horizon]`."""

    @property
    def quantiles(self) -> NDArray[np.float64]:
        """Quantiles, `[series, levels, horizon]`."""


def save_chart(outlook: Outlook, path: Path) -> None:
    """Plots the first few series of a forecast.

    Raises:
        PluginError: matplotlib is not installed.
        RunError: the file can't be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise PluginError(
            "pictures need matplotlib, which is not installed", hint='`pip install "rnngen[plots]"`'
        ) from None
    shown = outlook.series[:PANELS]
    columns = 1 if len(shown) == 1 else 2
    lines = -(-len(shown) // columns)
    figure = Figure((4.5 * columns + 2.5 * (columns == 1), 2.6 * lines), 110, layout="constrained")
    panels = figure.subplots(lines, columns, squeeze=False).flatten()
    for place, axes in enumerate(panels):
        if place < len(shown):
            _draw(axes, outlook, place)
        else:
            axes.set_axis_off()
    lines_and_bands = panels[0].get_legend_handles_labels()
    figure.legend(*lines_and_bands, frameon=False, fontsize=7, loc="outside lower center", ncols=4)
    if len(outlook.series) > len(shown):
        figure.suptitle(f"{len(shown)} of {len(outlook.series)} series", fontsize=9)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    with saving(path):
        write_atomically(path, picture.getvalue())


def _draw(axes: Any, outlook: Outlook, place: int) -> None:
    series, horizon = outlook.series[place], outlook.paths.shape[2]
    seen = min(len(series), max(SEEN * horizon, 3 * series.frequency.season))
    first, now = len(series) - seen, len(series)
    past, future = series.local(first, now), series.local(now - 1, now + horizon)
    quantiles = outlook.quantiles[place]
    # The fan starts at the last value.
    last = series.values[-1]
    fan = np.concatenate([np.full((len(LEVELS), 1), last), quantiles], 1)
    half = len(LEVELS) // 2
    for low in range(half):
        share = round(100 * (LEVELS[-1 - low] - LEVELS[low]))
        label = f"{share} %" if low in (0, half - 1) else None
        axes.fill_between(
            future, fan[low], fan[-1 - low], color=COLOUR, alpha=0.16, linewidth=0, label=label
        )
    axes.plot(past, series.values[first:], color="0.25", linewidth=0.9, label="seen")
    axes.plot(future, fan[half], color=COLOUR, linewidth=1.2, label="median")
    axes.set_title(series.name, loc="left", fontsize=9)
    axes.tick_params(labelsize=7)
    axes.grid(color="0.92", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if past.dtype.kind == "M":
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        locator = AutoDateLocator(maxticks=6)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
