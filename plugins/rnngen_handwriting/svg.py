"""Drawings in SVG files: paths, lines and polygons, in document order.

A file is one drawing; if groups have a title, each such group is a drawing with its title as the
text, and what is beside them are drawings without a text. What is not a stroke is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element

import numpy as np

from rnngen import DataError, LeftOut, Source
from rnngen_handwriting import svg_shapes
from rnngen_handwriting.drawing import Drawing
from rnngen_handwriting.markup import children, kind, parse, text_of
from rnngen_handwriting.strokes import Line
from rnngen_handwriting.svg_style import Matrix, Sheet, fitted, hidden, length, moved, sheet
from rnngen_handwriting.svg_style import transform as transform_of

SPACES = ("", "http://www.w3.org/2000/svg")
CONTAINERS = {"svg", "g", "a", "switch"}
SHAPES = {"path", "polyline", "polygon", "line"}
NO_STROKES = {"rect", "circle", "ellipse", "text", "image", "foreignObject", "video"}
"""Elements that are shown, but not drawn by a pen."""

DEEPEST = 200
"""Most groups in groups, and most `use` of `use`."""

MOST = 1_000_000
"""Most elements, those that `use` repeats included."""


@dataclass
class _Group:
    """A drawing in the making."""

    title: str | None
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class _Place:
    """What an element inherits from those around it."""

    matrix: Matrix
    view: tuple[float, float]
    visible: bool = True
    depth: int = 0
    group: _Group | None = None


def read(source: Source, left: LeftOut) -> Iterator[Drawing]:
    """The drawings in a file.

    Args:
        source: the file.
        left: counts what is shown, but is not a stroke.

    Raises:
        DataError: it is not SVG, or an element is damaged; names the element.
        PluginError: svg.path is not installed.
    """
    root = parse(source)
    if kind(root) != "svg":
        raise DataError(f"`{source.name}` begins with `{kind(root)}`, expected `svg`")
    groups = [group for group in _Reader(root, source.name, left).groups() if group.lines]
    where, size = f"`{source.name}`", source.path.stat().st_size
    if not groups:
        raise DataError(
            f"{where} has no strokes: no path, line or polygon that is shown",
            hint="convert texts and shapes to paths, or leave the file out",
        )
    if len(groups) == 1:
        yield Drawing(groups[0].lines, where, size, groups[0].title)
        return
    for number, group in enumerate(groups):
        at = f"{where}, group {number}"
        yield Drawing(group.lines, at, size // len(groups), group.title)


class _Reader:
    """Walks through a document.

    Args:
        root: its `svg`.
        name: file name, for messages.
        left: counts what is left out.
    """

    def __init__(self, root: Element, name: str, left: LeftOut) -> None:
        self._root, self._name, self._left = root, name, left
        self._sheet: Sheet = sheet(root)
        self._titled: set[Element] = set()
        self._above: set[Element] = set()
        self._elements = MOST
        self._found: list[_Group] = []
        self._by_id: dict[str, Element] = {}
        for element in root.iter():
            self._by_id.setdefault(element.get("id", ""), element)
        self._mark(root, 0)

    def groups(self) -> list[_Group]:
        """The drawings, in document order."""
        width, height = self._size()
        place = _Place(np.eye(3), (width, height))
        if self._above:
            self._children(self._root, place)
        else:
            whole = self._new(_title(self._root))
            self._children(self._root, _Place(np.eye(3), (width, height), group=whole))
        return self._found

    def _size(self) -> tuple[float, float]:
        """Width and height of the drawing's coordinates, of which lines may be percentages."""
        try:
            return fitted({"viewBox": self._root.get("viewBox", "")}, (100.0, 100.0))[1]
        except ValueError:
            return 100.0, 100.0

    def _mark(self, element: Element, depth: int) -> bool:
        """Finds the titled groups with nothing titled inside, and what is around them."""
        if depth > DEEPEST:
            raise self._damage(element, f"groups are nested more than {DEEPEST} deep")
        inner = [self._mark(child, depth + 1) for child in element if kind(child) in CONTAINERS]
        if any(inner):
            self._above.add(element)
            return True
        if element is not self._root and kind(element) in ("g", "a") and _title(element):
            self._titled.add(element)
            return True
        return False

    def _new(self, title: str | None) -> _Group:
        group = _Group(title)
        self._found.append(group)
        return group

    def _children(self, element: Element, place: _Place) -> None:
        """Reads what is in a container; beside titled groups, each untitled group is a drawing."""
        loose: _Group | None = None
        for child in list(element)[: 1 if kind(element) == "switch" else None]:
            group = place.group
            if group is None and child not in self._above:
                if child in self._titled:
                    group = self._new(_title(child))
                elif kind(child) in CONTAINERS:
                    group = self._new(None)
                else:
                    group = loose = loose or self._new(None)
            self._read(child, replace(place, group=group))

    def _read(self, element: Element, place: _Place) -> None:
        name = kind(element)
        self._elements -= 1
        if self._elements < 0 or place.depth > DEEPEST:
            raise self._damage(element, "`use` repeats too much of the document")
        if element.tag.rpartition("}")[0].lstrip("{") not in SPACES:
            return
        style = self._sheet.of(element)
        if hidden(style):
            if name in SHAPES | CONTAINERS | {"use"}:
                self._left.add("hidden elements left out", self._name, 1)
            return
        if name in NO_STROKES:
            self._left.add(f"`{name}` left out, which is not a stroke", self._name, 1)
            return
        if name not in SHAPES | CONTAINERS | {"use"}:
            return
        visible = {"visible": True, "hidden": False, "collapse": False}.get(
            style.get("visibility", ""), place.visible
        )
        try:
            here = replace(
                place,
                matrix=place.matrix @ transform_of(element, style),
                visible=visible,
                depth=place.depth + 1,
            )
            self._draw(element, name, style, here)
        except (ValueError, IndexError) as error:
            raise self._damage(element, str(error)) from None

    def _draw(self, element: Element, name: str, style: dict[str, str], place: _Place) -> None:
        if name == "use":
            self._use(element, style, place)
        elif name == "svg":
            matrix, view = fitted(style, place.view)
            self._children(element, replace(place, matrix=place.matrix @ matrix, view=view))
        elif name in CONTAINERS:
            self._children(element, place)
        elif not place.visible or style.get("stroke") == style.get("fill") == "none":
            self._left.add("hidden elements left out", self._name, 1)
        else:
            for points in svg_shapes.lines(element, style, place.view):
                if place.group is not None:
                    matrix = place.matrix
                    place.group.lines.append(points @ matrix[:2, :2].T + matrix[:2, 2])

    def _use(self, element: Element, style: dict[str, str], place: _Place) -> None:
        """Reads what a `use` refers to, in its place."""
        link = element.get("href") or element.get("{http://www.w3.org/1999/xlink}href") or ""
        target = self._by_id.get(link[1:]) if link.startswith("#") and len(link) > 1 else None
        if target is None or target is self._root:
            self._left.add("`use` of something that is not in the file left out", self._name, 1)
            return
        at = [length(style.get(key, "0"), place.view[n]) for n, key in enumerate("xy")]
        matrix = place.matrix @ moved(at[0], at[1])
        inside = replace(place, matrix=matrix)
        if kind(target) != "symbol":
            self._read(target, inside)
            return
        size = {key: value for key, value in style.items() if key in ("width", "height")}
        matrix, view = fitted({**self._sheet.of(target), **size}, place.view)
        self._children(target, replace(inside, matrix=inside.matrix @ matrix, view=view))

    def _damage(self, element: Element, what: str) -> DataError:
        identity = element.get("id")
        which = f"`{kind(element)}`" + (f" with id `{identity}`" if identity else "")
        return DataError(
            f"`{self._name}`: the {which} is damaged: {what}",
            hint="fix it, or leave the file out",
        )


def _title(element: Element) -> str | None:
    """The title of an element, or its label."""
    return text_of(next(children(element, "title"), None)) or element.get("aria-label") or None
