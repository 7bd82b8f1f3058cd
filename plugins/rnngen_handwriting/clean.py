"""Cleans lines: rejects damaged points, removes spikes, scales hands to one size, simplifies.

The size of a hand is the standard deviation of its heights, which depends neither on the length of
a text nor on the sampling rate of a tablet.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rnngen import DataError
from rnngen_handwriting.strokes import Line

ABSURD = 10_000.0
"""In median offsets of a drawing: no pen jumps this far, but a damaged number does."""

BACK = -0.8
"""The second of two offsets goes back if the cosine of their angle is below this."""


def check(lines: Sequence[Line], where: str) -> None:
    """Raises DataError for an invalid drawing, naming `where` and the point."""
    points = np.concatenate(list(lines)) if lines else np.zeros((0, 2))
    bad = np.flatnonzero(~np.isfinite(points).all(1))
    if len(bad):
        raise DataError(
            f"{where}: point {bad[0]} is not a finite number",
            hint="fix the drawing or leave it out",
        )
    if len(points) < 2:
        raise DataError(
            f"{where} has {len(points)} point{'' if len(points) == 1 else 's'}, expected two or "
            "more",
            hint="leave out drawings with a single point",
        )
    offsets = np.hypot(*np.diff(points, axis=0).T)
    moved = offsets[offsets > 0]
    if not len(moved):
        raise DataError(
            f"{where} has all its {len(points)} points in one place", hint="leave the drawing out"
        )
    far = np.flatnonzero(offsets > ABSURD * np.median(moved))
    if len(far):
        raise DataError(
            f"{where}: the pen jumps {offsets[far[0]]:g} units to point {far[0] + 1}, "
            f"{offsets[far[0]] / np.median(moved):.0f} times its usual offset",
            hint="the number may be damaged: fix the drawing or leave it out",
        )


def size(lines: Sequence[Line]) -> float:
    """The standard deviation of heights, or of horizontal positions for a flat line."""
    points = np.concatenate(list(lines))
    wide, high = points.std(0)
    return float(high if high > 0.05 * wide else wide)


def despike(line: Line, factor: float) -> Line:
    """The line without points that the pen jumps to and straight back from.

    Args:
        line: `[n,2]`.
        factor: least size of both jumps, in median offsets of the line.
    """
    if factor == 0 or len(line) < 4:
        return line
    offsets = np.diff(line, axis=0)
    far = np.hypot(*offsets.T)
    usual = np.median(far)
    into, out = far[:-1], far[1:]
    back = (offsets[:-1] * offsets[1:]).sum(1) < BACK * into * out
    spikes = back & (np.minimum(into, out) > factor * max(usual, 1e-12))
    kept: Line = line[np.concatenate([[True], ~spikes, [True]])]
    return kept


def simplify(line: Line, tolerance: float) -> Line:
    """A simplified line that no dropped point is further from than `tolerance`.

    Ramer 1972, Douglas and Peucker 1973: the farthest point of a stretch is kept, and both halves
    are treated in the same way. Endpoints stay.
    """
    if tolerance == 0:
        return line
    kept = np.zeros(len(line), np.bool_)
    kept[[0, -1]] = True
    stretches = [(0, len(line) - 1)]
    while stretches:
        first, last = stretches.pop()
        if last - first < 2:
            continue
        apart = distances(line[first + 1 : last], line[first], line[last])
        farthest = int(apart.argmax())
        if apart[farthest] > tolerance:
            middle = first + 1 + farthest
            kept[middle] = True
            stretches += [(first, middle), (middle, last)]
    simpler: Line = line[kept]
    return simpler


def distances(points: Line, start: Line, stop: Line) -> NDArray[np.float64]:
    """Distances `[n]` of `points [n,2]` from the straight line between two points."""
    along, apart = stop - start, points - start
    length = float(along @ along)
    share = np.clip(apart @ along / length, 0, 1) if length > 0 else np.zeros(len(points))
    found: NDArray[np.float64] = np.hypot(*(apart - share[:, None] * along).T)
    return found
