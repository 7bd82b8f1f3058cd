"""The task matrices as a picture: a panel for each method, one colour scale for all.

Read down a column: the task is learned in the framed cell, and what happens to it later stands
below. The row of the untrained model is outside of the scale, which would else show little but it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.metrics.figures import new_figure, save_figure
from rnngen.verbs.continual.methods import JOINT, SINGLE
from rnngen.verbs.continual.result import Comparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize

COLORS = "viridis_r"
"""Perceptually uniform, and readable without colour; dark is bad."""

LONGEST = 14
"""Characters of a task's name beside a panel."""

TILTED = 8
"""Characters of a name from which the names below a panel are written at a slant."""

ACROSS = 4
"""Panels in a row of the picture, at most."""


@dataclass(frozen=True)
class Panel:
    """One method.

    Args:
        title: its name.
        rows: what was learned before each row was measured.
        columns: the tasks.
        bits: `[rows][columns]`, bits per token.
        framed: cells (row, column) where a task had just been learned.
    """

    title: str
    rows: Sequence[str]
    columns: Sequence[str]
    bits: Sequence[Sequence[float]]
    framed: Sequence[tuple[int, int]]


def panels(result: Comparison) -> list[Panel]:
    """The panels of all methods that have a whole matrix, in the given order of tasks."""
    tasks = [_short(name) for name in result.tasks]
    found = []
    for method in result.methods:
        bits = result.matrix(method)
        if bits is None or method.name in result.failed:
            continue
        diagonal = [(1 + task, task) for task in range(len(tasks))]
        if method.name == JOINT:
            rows, diagonal = ["all together"], [(1, task) for task in range(len(tasks))]
        elif method.name == SINGLE:
            rows = [f"only {name}" for name in tasks]
        else:
            rows = [f"{'then ' if place else ''}{name}" for place, name in enumerate(tasks)]
        summary = result.summary(method).get("gap_recovered")
        won = "" if summary is None or method.is_baseline else f", gap {100 * summary.mean:.0f} %"
        found.append(Panel(method.name + won, ["untrained", *rows], tasks, bits, diagonal))
    return found


def save_heatmap(drawn: Sequence[Panel], path: Path) -> None:
    """Draws the panels.

    Args:
        drawn: at least one.
        path: the PNG.

    Raises:
        PluginError: matplotlib is not installed.
        RunError: the file can't be written.
    """
    tasks = max(len(panel.columns) for panel in drawn)
    down = math.ceil(len(drawn) / ACROSS)
    across = math.ceil(len(drawn) / down)
    wide, tall = 1.7 + 0.62 * tasks, 1.25 + 0.42 * (tasks + 1)
    figure = new_figure(max(across * wide + 0.9, 5.0), down * tall + 0.7)
    from matplotlib.colors import Normalize

    trained = [bits for panel in drawn for row in panel.bits[1:] for bits in row]
    low, high = min(trained), max(trained)
    scale = Normalize(low, high if high > low else low + 1.0)
    grid = figure.subplots(down, across, squeeze=False)
    places = list(grid.flat)
    for panel, axes in zip(drawn, places, strict=False):
        _draw(axes, panel, scale)
        # Cells are as tall everywhere, also where all tasks are learned in one row.
        axes.set_ylim(tasks + 0.5, -0.5)
    for axes in places[len(drawn) :]:
        axes.set_axis_off()
    from matplotlib.cm import ScalarMappable

    bar = figure.colorbar(
        ScalarMappable(scale, COLORS), ax=places, shrink=0.9 if down == 1 else 0.6, aspect=30
    )
    bar.set_label("bits per token (lower is better)")
    figure.supxlabel(
        "measured on the held-out part of each task (framed: where it was just learned)",
        fontsize=10,
    )
    figure.supylabel("after learning", fontsize=10)
    save_figure(figure, path)


def _draw(axes: Axes, panel: Panel, scale: Normalize) -> None:
    from matplotlib import colormaps
    from matplotlib.patches import Rectangle

    colors = colormaps[COLORS]
    shades: list[list[Any]] = [[colors(scale(bits)) for bits in row] for row in panel.bits]
    shades[0] = [(0.93, 0.93, 0.93, 1.0)] * len(panel.columns)
    axes.imshow(shades, aspect="auto")
    for row, cells in enumerate(panel.bits):
        for column, bits in enumerate(cells):
            red, green, blue, _ = shades[row][column]
            bright = 0.299 * red + 0.587 * green + 0.114 * blue > 0.55
            axes.text(
                column,
                row,
                f"{bits:.2f}",
                ha="center",
                va="center",
                fontsize=9,
                color="black" if bright else "white",
            )
    for row, column in panel.framed:
        axes.add_patch(
            Rectangle((column - 0.47, row - 0.46), 0.94, 0.92, fill=False, color="#d62f00", lw=1.6)
        )
    axes.set_title(panel.title, loc="left", fontsize=11, fontweight="bold")
    tilted = max(map(len, panel.columns)) > TILTED
    axes.set_xticks(
        range(len(panel.columns)),
        panel.columns,
        rotation=30 if tilted else 0,
        ha="right" if tilted else "center",
        fontsize=8,
    )
    axes.set_yticks(range(len(panel.rows)), panel.rows, fontsize=8)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
