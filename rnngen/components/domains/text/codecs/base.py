"""The base of all text codecs: every token stands for some bytes, and the boundary is id 0."""

from __future__ import annotations

import codecs
import json
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rnngen.contracts.codec import Codec, StreamDecoder
from rnngen.contracts.errors import BundleError, DataError
from rnngen.contracts.steps import Piece

BOUNDARY = 0
FORMAT = 1
FILE = "codec.json"

LARGEST_FILE = 256 << 20
LARGEST_TOKEN = 1 << 16
LARGEST_SIZE = 2_000_000
"""Limits for what is read from a bundle: file size, token size (bytes) and token count."""

Steps = NDArray[Any]


class TextCodec(Codec):
    """Text to ids and back; the boundary is id 0 and never comes out of `encode`.

    Args:
        tokens: the bytes of each id, in order; the boundary's are empty.
        separator: what a boundary between two documents becomes in text.
    """

    kind: ClassVar[str]
    boundary = BOUNDARY
    spells_text = True
    separator: str
    dtype: np.dtype[Any]
    unknown: int | None = None
    """The id for anything without a token of its own; None if there is none."""

    def __init__(self, tokens: Sequence[bytes], separator: str) -> None:
        self._tokens = list(tokens)
        self.separator = separator
        self.dtype = np.dtype(
            np.uint8 if self.size <= 1 << 8 else np.uint16 if self.size <= 1 << 16 else np.int32
        )

    @property
    def size(self) -> int:
        """Number of ids, the boundary included."""
        return len(self._tokens)

    @property
    def opening(self) -> list[int]:
        """A line end, where it can be encoded: what follows begins a line, not half a word."""
        try:
            return [int(step) for step in self.encode("\n")]
        except DataError:
            return []

    def bytes_of(self, step: int) -> bytes:
        """The bytes that an id stands for; none for the boundary."""
        return self._tokens[step]

    @abstractmethod
    def encode(self, content: Any) -> Steps:
        """Ids `[n]` of a piece of text, without a boundary."""

    def encode_many(self, contents: Sequence[Any]) -> tuple[Steps, list[int]]:
        """Ids of many contents, concatenated, and the number of ids of each."""
        parts = [self.encode(content) for content in contents]
        steps = np.concatenate(parts) if parts else np.empty(0, self.dtype)
        return steps, [len(part) for part in parts]

    def decode_bytes(self, steps: Iterable[int] | Steps) -> bytes:
        """The bytes of ids; a boundary between two documents becomes the separator."""
        listed: list[int] = np.asarray(steps).tolist() if not isinstance(steps, list) else steps
        start = 1 if listed and listed[0] == BOUNDARY else 0
        between = self.separator.encode()
        tokens = self._tokens
        return b"".join([tokens[step] if step else between for step in listed[start:]])

    def decode(self, steps: Sequence[int] | Steps) -> str:
        """The text of ids; bytes that are not valid UTF-8 become U+FFFD."""
        stream = self.stream()
        text = [stream.feed(int(step)) for step in steps]
        return "".join(text) + stream.flush()

    def stream(self) -> TextStream:
        """A decoder that takes one id at a time."""
        return TextStream(self)

    def token(self, step: int) -> str:
        """One id as a person would read it: `the`, `␣`, `\\n`, `<0xE4>`, `<boundary>`."""
        if step == BOUNDARY:
            return "<boundary>"
        try:
            text = self._tokens[step].decode()
        except UnicodeDecodeError:
            return "".join(f"<0x{byte:02X}>" for byte in self._tokens[step])
        return "".join(
            "␣" if char == " " else char if char.isprintable() else repr(char)[1:-1]
            for char in text
        )

    def files(self) -> dict[str, bytes]:
        """`codec.json`: all that is needed to make this codec again."""
        content = {
            "format": FORMAT,
            "kind": self.kind,
            "separator": self.separator,
            **self._content(),
        }
        return {FILE: json.dumps(content, ensure_ascii=False, indent=0).encode()}

    def grow(self, pieces: Iterable[Piece]) -> TextCodec:
        """A codec that also knows these pieces; itself if it can already encode everything."""
        return self

    def tolerant(self, unseen: str, remarks: dict[str, None]) -> TextCodec:
        """A codec that treats what it has no id for as `unseen` says; itself if there is nothing.

        Args:
            unseen: `refuse`, `skip` or `replace`.
            remarks: where it keeps a sentence on what it did.
        """
        return self

    @abstractmethod
    def _content(self) -> dict[str, Any]:
        """The fields that this kind adds to `codec.json`."""

    @classmethod
    @abstractmethod
    def from_content(cls, content: Mapping[str, Any], separator: str) -> TextCodec:
        """The codec of a checked `codec.json`; BundleError if it is invalid."""


class TextStream(StreamDecoder):
    """Decodes id by id; holds back the bytes of an incomplete character.

    Args:
        codec: of the ids.
        invalid: what becomes of bytes that are not UTF-8, as Python names it.
    """

    def __init__(self, codec: TextCodec, invalid: str = "replace") -> None:
        self._codec = codec
        self._decoder = codecs.getincrementaldecoder("utf-8")(invalid)
        self._started = False

    def feed(self, step: int) -> str:
        """The text completed by this id; may be empty."""
        started, self._started = self._started, True
        if step != BOUNDARY:
            return self._decoder.decode(self._codec.bytes_of(step))
        return self.flush() + (self._codec.separator if started else "")

    def flush(self) -> str:
        """What stands for the bytes held back, or nothing."""
        text = self._decoder.decode(b"", final=True)
        self._decoder.reset()
        return text


def read_content(files: Mapping[str, bytes]) -> dict[str, Any]:
    """`codec.json`, parsed, its format checked; BundleError if rnngen did not write it."""
    if FILE not in files:
        raise BundleError(f"the model has no `{FILE}`", hint="the folder is not complete")
    data = files[FILE]
    if len(data) > LARGEST_FILE:
        raise BundleError(f"`{FILE}` has {len(data)} bytes, expected at most {LARGEST_FILE}")
    try:
        content = json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise BundleError(f"`{FILE}` is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise BundleError(f"`{FILE}` holds {type(content).__name__}, expected an object")
    if content.get("format") != FORMAT:
        raise BundleError(
            f"`{FILE}` has format {content.get('format')!r}, expected {FORMAT}",
            hint="a newer version of rnngen may have written it",
        )
    return content


def expect(content: Mapping[str, Any], name: str, kind: type) -> Any:
    """The value of a field of `codec.json`, its type checked."""
    value = content.get(name)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        found = "nothing" if value is None else type(value).__name__
        raise BundleError(f"`{name}` in `{FILE}` holds {found}, expected {kind.__name__}")
    return value


def expect_strings(content: Mapping[str, Any], name: str) -> list[str]:
    """A list of different strings in `codec.json`, none of them empty or absurdly long."""
    values: list[str] = expect(content, name, list)
    if len(values) > LARGEST_SIZE:
        raise BundleError(f"`{name}` in `{FILE}` has {len(values)} entries, at most {LARGEST_SIZE}")
    for number, value in enumerate(values):
        known = isinstance(value, str) and 0 < len(value) <= LARGEST_TOKEN
        if not known or any("\ud800" <= character <= "\udfff" for character in value):
            raise BundleError(f"`{name}` in `{FILE}` has {value!r:.60} (no. {number}), not a token")
    if len(set(values)) != len(values):
        raise BundleError(f"`{name}` in `{FILE}` lists a token twice")
    return values
