"""Codec: from pieces to steps and back. A base class; optional abilities have defaults."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from rnngen.contracts.contract import Contract, default
from rnngen.contracts.errors import Lacking, Unsupported
from rnngen.contracts.steps import ConditionShape, Piece

if TYPE_CHECKING:
    import numpy as np


class StreamDecoder:
    """Decodes step by step; holds back what is not yet complete (half a UTF-8 character).

    This one is of steps that are no text.
    """

    def feed(self, step: Any) -> str:
        """The text that became certain with this step; may be empty."""
        return ""

    def flush(self) -> str:
        """What was held back, with replacement characters where it is not valid."""
        return ""


class Codec(Contract, ABC):
    """The fitted part of a domain. Immutable; `grow` returns a new one.

    Steps are ids, or vectors: then `step_shape` is `(D,)`, `dtype` is float32, and `boundary` is a
    tuple of D numbers.
    """

    __slots__ = ()

    component_kind: ClassVar[str] = "codec"

    @default
    def size(self) -> int:
        """How many different steps there are, the boundary included; of vectors D."""
        raise Lacking(self, "`size`")

    @default
    def boundary(self) -> Any:
        """The id of the boundary token, or the boundary's vector."""
        raise Lacking(self, "`boundary`")

    @default
    def step_shape(self) -> tuple[int, ...]:
        """The shape of one step: `()` for ids, `(D,)` for vectors."""
        return ()

    @default
    def dtype(self) -> Any:
        """Of the steps, as NumPy understands it."""
        return "int32"

    @default
    def opening(self) -> Sequence[int]:
        """Steps after which something new often begins inside a long document; may be empty."""
        return ()

    @default
    def spells_text(self) -> bool:
        """Whether steps spell text, by `bytes_of`: then a prompt is text, and what is written."""
        return False

    @default
    def separator(self) -> str:
        """What a boundary between two documents becomes in text."""
        return ""

    @default
    def unknown(self) -> int | None:
        """The id that stands for what has no step of its own, or None where there is none."""
        return None

    @default
    def condition(self) -> ConditionShape | None:
        """What documents are conditioned on looks like; None where they are on nothing."""
        return None

    @abstractmethod
    def encode(self, content: Any) -> np.ndarray:
        """Steps of one piece, without the boundary; DataError where something has no step."""

    def encode_many(self, contents: Sequence[Any]) -> tuple[np.ndarray, list[int]]:
        """Steps of many contents one after another, and how many each of them has."""
        import numpy as np

        parts = [self.encode(content) for content in contents]
        if not parts:
            return np.empty((0, *self.step_shape), self.dtype), []
        return np.concatenate(parts), [len(part) for part in parts]

    def encode_condition(self, condition: Any) -> np.ndarray:
        """`[U]` int32 of a piece's condition, 0 for padding, where there is a `condition`."""
        raise Unsupported(self, "conditions")

    def decode(self, steps: Sequence[Any] | np.ndarray) -> str:
        """The content for steps, as text; a boundary becomes the separator of documents."""
        stream = self.stream()
        return "".join([stream.feed(step) for step in steps]) + stream.flush()

    def stream(self) -> StreamDecoder:
        """A decoder that takes one step at a time; of steps that are no text it gives nothing."""
        return StreamDecoder()

    def token(self, step: int) -> str:
        """One step as a person would read it."""
        return str(step)

    def bytes_of(self, step: int) -> bytes:
        """The bytes that an id stands for; none for the boundary."""
        raise Unsupported(self, "spelling steps as text")

    def decode_bytes(self, steps: Iterable[int] | np.ndarray) -> bytes:
        """The bytes of ids; a boundary between two documents becomes the separator."""
        if not self.spells_text:
            raise Unsupported(self, "spelling steps as text")
        return self.decode(list(steps)).encode()

    @abstractmethod
    def files(self) -> Mapping[str, bytes]:
        """What the bundle keeps of it: `codec.json` and whatever that names. JSON only."""

    def grow(self, pieces: Iterable[Piece]) -> Codec:
        """A codec that also knows these pieces; every old id keeps its meaning."""
        return self
