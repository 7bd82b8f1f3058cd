"""Strokes: lines of points, and the standard arrays of offsets.

A drawing is a list of lines, each `[n,2]`, drawn without lifting the pen. Two kinds of arrays hold
the same as offsets from point to point:

- stroke-3 (Graves 2013): (dx, dy, lifted), `lifted` 1 where the pen leaves the paper after it;
- stroke-5 (Ha and Eck 2017): (dx, dy, draws, lifts, ends), exactly one of the last three 1.

The position of a drawing does not matter: both start at the first point, which is not a step.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Line = NDArray[np.float64]
"""Points `[n,2]`, n at least 1, y downwards."""

Steps = NDArray[np.float32]

END = (0.0, 0.0, 0.0, 0.0, 1.0)
"""The step that ends a drawing, and also comes before one."""


def from_lines(lines: Sequence[Line]) -> Steps:
    """Stroke-5 `[n,5]` of lines, without the end.

    A drawing whose first line is a single point begins with a zero offset, after which the pen is
    lifted; otherwise the point would be lost.
    """
    if len(lines[0]) == 1:
        lines = [np.repeat(lines[0], 2, axis=0), *lines[1:]]
    points = np.concatenate(lines)
    lifted = np.zeros(len(points), np.bool_)
    lifted[np.cumsum([len(line) for line in lines]) - 1] = True
    steps = np.zeros((len(points) - 1, 5), np.float32)
    steps[:, :2] = np.diff(points, axis=0)
    steps[:, 2], steps[:, 3] = ~lifted[1:], lifted[1:]
    return steps


def to_lines(steps: NDArray[np.floating] | Sequence[Sequence[float]]) -> list[Line]:
    """Lines of stroke-5, starting at the origin; everything after an end is left out."""
    array = np.asarray(steps, np.float64).reshape(-1, 5)
    ends = np.flatnonzero(array[:, 4] > 0)
    if len(ends):
        array = array[: ends[0]]
    points = np.concatenate([np.zeros((1, 2)), np.cumsum(array[:, :2], axis=0)])
    lines = np.split(points, np.flatnonzero(array[:, 3] > 0) + 2)
    return [line for line in lines if len(line)]


def from_stroke3(array: NDArray[np.number]) -> list[Line]:
    """Lines of stroke-3 `[n,3]`; its first offset is the starting point."""
    points = np.cumsum(array[:, :2].astype(np.float64), axis=0)
    return [line for line in np.split(points, np.flatnonzero(array[:, 2] > 0) + 1) if len(line)]


def to_stroke3(steps: Steps) -> Steps:
    """Stroke-3 `[n+1,3]` of stroke-5 `[n,5]`: the first row is the starting point."""
    array = np.zeros((len(steps) + 1, 3), np.float32)
    array[1:, :2], array[1:, 2] = steps[:, :2], steps[:, 3]
    array[-1, 2] = 1.0
    return array


def from_stroke5(array: NDArray[np.number]) -> list[Line]:
    """Lines of stroke-5 as stored in files: its first offset is the starting point."""
    ends = np.flatnonzero(array[:, 4] > 0)
    inside = array[: ends[0]] if len(ends) else array
    return from_stroke3(inside[:, [0, 1, 3]])
