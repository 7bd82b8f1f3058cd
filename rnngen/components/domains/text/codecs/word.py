"""One id per frequent word; any other word is spelled in bytes, so that all text has ids.

A word takes the space before it along, as subwords do: running text then has about one id a word.
Ids 1 to 256 are the bytes 0 to 255, and words follow in order of frequency.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rnngen.components.domains.text.codecs.base import FILE, LARGEST_SIZE, expect, expect_strings
from rnngen.components.domains.text.codecs.wordwise import WordwiseCodec
from rnngen.contracts.errors import BundleError
from rnngen.contracts.steps import Piece

WORDS = re.compile(r" ?\w+(?:['’]\w+)*| ?[^\w\s]+|\s+(?!\S)|\s")

FIRST = 257
"""The id of the first word."""

RAREST = 2
"""Fewest occurrences for a word to get an id; rarer words teach the bytes."""

LONGEST = 64
"""Most characters of a word with an id."""

COUNTED = 1_000_000
"""Most different words counted at a time; beyond that the rarest are dropped."""


class WordCodec(WordwiseCodec):
    """Frequent words, and bytes for the rest.

    Args:
        vocabulary: the word of id 257, 258, and so on.
        separator: what a boundary between two documents becomes in text.
        number: how many words `fit`, and each `grow`, may add.
    """

    kind = "word"
    steps_are = "words"
    words = WORDS

    def __init__(self, vocabulary: Sequence[str], separator: str, *, number: int) -> None:
        singles = [bytes([value]) for value in range(256)]
        super().__init__([b"", *singles, *(word.encode() for word in vocabulary)], separator)
        self.vocabulary = tuple(vocabulary)
        self.number = number
        self._ids = {word: (step,) for step, word in enumerate(self.vocabulary, FIRST)}

    @classmethod
    def fit(cls, pieces: Iterable[Piece], separator: str, number: int) -> WordCodec:
        """The codec of the most frequent words."""
        return cls(frequent(pieces, number), separator, number=number)

    def grow(self, pieces: Iterable[Piece]) -> WordCodec:
        """New frequent words get the ids after the last one; old ids stay."""
        new = frequent(pieces, self.number, known=self._ids)
        if not new:
            return self
        return WordCodec([*self.vocabulary, *new], self.separator, number=self.number)

    def _tokenize(self, words: list[str]) -> Iterable[Sequence[int]]:
        for word in words:
            known = self._ids.get(word)
            yield known if known is not None else [byte + 1 for byte in word.encode()]

    def _content(self) -> dict[str, Any]:
        return {"number": self.number, "words": list(self.vocabulary)}

    @classmethod
    def from_content(cls, content: Mapping[str, Any], separator: str) -> WordCodec:
        """The codec of a checked `codec.json`; BundleError if it is invalid."""
        number = expect(content, "number", int)
        vocabulary = expect_strings(content, "words")
        if not 0 < number <= LARGEST_SIZE:
            raise BundleError(f"`number` in `{FILE}` is {number}, expected 1 to {LARGEST_SIZE}")
        for word in vocabulary:
            if WORDS.fullmatch(word) is None:
                raise BundleError(f"`words` in `{FILE}` has {word!r:.60}, which is not a word")
        return cls(vocabulary, separator, number=number)


def frequent(pieces: Iterable[Piece], number: int, known: Iterable[str] = ()) -> list[str]:
    """The `number` most frequent words that are not `known`, most frequent first.

    Memory is bounded by lossy counting (Manku and Motwani 2002): whenever too many different words
    were seen, those seen least are dropped.
    """
    counts: Counter[str] = Counter()
    dropped = 0
    for piece in pieces:
        counts.update(WORDS.findall(piece.content))
        while len(counts) > COUNTED:
            dropped += 1
            counts = Counter({word: count for word, count in counts.items() if count > dropped})
    known = set(known)
    candidates = [
        (-count, word)
        for word, count in counts.items()
        if count >= RAREST
        and word not in known
        and len(word) <= LONGEST
        and (len(word) > 1 or not word.isascii())  # a single byte has its id
    ]
    return [word for _, word in sorted(candidates)[:number]]
