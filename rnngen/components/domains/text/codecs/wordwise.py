"""Codecs that split text into words first and encode each different word once."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, ClassVar

import numpy as np

from rnngen.components.domains.text.codecs.base import Steps, TextCodec
from rnngen.contracts.exact_text import data_of, refuse_escaped
from rnngen.contracts.steps import Piece

REMEMBERED = 1 << 23
"""The word cache is cleared when it takes about this many characters."""

OVERHEAD = 64
"""Overhead of a cached word, in characters."""

SAMPLE_BLOCK = 1 << 14


class WordwiseCodec(TextCodec):
    """A codec whose ids never cross a word boundary; the ids of each word are cached."""

    words: ClassVar[re.Pattern[str]]
    """Finds the words of a text; every character is in exactly one of them."""

    def __init__(self, tokens: Sequence[bytes], separator: str) -> None:
        super().__init__(tokens, separator)
        self._known: dict[str, Sequence[int]] = {}
        self._room = REMEMBERED

    def encode(self, content: Any) -> Steps:
        """Ids `[n]` of a piece of text; any text has ids."""
        if not content.isascii():
            refuse_escaped(content, "the text")
            data_of(content)  # complains about halves of surrogate pairs
        words = self.words.findall(content)
        different = set(words)
        missing = different.difference(self._known)
        self._room -= sum(map(len, missing)) + OVERHEAD * len(missing)
        if self._room < 0:
            self._known.clear()
            missing = different
            self._room = REMEMBERED - sum(map(len, missing)) - OVERHEAD * len(missing)
        if missing:
            listed = list(missing)
            self._known.update(zip(listed, self._tokenize(listed), strict=True))
        ids = chain.from_iterable(map(self._known.__getitem__, words))
        return np.fromiter(ids, self.dtype)

    @abstractmethod
    def _tokenize(self, words: list[str]) -> Iterable[Sequence[int]]:
        """The ids of each of the words."""


def sample(pieces: Iterable[Piece], limit: int, separator: str) -> list[str]:
    """At most `limit` characters in blocks that are spread evenly over all pieces.

    Every second of what is held is dropped whenever it grows too much, so one pass is enough.
    """
    held: list[str] = []
    size = 0
    stride = 1
    for number, block in enumerate(_blocks(pieces, separator)):
        if number % stride:
            continue
        held.append(block)
        size += len(block)
        while size > limit and len(held) > 1:
            held = held[::2]
            size = sum(map(len, held))
            stride *= 2
    return held


def _blocks(pieces: Iterable[Piece], separator: str) -> Iterator[str]:
    """The text again, in blocks of about `SAMPLE_BLOCK` characters that end between words."""
    short: list[str] = []
    length = 0
    for piece in pieces:
        text: str = piece.content
        if len(text) < SAMPLE_BLOCK:
            short.append(text)
            length += len(text)
            if length >= SAMPLE_BLOCK:
                yield separator.join(short)
                short, length = [], 0
            continue
        start = 0
        while start < len(text):
            stop = text.rfind(" ", start + 1, start + SAMPLE_BLOCK)
            stop = start + SAMPLE_BLOCK if stop < 0 else stop
            yield text[start:stop]
            start = stop
    if short:
        yield separator.join(short)
