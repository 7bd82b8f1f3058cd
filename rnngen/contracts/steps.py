"""What a step, a piece, a beginning and the boundary are, and their shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Boundary = int | tuple[float, ...]
"""What stands before every document: an id, or a vector."""

State = Any
"""What a model remembers: a tensor, or a nested tuple, list or dict of tensors, batch first."""


@dataclass(frozen=True)
class Piece:
    """A part of a document, small enough for memory.

    Args:
        content: for text a `str`; other domains have their own.
        ends_document: whether the document ends with this piece.
        size: bytes of the original file that this piece stands for, separators included.
        condition: what the document hangs on, if anything: the text that was handwritten. Of a
            document in several pieces the first one has it.
    """

    content: Any
    ends_document: bool
    size: int
    condition: Any = None


@dataclass(frozen=True)
class ConditionShape:
    """What conditions look like to a model.

    Args:
        symbols: how many different ones there are, the padding 0 included.
        length: U, the most that one condition has.
        pace: symbols that a step stands for on average: how fast a window begins to move.
    """

    symbols: int
    length: int
    pace: float = 0.05


@dataclass(frozen=True)
class Beginning:
    """What a sequence to be generated begins with.

    Args:
        steps: `[n]` ids or `[n,D]` vectors that stand before it, without the boundary.
        condition: `[U]` what it hangs on, or None.
        shown: the beginning as a person would read it; stands before what was written.
    """

    steps: Any
    condition: Any = None
    shown: str = ""
