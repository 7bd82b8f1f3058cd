"""Codec: from pieces to steps and back. A base class; optional abilities have defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from rnngen.contracts.steps import Piece

if TYPE_CHECKING:
    import numpy as np


class StreamDecoder(Protocol):
    """Decodes step by step; holds back what is not yet complete (half a UTF-8 character)."""

    def feed(self, step: int) -> str:
        """The text that became certain with this step; may be empty."""

    def flush(self) -> str:
        """What was held back, with replacement characters where it is not valid."""


@runtime_checkable
class Codec(Protocol):
    """The fitted part of a domain. Immutable; `grow` returns a new one.

    Steps are ids, or vectors: then `step_shape` is `(D,)`, `dtype` is float32, and `boundary` is a
    tuple of D numbers. Where documents hang on something, `condition` is a `ConditionShape`, and
    `encode_condition(piece.condition)` gives `[U]` int32, 0 for padding.
    """

    @property
    def size(self) -> int:
        """How many different steps there are, the boundary included."""

    @property
    def boundary(self) -> Any:
        """The id of the boundary token, or the boundary's vector."""

    @property
    def opening(self) -> list[int]:
        """Steps after which something new often begins inside a long document; may be empty."""

    def encode(self, content: Any) -> np.ndarray:
        """Steps of one piece, without the boundary; DataError where something has no step."""

    def decode(self, steps: Sequence[int] | np.ndarray) -> str:
        """The content for steps; a boundary becomes the separator of documents."""

    def token(self, step: int) -> str:
        """One step as a person would read it."""

    def stream(self) -> StreamDecoder:
        """A decoder that takes one step at a time."""

    def files(self) -> Mapping[str, bytes]:
        """What the bundle keeps of it: `codec.json` and whatever that names. JSON only."""

    def grow(self, pieces: Iterable[Piece]) -> Codec:
        """A codec that also knows these pieces; every old id keeps its meaning."""
