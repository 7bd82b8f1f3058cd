"""Sets of characters as intervals of code points."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

LAST = 0x10FFFF
_SURROGATES = (0xD800, 0xDFFF)
_PLANES = 0x40000
"""Where letters, digits and blanks end: the later planes of Unicode have none."""


@dataclass(frozen=True)
class Charset:
    """A set of characters: sorted intervals of code points, both ends included, none adjacent.

    Halves of surrogate pairs are not characters: they have no UTF-8.
    """

    intervals: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, intervals: Iterable[tuple[int, int]]) -> Charset:
        """The set of some intervals, in any order and overlapping."""
        merged: list[tuple[int, int]] = []
        for low, high in sorted(_without_surrogates(intervals)):
            if merged and low <= merged[-1][1] + 1:
                merged[-1] = merged[-1][0], max(high, merged[-1][1])
            else:
                merged.append((low, high))
        return cls(tuple(merged))

    @classmethod
    def chars(cls, text: str) -> Charset:
        """The set of the characters of a text."""
        return cls.of((ord(char), ord(char)) for char in text)

    @property
    def size(self) -> int:
        """How many characters it has."""
        return sum(high - low + 1 for low, high in self.intervals)

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def __contains__(self, char: str) -> bool:
        code = ord(char)
        index = bisect_right(self.intervals, (code, LAST)) - 1
        return index >= 0 and code <= self.intervals[index][1]

    def __or__(self, other: Charset) -> Charset:
        return Charset.of((*self.intervals, *other.intervals))

    def __and__(self, other: Charset) -> Charset:
        return ~(~self | ~other)

    def __invert__(self) -> Charset:
        gaps, start = [], 0
        for low, high in self.intervals:
            gaps.append((start, low - 1))
            start = high + 1
        gaps.append((start, LAST))
        return Charset.of((low, high) for low, high in gaps if low <= high)

    def __sub__(self, other: Charset) -> Charset:
        return self & ~other

    def __iter__(self) -> Iterator[str]:
        for low, high in self.intervals:
            yield from map(chr, range(low, high + 1))

    def first(self) -> str:
        """A member for messages: a printable one if the first ones include any."""
        for _, char in zip(range(200), self, strict=False):
            if char.isprintable() and not char.isspace():
                return char
        return chr(self.intervals[0][0])


@lru_cache(maxsize=256)
def matching(expression: str) -> Charset:
    """The characters of a class such as `\\w`, as `re` itself sees them."""
    spans = (match.span() for match in re.finditer(f"(?:{expression})+", _everything()))
    size = _SURROGATES[1] - _SURROGATES[0] + 1
    return Charset.of(
        (_code(low, size), _code(high - 1, size)) for low, high in spans if high > low
    )


@lru_cache(maxsize=1)
def _everything() -> str:
    codes = np.arange(_PLANES, dtype="<u4")
    kept = (codes < _SURROGATES[0]) | (codes > _SURROGATES[1])
    return codes[kept].tobytes().decode("utf-32-le")


def _code(index: int, gap: int) -> int:
    return index if index < _SURROGATES[0] else index + gap


def _without_surrogates(intervals: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    first, last = _SURROGATES
    for low, high in intervals:
        if high < first or low > last:
            yield low, high
            continue
        if low < first:
            yield low, first - 1
        if high > last:
            yield last + 1, high


ANY = Charset.of([(0, LAST)])
NOTHING = Charset(())
