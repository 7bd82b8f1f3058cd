"""Lines of single SVG elements: paths, lines and polygons. Curves become a few points each."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

import numpy as np

from rnngen import PluginError
from rnngen_handwriting.markup import kind
from rnngen_handwriting.strokes import Line
from rnngen_handwriting.svg_style import length, numbers

CURVE = 16
"""Pieces per curve; simplification removes the points that are not needed."""


def lines(element: Element, style: dict[str, str], view: tuple[float, float]) -> Iterator[Line]:
    """The lines of one element, without its children; none if it is of another kind.

    Args:
        element: the element.
        style: its style.
        view: width and height of what it stands in.

    Raises:
        ValueError, IndexError: a number in it is damaged.
        PluginError: svg.path is not installed.
    """
    name = kind(element)
    if name == "path":
        yield from _path(style.get("d", ""))
    elif name in ("polyline", "polygon"):
        points = np.array(numbers(element.get("points", "")), np.float64).reshape(-1, 2)
        if len(points):
            yield points if name == "polyline" else np.concatenate([points, points[:1]])
    elif name == "line":
        values = [
            length(element.get(key, "0"), view[place])
            for key, place in (("x1", 0), ("y1", 1), ("x2", 0), ("y2", 1))
        ]
        yield np.array(values).reshape(2, 2)


def _path(text: str) -> Iterator[Line]:
    try:
        from svg.path import Close, Move, parse_path
        from svg.path import Line as Straight
    except ImportError:
        raise PluginError(
            "SVG files are read with `svg.path`, which is not installed",
            hint='pip install "rnngen[handwriting]"',
        ) from None
    if text.strip().lower() in ("", "none"):
        return
    if text.startswith("path("):
        text = text[5:].strip("\"') ")
    points: list[complex] = []
    for segment in parse_path(text):
        if isinstance(segment, Move):
            if points:
                yield _points(points)
            points = [segment.end]
        elif isinstance(segment, Straight | Close):
            points.append(segment.end)
        else:
            points += [segment.point(n / CURVE) for n in range(1, CURVE + 1)]
    if points:
        yield _points(points)


def _points(points: list[complex]) -> Line:
    array = np.array(points)
    return np.stack([array.real, array.imag], 1)
