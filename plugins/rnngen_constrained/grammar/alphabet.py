"""The units that make up tokens: characters, or bytes if some token is part of a character.

Sets of units are integers whose bits are the units. A unit that is a token by itself is `single`:
the fewest steps to an ending are counted over these, so they are exact where every token is one
unit, and an upper bound otherwise.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from rnngen_constrained.automata.charset import Charset
from rnngen_constrained.automata.utf8 import byte_ranges


class Alphabet:
    """The units of a vocabulary.

    Args:
        tokens: the bytes of each token; empty ones stand for no text.

    Attributes:
        by_bytes: whether units are bytes.
        units: the code point, or the byte, of each unit.
        spelled: the units of each token.
        single: the set of units that are tokens.
    """

    def __init__(self, tokens: Sequence[bytes]) -> None:
        spelled: list[str | bytes]
        try:
            spelled = [token.decode() for token in tokens]
            self.by_bytes = False
            different = sorted({ord(char) for text in spelled for char in str(text)})
        except UnicodeDecodeError:
            spelled = list(tokens)
            self.by_bytes = True
            different = sorted({byte for token in tokens for byte in token})
        self.units = different
        self._index = {unit: index for index, unit in enumerate(different)}
        self.spelled = [
            tuple(self._index[unit if isinstance(unit, int) else ord(unit)] for unit in token)
            for token in spelled
        ]
        self.single = 0
        for token_units in self.spelled:
            if len(token_units) == 1:
                self.single |= 1 << token_units[0]

    def mask(self, intervals: Iterable[tuple[int, int]]) -> int:
        """The units within some intervals of code points, or of bytes."""
        found = 0
        for low, high in intervals:
            start, stop = bisect_left(self.units, low), bisect_right(self.units, high)
            found |= (1 << stop) - (1 << start)
        return found

    def sequences(self, chars: Charset) -> list[tuple[int, ...]]:
        """The characters of a set as sequences of sets of units; what can't be spelled is left out.

        One for characters; for bytes, those of UTF-8, see `byte_ranges`.
        """
        if not self.by_bytes:
            mask = self.mask(chars.intervals)
            return [(mask,)] if mask else []
        found: dict[tuple[int, ...], int] = {}
        for interval in chars.intervals:
            for ranges in byte_ranges(*interval):
                masks = tuple(self.mask([one]) for one in ranges)
                if all(masks):
                    found[masks[1:]] = found.get(masks[1:], 0) | masks[0]
        return [(first, *rest) for rest, first in found.items()]

    def cost(self, chars: Charset) -> int | None:
        """The fewest single units that spell a character of the set; None if none do."""
        costs = [
            len(masks)
            for masks in self.sequences(chars)
            if all(mask & self.single for mask in masks)
        ]
        return min(costs, default=None)
