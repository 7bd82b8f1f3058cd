"""A curve drawn in characters."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TextIO

from rnngen.metrics.curves import Curve, Point
from rnngen.metrics.shown import fixed

GLYPHS = {True: ("●", "◆", "│", "─", "└"), False: ("o", "X", "|", "-", "+")}
"""With and without Unicode: a validation, the best one, the axes, their corner."""


NARROWEST = 30
"""The fewest columns that a chart needs."""


BRAILLE = 0x2800


DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot of a braille character, by row and column."""


def can_draw_unicode(stream: TextIO) -> bool:
    """Whether a stream shows braille and blocks, as far as one can know."""
    if os.environ.get("TERM") in ("dumb", "linux"):
        return False
    try:
        "⣿●◆─".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def text_chart(curve: Curve, width: int = 72, height: int = 12, *, unicode: bool = True) -> str:
    """The curve in characters: training as a fine line, validations as marks on top of it.

    Args:
        curve: not empty.
        width: columns of the whole chart, at least `NARROWEST`.
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
    labels = {row: fixed(value, 2) for row, value in ticks.items()}
    margin = max(len(label) for label in labels.values()) + 1
    columns = max(width, NARROWEST) - margin - 1

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
        parts.append(
            f"{best} best valid {fixed(curve.best.loss, 4)} at step {curve.best.step:,.0f}"
        )
    return "   ".join(parts)
