"""Drawings in SVG files: paths, lines and polygons, in document order.

A file is one drawing; if groups have a `title`, each such group is a drawing with its title as the
text. Curves become lines with a few points each.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from rnngen import DataError, PluginError, Source
from rnngen_handwriting.drawing import Drawing
from rnngen_handwriting.markup import children, kind, parse, text_of
from rnngen_handwriting.strokes import Line

CURVE = 16
"""Pieces per curve; simplification removes the points that are not needed."""

HIDDEN = {"defs", "symbol", "clipPath", "mask", "pattern", "marker", "title", "desc", "metadata"}
LOST = {"text", "use", "image"}
TRANSFORM = re.compile(r"(\w+)\s*\(([^)]*)\)")

Matrix = NDArray[np.float64]
"""`[3,3]`, applied to points as columns."""


def read(source: Source) -> Iterator[Drawing]:
    """The drawings in a file.

    Raises:
        DataError: it is not SVG, a path is damaged, or an element is not a line; names the element.
        PluginError: svg.path is not installed.
    """
    root = parse(source)
    if kind(root) != "svg":
        raise DataError(f"`{source.name}` begins with `{kind(root)}`, expected `svg`")
    where = f"`{source.name}`"
    size = source.path.stat().st_size
    titled = [group for group in children(root, "g") if _title(group)]
    if not titled:
        yield Drawing(list(_lines(root, np.eye(3), where)), where, size, _title(root))
    for number, group in enumerate(titled):
        at = f"{where}, group {number}"
        lines = list(_lines(group, np.eye(3), at))
        yield Drawing(lines, at, size // len(titled), _title(group))


def _title(element: Element) -> str | None:
    return text_of(next(children(element, "title"), None))


def _lines(element: Element, matrix: Matrix, where: str) -> Iterator[Line]:
    name = kind(element)
    if name in HIDDEN:
        return
    if name in LOST:
        raise DataError(f"{where}: a `{name}` element has no lines", hint="convert it to paths")
    matrix = matrix @ _transform(element.get("transform", ""), where)
    for points in _own(element, name, where):
        yield points @ matrix[:2, :2].T + matrix[:2, 2]
    for child in element:
        yield from _lines(child, matrix, where)


def _own(element: Element, name: str, where: str) -> Iterator[Line]:
    """The lines of one element, without its children."""
    try:
        if name == "path":
            yield from _path(element.get("d", ""))
        elif name in ("polyline", "polygon"):
            numbers = [
                float(part) for part in re.split(r"[\s,]+", element.get("points", "").strip())
            ]
            points = np.array(numbers).reshape(-1, 2)
            yield points if name == "polyline" else np.concatenate([points, points[:1]])
        elif name == "line":
            values = [float(element.get(key, "0")) for key in ("x1", "y1", "x2", "y2")]
            yield np.array(values).reshape(2, 2)
        elif name in ("circle", "ellipse", "rect"):
            raise DataError(f"{where}: `{name}` is not supported", hint="convert it to paths")
    except (ValueError, IndexError) as error:
        identity = element.get("id")
        which = f"`{name}`" + (f" with id `{identity}`" if identity else "")
        raise DataError(f"{where}: the {which} is damaged: {error}") from None


def _path(text: str) -> Iterator[Line]:
    try:
        from svg.path import Close, Move, parse_path
        from svg.path import Line as Straight
    except ImportError:
        raise PluginError(
            "SVG files are read with `svg.path`, which is not installed",
            hint='pip install "rnngen[handwriting]"',
        ) from None
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


def _transform(text: str, where: str) -> Matrix:
    """The product of the transforms in an attribute."""
    matrix = np.eye(3)
    for name, arguments in TRANSFORM.findall(text):
        try:
            values = [float(part) for part in re.split(r"[\s,]+", arguments.strip()) if part]
            made = _matrix(name, values)
        except ValueError:
            made = None
        if made is None:
            raise DataError(f"{where}: the transform `{name}({arguments})` is not supported")
        matrix = matrix @ made
    return matrix


def _matrix(name: str, v: list[float]) -> Matrix | None:
    if name == "translate" and len(v) in (1, 2):
        rows = [[1, 0, v[0]], [0, 1, [*v, 0][1]]]
    elif name == "scale" and len(v) in (1, 2):
        rows = [[v[0], 0, 0], [0, v[-1], 0]]
    elif name == "matrix" and len(v) == 6:
        rows = [[v[0], v[2], v[4]], [v[1], v[3], v[5]]]
    elif name == "rotate" and len(v) in (1, 3):
        angle = math.radians(v[0])
        cos, sin = math.cos(angle), math.sin(angle)
        x, y = v[1:] if len(v) == 3 else (0.0, 0.0)
        rows = [[cos, -sin, x - cos * x + sin * y], [sin, cos, y - sin * x - cos * y]]
    else:
        return None
    return np.array([*rows, [0, 0, 1]], np.float64)
