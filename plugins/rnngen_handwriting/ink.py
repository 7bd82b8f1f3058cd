"""Drawings in InkML (W3C 2011).

The traces in a file are one drawing; if groups have their own texts, each such group is one, and
what is beside them are drawings without a text. An `annotation` of type `truth`, `label` or
`transcription` holds the text, one of type `writer` or `writerid` the writer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element

import numpy as np

from rnngen import DataError, LeftOut, Source
from rnngen_handwriting import iam, ink_trace
from rnngen_handwriting.drawing import Drawing
from rnngen_handwriting.ink_format import ID, Format, Formats
from rnngen_handwriting.markup import children, kind, parse, text_of, within
from rnngen_handwriting.strokes import Line

TEXTS = {"truth", "label", "transcription"}
WRITERS = {"writer", "writerid"}

DEEPEST = 200
"""Most groups in groups, and most views of views."""


@dataclass
class _Group:
    """A drawing in the making: its traces, in order, by the ids of their beginnings."""

    text: str | None
    writer: str | None
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class _Place:
    """What a trace inherits from the groups around it."""

    form: Format
    writer: str | None
    group: _Group | None = None
    depth: int = 0


def read(source: Source, left: LeftOut) -> Iterator[Drawing]:
    """The drawings in a file.

    Args:
        source: the file.
        left: counts what is not read.

    Raises:
        DataError: it is not InkML or IAM XML, or a trace is damaged; names the trace.
    """
    root = parse(source)
    size = source.path.stat().st_size
    if kind(root) == "ink":
        return iter(_drawings(root, source.name, size, left))
    sets = list(within(root, "StrokeSet"))
    if sets:
        return iter([iam.drawing(root, sets, source.name, size)])
    raise DataError(
        f"`{source.name}` begins with `{kind(root)}`, expected InkML (`ink`) or a `StrokeSet` as "
        "in IAM"
    )


def _drawings(root: Element, file: str, size: int, left: LeftOut) -> list[Drawing]:
    groups = [group for group in _Reader(root, file, left).groups() if group.lines]
    if len(groups) < 2:
        only = groups[0] if groups else _Group(None, None)
        return [Drawing(only.lines, f"`{file}`", size, only.text, only.writer)]
    return [
        Drawing(
            group.lines, f"`{file}`, group {number}", size // len(groups), group.text, group.writer
        )
        for number, group in enumerate(groups)
    ]


class _Reader:
    """Walks through a document.

    Args:
        root: its `ink`.
        file: its name, for messages.
        left: counts what is not read.
    """

    def __init__(self, root: Element, file: str, left: LeftOut) -> None:
        self._root, self._file, self._left = root, file, left
        self._formats = Formats(root, file)
        self._above: set[Element] = set()
        self._labelled: set[Element] = set()
        self._found: list[_Group] = []
        self._number = 0
        self._lines: dict[str, tuple[_Group, int]] = {}
        self._defined = {each for found in children(root, "definitions") for each in found.iter()}
        self._mark(root, 0)

    def groups(self) -> list[_Group]:
        """The drawings, in document order."""
        writer = _annotation(self._root, WRITERS)
        place = _Place(self._formats.default, writer)
        if not self._above:
            place = replace(place, group=self._new(_annotation(self._root, TEXTS), writer))
        self._children(self._root, place)
        return self._found

    def _mark(self, element: Element, depth: int) -> bool:
        """Finds the labelled groups with nothing labelled inside, and what is around them."""
        if depth > DEEPEST:
            raise DataError(f"`{self._file}`: groups are nested more than {DEEPEST} deep")
        inner = [self._mark(child, depth + 1) for child in children(element, "traceGroup")]
        if any(inner):
            self._above.add(element)
            return True
        held = next(within(element, "trace"), None) is not None
        if element is not self._root and held and _annotation(element, TEXTS):
            self._labelled.add(element)
            return True
        return False

    def _new(self, text: str | None, writer: str | None) -> _Group:
        group = _Group(text, writer)
        self._found.append(group)
        return group

    def _children(self, element: Element, place: _Place) -> None:
        """Reads a group; beside labelled groups, each unlabelled group is a drawing."""
        loose: _Group | None = None
        for child in element:
            name, group = kind(child), place.group
            if name == "context" and child.get(ID) is None:
                # It holds for all traces after it.
                place = replace(place, form=self._formats.context(child, place.form))
            if name not in ("trace", "traceGroup", "traceView"):
                continue
            writer = _annotation(child, WRITERS) or place.writer
            if group is None and child not in self._above:
                if child in self._labelled:
                    group = self._new(_annotation(child, TEXTS), writer)
                elif name == "traceGroup":
                    group = self._new(None, writer)
                else:
                    group = loose = loose or self._new(None, place.writer)
            form = self._formats.of(child, place.form)
            inside = replace(place, form=form, writer=writer, group=group, depth=place.depth + 1)
            self._read(child, name, inside)

    def _read(self, element: Element, name: str, place: _Place) -> None:
        if name == "traceGroup":
            self._children(element, place)
        elif name == "trace":
            self._trace(element, place)
        else:
            self._view(element, place)

    def _view(self, element: Element, place: _Place) -> None:
        """Reads the traces that a view refers to; others than definitions are read in place."""
        target = self._formats.named(element.get("traceDataRef", ""))
        if target is None or target not in self._defined or place.depth > DEEPEST:
            return
        if element.get("from") or element.get("to"):
            self._left.add("parts of traces by `from` and `to` read whole", self._file, 1)
        form = self._formats.of(target, place.form)
        self._read(target, kind(target), replace(place, form=form, depth=place.depth + 1))

    def _trace(self, trace: Element, place: _Place) -> None:
        where = f"`{self._file}`, trace {self._number}"
        self._number += 1
        if trace.get("type") == "penUp" or place.group is None:
            return
        line = ink_trace.points(trace.text or "", place.form, where)
        before = self._lines.get(trace.get("priorRef", "").removeprefix("#"))
        if trace.get("continuation") in ("middle", "end") and before is None:
            self._left.add("traces that continue an unknown one read as new ones", self._file, 1)
        if before is None:
            before = place.group, len(place.group.lines)
            place.group.lines.append(line)
        else:
            group, number = before
            group.lines[number] = np.concatenate([group.lines[number], line])
        name = trace.get(ID) or trace.get("id")
        if name:
            self._lines[name] = before


def _annotation(element: Element, kinds: set[str]) -> str | None:
    for each in children(element, "annotation"):
        if str(each.get("type")).lower() in kinds:
            return text_of(each)
    return None
