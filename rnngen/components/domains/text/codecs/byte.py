"""One id per byte: any content can be encoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnngen.components.domains.text.codecs.base import Steps, TextCodec
from rnngen.contracts.errors import DataError


class ByteCodec(TextCodec):
    """Bytes: id 1 is byte 0, id 256 is byte 255."""

    kind = "byte"
    steps_are = "bytes"

    def __init__(self, separator: str) -> None:
        super().__init__([b"", *(bytes([value]) for value in range(256))], separator)

    def encode(self, content: Any) -> Steps:
        """Ids `[n]` of `bytes`, or of the UTF-8 of a `str`."""
        data = as_bytes(content)
        steps: Steps = np.frombuffer(data, np.uint8).astype(self.dtype) + self.dtype.type(1)
        return steps

    def encode_many(self, contents: Sequence[Any]) -> tuple[Steps, list[int]]:
        """Ids of many contents, concatenated, and the number of ids of each."""
        parts = [as_bytes(content) for content in contents]
        return self.encode(b"".join(parts)), [len(part) for part in parts]

    def _content(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_content(cls, content: Mapping[str, Any], separator: str) -> ByteCodec:
        """The codec of a checked `codec.json`."""
        return cls(separator)


def as_bytes(content: str | bytes) -> bytes:
    """Content as UTF-8; DataError if it holds half of a surrogate pair."""
    if isinstance(content, bytes):
        return content
    try:
        return content.encode()
    except UnicodeEncodeError as error:
        raise DataError(
            f"the text holds {content[error.start]!r}, which is not a character",
            hint="it comes from input that is not UTF-8",
        ) from None
