"""One id per byte: any content can be encoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnngen.components.domains.text.codecs.base import Steps, TextCodec, TextStream
from rnngen.contracts.exact_text import KEPT, data_of


class ByteCodec(TextCodec):
    """Bytes: id 1 is byte 0, id 256 is byte 255."""

    kind = "byte"
    steps_are = "bytes"
    keeps_bytes = True

    def __init__(self, separator: str) -> None:
        super().__init__([b"", *(bytes([value]) for value in range(256))], separator)

    def encode(self, content: Any) -> Steps:
        """Ids `[n]` of `bytes`, or of the bytes that a `str` stands for."""
        data = as_bytes(content)
        steps: Steps = np.frombuffer(data, np.uint8).astype(self.dtype) + self.dtype.type(1)
        return steps

    def encode_many(self, contents: Sequence[Any]) -> tuple[Steps, list[int]]:
        """Ids of many contents, concatenated, and the number of ids of each."""
        parts = [as_bytes(content) for content in contents]
        return self.encode(b"".join(parts)), [len(part) for part in parts]

    def exact_stream(self) -> TextStream:
        """A decoder whose text stands for exactly the bytes of the ids."""
        return TextStream(self, KEPT)

    def _content(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_content(cls, content: Mapping[str, Any], separator: str) -> ByteCodec:
        """The codec of a checked `codec.json`."""
        return cls(separator)


def as_bytes(content: str | bytes) -> bytes:
    """Content as bytes; those of a `str` are its UTF-8, and what `exact_text` kept."""
    return content if isinstance(content, bytes) else data_of(content)
