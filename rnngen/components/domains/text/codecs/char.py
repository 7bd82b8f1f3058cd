"""One id per character (Unicode code point), in order of code point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from rnngen.components.domains.text.codecs.base import (
    BOUNDARY,
    FILE,
    Steps,
    TextCodec,
    expect,
    expect_strings,
)
from rnngen.components.domains.text.codecs.unseen import Unseen
from rnngen.contracts.errors import BundleError, DataError
from rnngen.contracts.exact_text import refuse_escaped
from rnngen.contracts.steps import Piece

REPLACEMENT = "\ufffd"

LONG = 1000
"""Characters from which on a text is worth a second look."""


class CharCodec(TextCodec):
    """Characters; an unseen character is an error or becomes U+FFFD.

    Args:
        characters: the character of id 1, 2, and so on; all different.
        separator: what a boundary between two documents becomes in text.
        replace: whether characters that have no id are read as U+FFFD, which then has to be one
            of the characters, rather than refused.
    """

    kind = "char"
    steps_are = "characters"

    def __init__(self, characters: Sequence[str], separator: str, *, replace: bool = False) -> None:
        super().__init__([b"", *(char.encode() for char in characters)], separator)
        self.characters = tuple(characters)
        codes = np.array([ord(char) for char in self.characters], np.int64)
        # Id 0 is the boundary, which is not a character: in the table it means "unknown".
        self._table = np.zeros(int(codes.max(initial=0)) + 1, self.dtype)
        self._table[codes] = np.arange(1, len(codes) + 1)
        self._ascii: bytes | None = None  # a table for `bytes.translate`, four times as fast
        if self.dtype == np.uint8:
            self._ascii = self._table[:256].tobytes().ljust(256, b"\0")
        self.unknown = self.characters.index(REPLACEMENT) + 1 if replace else None
        self._unseen: Unseen | None = None

    @classmethod
    def fit(cls, pieces: Iterable[Piece], separator: str, *, replace: bool = False) -> CharCodec:
        """The codec of all characters that occur."""
        seen: set[str] = {REPLACEMENT} if replace else set()
        for piece in pieces:
            _see(piece.content, seen)
        return cls(sorted(seen), separator, replace=replace)

    def encode(self, content: Any) -> Steps:
        """Ids `[n]`, one for each character.

        Raises:
            DataError: characters without an id, unless the codec skips or replaces them.
        """
        if self._unseen is not None:
            content = self._unseen.settle(content)
        return self._encode(content)

    def _encode(self, content: str) -> Steps:
        if self._ascii is not None and content.isascii():
            steps: Steps = np.frombuffer(content.encode("ascii").translate(self._ascii), np.uint8)
        else:
            codes = np.frombuffer(content.encode("utf-32-le", "surrogatepass"), np.uint32)
            known = len(self._table)
            if codes.max(initial=0) < known:
                steps = self._table[codes]
            else:
                steps = np.where(codes < known, self._table[np.minimum(codes, known - 1)], BOUNDARY)
        if steps.all():
            return steps
        if self.unknown is None:
            raise self._unknown_characters(content)
        return np.where(steps == BOUNDARY, np.array(self.unknown, self.dtype), steps)

    def encode_many(self, contents: Sequence[Any]) -> tuple[Steps, list[int]]:
        """Ids of many contents, concatenated, and the number of ids of each."""
        if self._unseen is not None:
            contents = [self._unseen.settle(content) for content in contents]
        return self.encode("".join(contents)), [len(content) for content in contents]

    def grow(self, pieces: Iterable[Piece]) -> CharCodec:
        """New characters get the ids after the last one, unless they are not to; old ids stay."""
        if self._unseen is not None:
            return self
        new: set[str] = set()
        for piece in pieces:
            _see(piece.content, new)
        new.difference_update(self.characters)
        if not new:
            return self
        return CharCodec(
            [*self.characters, *sorted(new)], self.separator, replace=self.unknown is not None
        )

    def tolerant(self, unseen: str, remarks: dict[str, None]) -> CharCodec:
        """The same codec, which skips or replaces characters without an id; see `Unseen`."""
        if unseen == "refuse":
            return self
        codec = CharCodec(self.characters, self.separator, replace=self.unknown is not None)
        codec._unseen = Unseen(unseen, self.characters, remarks)
        return codec

    def _unknown_characters(self, content: str) -> DataError:
        refuse_escaped(content, "the text")
        unknown = sorted(set(content).difference(self.characters))
        shown = ", ".join(f"`{char}`" if char.isprintable() else repr(char) for char in unknown[:8])
        more = f" and {len(unknown) - 8} more" if len(unknown) > 8 else ""
        plural = "character" if len(unknown) == 1 else "characters"
        return DataError(
            f"the model has never seen the {plural} {shown}{more}",
            hint="read them as others with `-o text.unseen=replace`, or leave them out with "
            "`-o text.unseen=skip`; a model trained with `--tokens byte` knows everything",
        )

    def _content(self) -> dict[str, Any]:
        return {"characters": list(self.characters), "replace": self.unknown is not None}

    @classmethod
    def from_content(cls, content: Mapping[str, Any], separator: str) -> CharCodec:
        """The codec of a checked `codec.json`; BundleError if it is invalid."""
        characters = expect_strings(content, "characters")
        replace = expect(content, "replace", bool)
        if any(len(char) != 1 for char in characters):
            raise BundleError(f"`characters` in `{FILE}` must be single characters")
        if replace and REPLACEMENT not in characters:
            raise BundleError(f"`{FILE}` replaces unknown characters, but lacks U+FFFD")
        return cls(characters, separator, replace=replace)


def _see(text: str, seen: set[str]) -> None:
    """Adds the characters of `text` to `seen`."""
    if len(text) > LONG and text.isascii():
        # Deleting known characters leaves almost nothing: ten times faster than testing each.
        known = "".join(char for char in seen if char.isascii()).encode()
        text = text[:LONG] + text.encode().translate(None, known).decode()
    seen.update(text)
