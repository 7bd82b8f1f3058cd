"""The contract of a codec, from pieces to steps and back; optional abilities have defaults."""

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

    This one is for steps that are not text.
    """

    def feed(self, step: Any) -> str:
        """The text completed by this step; may be empty."""
        return ""

    def flush(self) -> str:
        """The bytes held back, with replacement characters if they are invalid."""
        return ""


class Codec(Contract, ABC):
    """The fitted part of a domain. Immutable; `grow` returns a new one.

    Steps are ids, or vectors: then `step_shape` is `(D,)`, `dtype` is float32, and `boundary` is a
    tuple of D numbers.
    """

    __slots__ = ()

    component_kind: ClassVar[str] = "codec"

    keeps_bytes: ClassVar[bool] = False
    """Whether steps are bytes, which need not be UTF-8: see `exact_stream`."""

    @default
    def size(self) -> int:
        """Number of different steps, the boundary included; D for vectors."""
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
        """The NumPy data type of the steps."""
        return "int32"

    @default
    def steps_are(self) -> str:
        """What steps are called where they are counted: `characters`, `notes`, `pen points`."""
        return "vectors" if self.step_shape else "tokens"

    @default
    def opening(self) -> Sequence[int]:
        """Steps after which something new often begins inside a long document; may be empty."""
        return ()

    @default
    def spells_text(self) -> bool:
        """Whether steps spell text, by `bytes_of`, so that prompts and output are text."""
        return False

    separator: str = default(lambda codec: "")  # type: ignore[assignment]
    """The text between two documents."""

    @default
    def unknown(self) -> int | None:
        """The id for anything without a step of its own; None if there is none."""
        return None

    @default
    def condition(self) -> ConditionShape | None:
        """The shape of conditions; None if documents are not conditioned."""
        return None

    @abstractmethod
    def encode(self, content: Any) -> np.ndarray:
        """Steps of one piece, without the boundary; prompts come through here, too.

        Raises:
            DataError: something in it has no step, such as a letter that was never learned. Any
                other exception is taken for a fault of the codec's.
        """

    def encode_many(self, contents: Sequence[Any]) -> tuple[np.ndarray, list[int]]:
        """Steps of many contents, concatenated, and the number of steps of each."""
        import numpy as np

        parts = [self.encode(content) for content in contents]
        if not parts:
            return np.empty((0, *self.step_shape), self.dtype), []
        return np.concatenate(parts), [len(part) for part in parts]

    def encode_condition(self, condition: Any) -> np.ndarray:
        """A piece's condition as `[U]` int32, padded with 0; only if `condition` is set."""
        raise Unsupported(self, "conditions")

    def decode(self, steps: Sequence[Any] | np.ndarray) -> str:
        """The content for steps, as text; a boundary becomes the separator of documents."""
        stream = self.stream()
        return "".join([stream.feed(step) for step in steps]) + stream.flush()

    def stream(self) -> StreamDecoder:
        """A decoder that takes one step at a time; it gives nothing if steps are not text."""
        return StreamDecoder()

    def exact_stream(self) -> StreamDecoder:
        """The same, but bytes that are not UTF-8 stay what they are, as lone surrogates.

        It is `stream` but for a codec that `keeps_bytes`; see `rnngen.contracts.exact_text`.
        """
        return self.stream()

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
        """Its files in the bundle: `codec.json` and the files that it names. JSON only."""

    def grow(self, pieces: Iterable[Piece]) -> Codec:
        """A codec that also knows these pieces; every old id keeps its meaning."""
        return self
