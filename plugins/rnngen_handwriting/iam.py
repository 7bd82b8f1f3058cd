"""Drawings in the XML of the IAM On-Line Handwriting Database (Liwicki and Bunke 2005).

A `StrokeSet` holds the strokes, a `Transcription` the text, a `Form` the writer.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

import numpy as np

from rnngen import DataError
from rnngen_handwriting.drawing import Drawing
from rnngen_handwriting.markup import children, text_of, within


def drawing(root: Element, sets: list[Element], file: str, size: int) -> Drawing:
    """The drawing in a file.

    Args:
        root: the document.
        sets: its stroke sets.
        file: its name, for messages.
        size: its bytes.

    Raises:
        DataError: a point is damaged; names stroke and point.
    """
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
