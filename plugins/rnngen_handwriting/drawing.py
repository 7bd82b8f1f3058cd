"""A drawing as stored in a file."""

from __future__ import annotations

from dataclasses import dataclass

from rnngen_handwriting.strokes import Line


@dataclass(frozen=True)
class Drawing:
    """Lines with their metadata.

    Args:
        lines: `[n,2]` each, y downwards, in the file's unit.
        where: the file and the row or element, for messages.
        size: its share of the file's bytes.
        text: the written text, if the file has it.
        writer: the writer, if the file names one.
        part: `train`, `valid` or `test`, if the file is split.
    """

    lines: list[Line]
    where: str
    size: int = 0
    text: str | None = None
    writer: str | None = None
    part: str = ""
