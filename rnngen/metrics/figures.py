"""Curves and comparisons as PNG.

matplotlib draws them; it is an extra (`pip install "rnngen[plots]"`) and imported only here.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.contracts.errors import PluginError
from rnngen.files.atomic import saving, write_atomically
from rnngen.metrics.curves import Curve, Point
from rnngen.metrics.shown import fixed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


LOSS = "loss (nats per token)"


def save_curve(curve: Curve, path: Path, title: str) -> None:
    """Draws the learning curve of one run.

    Raises:
        PluginError: matplotlib is not installed.
        RunError: the file can't be written.
    """
    figure = new_figure(8.0, 4.5)
    axes = figure.add_subplot()
    axes.set_title(title, loc="left")
    if curve.train:
        steps, losses = _xy(curve.train, "step")
        axes.plot(steps, losses, color="0.55", linewidth=1.0, label="train")
    if curve.valid:
        steps, losses = _xy(curve.valid, "step")
        axes.plot(
            steps, losses, color="#0b3c8c", linewidth=1.8, marker="o", markersize=4, label="valid"
        )
    if curve.best:
        label = f"best valid {fixed(curve.best.loss, 4)} at step {curve.best.step:,.0f}"
        axes.plot(
            [curve.best.step],
            [curve.best.loss],
            marker="*",
            markersize=15,
            color="#c23b00",
            linestyle="none",
            label=label,
        )
    for name, step in curve.tasks:
        axes.axvline(step, color="0.3", linewidth=0.8, linestyle=":")
        axes.annotate(
            f" {name}", (step, 1.0), xycoords=("data", "axes fraction"), va="top", fontsize=8
        )
    _finish_axes(axes, "optimizer steps")
    bits = axes.secondary_yaxis("right", functions=(_to_bits, _to_nats))
    bits.set_ylabel("bits per token")
    axes.legend(frameon=False)
    save_figure(figure, path)


def save_comparison(curves: Mapping[str, Curve], path: Path) -> None:
    """Draws the validation curves of runs (training, where there is no validation) together.

    On the left over tokens read, on the right over seconds of training.

    Raises:
        PluginError: matplotlib is not installed.
        RunError: the file can't be written.
    """
    figure = new_figure(11.0, 4.8 + 0.2 * math.ceil(len(curves) / 3))
    panels = figure.subplots(1, 2, sharey=True)
    styles = cycle(["-", "--", "-.", ":"])
    # Markers and line styles run through cycles of different length: no two look alike soon.
    markers = cycle(["o", "s", "^", "D", "v", "P", "X"])
    for (name, one), style, marker in zip(curves.items(), styles, markers, strict=False):
        points = one.valid or one.train
        label = name if one.valid else f"{name} (train)"
        for axes, unit in zip(panels, ("tokens", "seconds"), strict=True):
            x, losses = _xy(points, unit)
            every = max(1, len(x) // 12)
            axes.plot(
                x,
                losses,
                linestyle=style,
                marker=marker,
                markersize=4,
                markevery=every,
                label=label,
            )
    # Every run falls steeply at first; what tells them apart is further down.
    later = [p.loss for one in curves.values() for p in _after_a_tenth(one.valid or one.train)]
    lowest, highest = min(later), max(later)
    panels[0].set_ylim(lowest - 0.05 * (highest - lowest) - 1e-3, highest + 0.1 * highest)
    _finish_axes(panels[0], "tokens read")
    _finish_axes(panels[1], "seconds of training")
    panels[1].set_ylabel("")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    save_figure(figure, path)


def _after_a_tenth(points: Sequence[Point]) -> Sequence[Point]:
    return [point for point in points if point.step >= 0.1 * points[-1].step]


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of this many inches; PluginError where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PluginError(
            "pictures need matplotlib, which is not installed",
            hint='`pip install "rnngen[plots]"`',
        ) from error
    return Figure(figsize=(width, height), dpi=120, layout="constrained")


def _finish_axes(axes: Axes, unit: str) -> None:
    from matplotlib.ticker import EngFormatter

    axes.set_xlabel(unit)
    axes.set_ylabel(LOSS)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.grid(color="0.9", linewidth=0.6)
    axes.spines["top"].set_visible(False)
    axes.spines["right"].set_visible(False)


def _xy(points: Sequence[Point], unit: str) -> tuple[list[float], list[float]]:
    return [getattr(point, unit) for point in points], [point.loss for point in points]


def _to_bits(nats: Any) -> Any:
    return nats / math.log(2)


def _to_nats(bits: Any) -> Any:
    return bits * math.log(2)


def save_figure(figure: Figure, path: Path) -> None:
    """Writes a figure as PNG; RunError where it can't be."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    with saving(path, "no picture was drawn"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, picture.getvalue())
