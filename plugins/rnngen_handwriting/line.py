"""Single words put on lines, so that a model learns what a space is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from rnngen_handwriting import clean
from rnngen_handwriting.drawing import Drawing

GAP = 1.5
"""Space between two words, in sizes of the hand: about the width of a letter."""


def on_lines(drawings: Iterable[Drawing], most: int) -> Iterator[Drawing]:
    """The drawings, of which those of one writer that follow each other share lines.

    Lines have one word, then two, and so on up to `most`, and again one: so a model learns to
    write both. Drawings without a text are left as they are.

    Args:
        drawings: words; each in the unit of its hand.
        most: words on a line; 1 changes nothing.
    """
    line: list[Drawing] = []
    wanted = 1
    for drawing in drawings:
        same = line and (drawing.writer, drawing.part) == (line[0].writer, line[0].part)
        if line and not (same and drawing.text):
            yield beside(line)
            line, wanted = [], 1
        line.append(drawing)
        if len(line) >= wanted or not drawing.text:
            yield beside(line)
            line, wanted = [], wanted % most + 1
    if line:
        yield beside(line)


def beside(words: Sequence[Drawing]) -> Drawing:
    """Words one behind the other, their middles at one height: what most of the ink is about."""
    if len(words) == 1:
        return words[0]
    lines = []
    place = 0.0
    gap = GAP * float(np.median([clean.size(word.lines) for word in words]))
    for word in words:
        points = np.concatenate(word.lines)
        left, right = points[:, 0].min(), points[:, 0].max()
        shift = np.array([place - left, -np.median(points[:, 1])])
        lines += [line + shift for line in word.lines]
        place += right - left + gap
    text = " ".join(word.text or "" for word in words)
    return replace(words[0], lines=lines, text=text, size=sum(word.size for word in words))
