"""Joins single words into lines, so that a model learns to write spaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from rnngen_handwriting import clean
from rnngen_handwriting.drawing import Drawing

GAP = 1.5
"""Space between two words, in hand sizes: about the width of a letter."""


def on_lines(drawings: Iterable[Drawing], most: int) -> Iterator[Drawing]:
    """The drawings, with successive words of a writer joined into lines.

    Lines have one word, then two, and so on up to `most`, then one again, so that a model learns
    all lengths. Drawings without a text stay as they are.

    Args:
        drawings: single words, each in units of its hand size.
        most: most words on a line; 1 changes nothing.
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
    """Words in a row, aligned at their medians, where most of the ink lies."""
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
