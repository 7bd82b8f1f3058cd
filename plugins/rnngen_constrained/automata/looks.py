"""Look-around in regular expressions: its notation, and word boundaries as look-around."""

from __future__ import annotations

from collections.abc import Iterator

from rnngen_constrained.automata.expression import Chars, Expression, Look, sequence

LOOKS = {"(?=": (True, False), "(?!": (True, True), "(?<=": (False, False), "(?<!": (False, True)}
"""Whether a look-around looks ahead, and whether it is negative."""


def boundaries(word: Chars, *, edge: bool) -> Iterator[Expression]:
    """The places between a letter of a word and something else, or (not `edge`) all others."""
    for before in (True, False):
        after = before != edge
        yield sequence([Look(word, False, not before), Look(word, True, not after)])
