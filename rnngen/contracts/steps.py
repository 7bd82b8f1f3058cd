"""Steps, pieces, beginnings and the boundary, and their shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Boundary = int | tuple[float, ...]
"""What stands before every document: an id, or a vector."""

State = Any
"""A model's state: a tensor, or a nested tuple, list or dict of tensors, batch first."""


DTYPES = ("int64", "float32")
"""What the elements of a condition may be: symbols or whole numbers, or real ones."""


def loss_unit(steps_are: str, vectors: bool) -> str:
    """What a loss is measured in: `nats/token` where steps are ids, else `nats/pen point`."""
    return f"nats/{steps_are.removesuffix('s')}" if vectors else "nats/token"


@dataclass(frozen=True)
class Piece:
    """A part of a document, small enough for memory.

    Args:
        content: for text a `str`; other domains have their own.
        ends_document: whether the document ends with this piece.
        size: bytes of the original file that this piece stands for, separators included.
        condition: what the document is conditioned on, such as the handwritten text. Of a
            document in several pieces the first one has it.
    """

    content: Any
    ends_document: bool
    size: int
    condition: Any = None


@dataclass(frozen=True)
class ConditionShape:
    """The shape and type of every document's condition.

    Args:
        symbols: how many different ones there are, the padding 0 included; None: they are numbers.
        length: U, the most elements that one condition has; shorter ones are padded with 0.
        pace: elements that a step stands for on average: how fast one reads.
        dtype: of an element, one of `DTYPES`.
        element: sizes of one element; `()` for a number or a symbol.
    """

    symbols: int | None
    length: int
    pace: float = 0.05
    dtype: str = "int64"
    element: tuple[int, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of one condition, `(U, *element)`."""
        return (self.length, *self.element)


@dataclass(frozen=True)
class Beginning:
    """The beginning of a sequence to generate.

    Args:
        steps: `[n]` ids or `[n,D]` vectors that stand before it, without the boundary.
        condition: `[U]`, what it is conditioned on, or None.
        shown: the beginning as a person would read it; stands before what was written.
    """

    steps: Any
    condition: Any = None
    shown: str = ""
