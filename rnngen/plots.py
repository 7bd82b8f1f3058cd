"""Learning curves: text for a terminal, PNG for people, from the rows of `metrics.jsonl`.

matplotlib draws the PNG; it is an extra (`pip install "rnngen[plots]"`) and imported only there.
"""

from __future__ import annotations

import io
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rnngen.atomic import write_atomically, write_failure
from rnngen.errors import PluginError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOSS = "loss (nats per token)"
GLYPHS = {True: ("●", "◆", "│", "─", "└"), False: ("o", "X", "|", "-", "+")}
"""With and without Unicode: a validation, the best one, the axes, their corner."""
BRAILLE = 0x2800
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot of a braille character, by row and column."""


@dataclass(frozen=True)
class Point:
    """A loss, and where in the run it was measured."""

    step: float
    loss: float
    tokens: float = math.nan
    seconds: float = math.nan


@dataclass(frozen=True)
class Curve:
    """What is drawn of a run.

    Args:
        train: losses of training, smoothed as the run wrote them.
        valid: losses of validation.
        tasks: name and first step of each task, where there are several.
    """

    train: Sequence[Point] = ()
    valid: Sequence[Point] = ()
    tasks: Sequence[tuple[str, float]] = field(default=())

    @property
    def best(self) -> Point | None:
        """The lowest validation; None where there is none, or where tasks are not comparable."""
        if not self.valid or self.tasks:
            return None
        return min(self.valid, key=lambda point: point.loss)

    def __bool__(self) -> bool:
        return bool(self.train or self.valid)


def curve(rows: Iterable[Mapping[str, Any]]) -> Curve:
    """The curve in rows of metrics; losses that are no finite number are left out."""
    parts: dict[str, list[Point]] = {"train": [], "valid": []}
    tasks: list[tuple[str, float]] = []
    task = None
    for row in rows:
        split, step = row.get("split"), _number(row.get("step"))
        if split not in parts or not math.isfinite(step):
            continue
        if row.get("task") != task:
            task = row.get("task")
            tasks.append((str(task), step))
        loss = _number(row.get("loss"))
        if math.isfinite(loss):
            tokens, seconds = _number(row.get("tokens")), _number(row.get("seconds"))
            parts[split].append(Point(step, loss, tokens, seconds))
    return Curve(parts["train"], parts["valid"], tasks if len(tasks) > 1 else ())


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def can_draw_unicode(stream: TextIO) -> bool:
    """Whether a stream shows braille and blocks, as far as one can know."""
    if os.environ.get("TERM") in ("dumb", "linux"):
        return False
    try:
        "⣿●◆─".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


# In the terminal


def text_chart(curve: Curve, width: int = 72, height: int = 12, *, unicode: bool = True) -> str:
    """The curve in characters: training as a fine line, validations as marks on top of it.

    Args:
        curve: not empty.
        width: columns of the whole chart, at least 30.
        height: rows of the plotted part, at least 4.
        unicode: braille and geometric marks; else ASCII.
    """
    valid, best, vertical, horizontal, corner = GLYPHS[unicode]
    points = [*curve.train, *curve.valid]
    low, high = min(p.loss for p in points), max(p.loss for p in points)
    high = high if high > low else low + 1.0
    first, last = min(p.step for p in points), max(p.step for p in points)
    last = last if last > first else first + 1.0
    ticks = {row: high - (high - low) * row / (height - 1) for row in (0, height // 2, height - 1)}
    labels = {row: f"{value:.2f}" for row, value in ticks.items()}
    margin = max(len(label) for label in labels.values()) + 1
    columns = max(width, 30) - margin - 1

    def place(point: Point, wide: int, tall: int) -> tuple[int, int]:
        x = (point.step - first) / (last - first)
        y = (high - point.loss) / (high - low)
        return round(x * (wide - 1)), round(y * (tall - 1))

    fine = (2, 4) if unicode else (1, 1)
    grid = _line([place(p, columns * fine[0], height * fine[1]) for p in curve.train], fine)
    cells = {at: chr(BRAILLE + bits) if unicode else "." for at, bits in grid.items()}
    cells |= {place(p, columns, height): valid for p in curve.valid}
    if curve.best:
        cells[place(curve.best, columns, height)] = best
    lines = ["nats per token"]
    for row in range(height):
        content = "".join(cells.get((column, row), " ") for column in range(columns))
        lines.append(f"{labels.get(row, ''):>{margin}}{vertical}{content}".rstrip())
    lines.append(" " * margin + corner + horizontal * columns)
    begin, end = f"{first:,.0f}", f"{last:,.0f} steps"
    lines.append(" " * (margin + 1) + begin + end.rjust(columns - len(begin)))
    lines.append(_legend(curve, unicode))
    return "\n".join(lines) + "\n"


def _line(points: Sequence[tuple[int, int]], fine: tuple[int, int]) -> dict[tuple[int, int], int]:
    """Cells that a line through dots passes, with the braille bits of its dots."""
    grid: dict[tuple[int, int], int] = {}
    for start, end in zip(points, [*points[1:], points[-1]] if points else [], strict=True):
        length = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
        for part in range(length + 1):
            x = start[0] + round((end[0] - start[0]) * part / length)
            y = start[1] + round((end[1] - start[1]) * part / length)
            cell = (x // fine[0], y // fine[1])
            grid[cell] = grid.get(cell, 0) | DOTS[y % fine[1]][x % fine[0]]
    return grid


def _legend(curve: Curve, unicode: bool) -> str:
    valid, best, *_ = GLYPHS[unicode]
    parts = []
    if curve.train:
        parts.append(f"{'⠒⠒' if unicode else '..'} train")
    if curve.valid:
        parts.append(f"{valid} valid")
    if curve.best:
        parts.append(f"{best} best valid {curve.best.loss:.4f} at step {curve.best.step:,.0f}")
    return "   ".join(parts)


# As PNG


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
        label = f"best valid {curve.best.loss:.4f} at step {curve.best.step:,.0f}"
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
    """Draws the validation curves of runs (training, where there is no validation) beside another.

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
    """An empty figure of so many inches; PluginError where matplotlib is not installed."""
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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, picture.getvalue())
    except OSError as error:
        raise write_failure(path, error, "no picture was drawn") from error
