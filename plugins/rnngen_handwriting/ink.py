"""Drawings in InkML (W3C 2011), and in the XML of the IAM On-Line Handwriting Database.

InkML: the traces in a file are one drawing; if groups have their own texts, each group is one.
An `annotation` of type `truth`, `label` or `transcription` holds the text, one of type `writer` or
`writerid` the writer. IAM: a `StrokeSet` holds the strokes, a `Transcription` the text, a `Form`
the writer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import numpy as np

from rnngen import DataError, Source
from rnngen_handwriting.drawing import Drawing
from rnngen_handwriting.markup import children, kind, parse, text_of, within
from rnngen_handwriting.strokes import Line

TEXTS = {"truth", "label", "transcription"}
WRITERS = {"writer", "writerid"}
NUMBER = r"[!'\"]?\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
VALUE = re.compile(rf"{NUMBER}|[TF*?]|\S")


def read(source: Source) -> Iterator[Drawing]:
    """The drawings in a file.

    Raises:
        DataError: it is not InkML or IAM XML, or a trace is damaged; names the trace.
    """
    root = parse(source)
    size = source.path.stat().st_size
    if kind(root) == "ink":
        return iter(_ink(root, source.name, size))
    sets = list(within(root, "StrokeSet"))
    if sets:
        return iter([_iam(root, sets, source.name, size)])
    raise DataError(
        f"`{source.name}` begins with `{kind(root)}`, expected InkML (`ink`) or a `StrokeSet` as "
        "in IAM"
    )


def _ink(root: Element, file: str, size: int) -> list[Drawing]:
    channels = _channels(root, file)
    writer = _annotation(root, WRITERS)
    labelled = [
        group
        for group in within(root, "traceGroup")
        if _annotation(group, TEXTS) and next(children(group, "trace"), None) is not None
    ]
    found = []
    for number, group in enumerate(labelled or [root]):
        where = f"`{file}`" + (f", group {number}" if labelled else "")
        lines = [
            _trace(trace, channels, f"{where}, trace {place}")
            for place, trace in enumerate(within(group, "trace"))
            if trace.get("type") != "penUp"
        ]
        found.append(
            Drawing(
                lines,
                where,
                size // max(1, len(labelled)),
                _annotation(group, TEXTS),
                _annotation(group, WRITERS) or writer,
            )
        )
    return found


def _channels(root: Element, file: str) -> tuple[int, int, int]:
    """Indices of X and Y in a point, and its number of values; 0 if unknown."""
    names = [str(channel.get("name")).upper() for channel in within(root, "channel")]
    if not names:
        return 0, 1, 0
    if "X" not in names or "Y" not in names:
        raise DataError(f"`{file}` has the channels {', '.join(names)}, expected at least X and Y")
    return names.index("X"), names.index("Y"), len(names)


def _trace(trace: Element, channels: tuple[int, int, int], where: str) -> Line:
    """The points of a trace, given as values, or as first or second differences."""
    x, y, count = channels
    points: list[tuple[float, float]] = []
    modes = ["!"] * max(2, count)
    last, velocity = [0.0] * len(modes), [0.0] * len(modes)
    for number, text in enumerate((trace.text or "").strip().rstrip(",").split(",")):
        values = VALUE.findall(text)
        if len(values) < 2 or (count and len(values) < count) or len(values) > 64:
            raise DataError(
                f"{where}: point {number} is `{text.strip()[:40]}`, expected "
                f"{count or 'two or more'} numbers"
            )
        for place in (x, y):
            value = values[place]
            if value[0] in "!'\"":
                modes[place], value = value[0], value[1:]
            try:
                given = float(value)
            except ValueError:
                raise DataError(
                    f"{where}: point {number} has `{value}`, expected a number"
                ) from None
            if modes[place] == '"':
                velocity[place] += given
            else:
                velocity[place] = given if modes[place] == "'" else given - last[place]
            last[place] += velocity[place]
        points.append((last[x], last[y]))
    return np.array(points, np.float64)


def _annotation(element: Element, kinds: set[str]) -> str | None:
    for each in children(element, "annotation"):
        if str(each.get("type")).lower() in kinds:
            return text_of(each)
    return None


def _iam(root: Element, sets: list[Element], file: str, size: int) -> Drawing:
    lines = []
    for number, stroke in enumerate(stroke for each in sets for stroke in within(each, "Stroke")):
        points = []
        for place, point in enumerate(children(stroke, "Point")):
            try:
                points.append((float(point.get("x", "")), float(point.get("y", ""))))
            except ValueError:
                raise DataError(
                    f"`{file}`, stroke {number}, point {place} has x {point.get('x')!r} and y "
                    f"{point.get('y')!r}, expected numbers"
                ) from None
        if points:
            lines.append(np.array(points, np.float64))
    transcription = next(within(root, "Transcription"), None)
    text = None if transcription is None else text_of(next(children(transcription, "Text"), None))
    form = next(within(root, "Form"), None)
    return Drawing(lines, f"`{file}`", size, text, None if form is None else form.get("writerID"))
