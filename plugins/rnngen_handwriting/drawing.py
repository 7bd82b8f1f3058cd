"""A drawing as files hold it."""

from __future__ import annotations

from dataclasses import dataclass

from rnngen_handwriting.strokes import Line


@dataclass(frozen=True)
class Drawing:
    """Lines, and what is known of them.

    Args:
        lines: `[n,2]` each, y downwards, in the file's unit.
        where: the file and the row or element, for messages.
        size: bytes of the file that it stands for.
        text: what is written, if the file says so.
        writer: who wrote it, if the file says so.
        part: `train`, `valid` or `test`, where the file is split.
    """

    lines: list[Line]
    where: str
    size: int = 0
    text: str | None = None
    writer: str | None = None
    part: str = ""
