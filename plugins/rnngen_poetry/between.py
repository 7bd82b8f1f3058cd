"""What may stand between words, and the tokens that equal or begin with it.

after a word     " " another word     "," comma     ". ; : ! ?" stop     line end: a new line
after a comma    " " another word     line end: a new line
after a stop     line end: a new line
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rnngen_poetry.trie import Ints, Trie

Place = Literal["word", "comma", "stop"]
"""What was written last: a whole word, the comma after it, or another sign."""

COMMA = b","
STOPS = b".;:!?"
AFTER: dict[Place, bytes] = {"word": b" \n,.;:!?", "comma": b" \n", "stop": b"\n"}
PLAIN: dict[Place, bytes] = {"word": b" \n", "comma": b"", "stop": b""}
"""What may follow at each place: with commas and stops, and without."""


@dataclass(frozen=True)
class Moves:
    """The tokens that may follow at a place, by where they lead.

    Args:
        words: tokens that lead into the next word of the line, and their nodes.
        lines: tokens that lead into the next line, and their nodes.
        commas: tokens that are a comma.
        stops: tokens that are another sign.
        spanning: tokens in which the next word ends as well.
    """

    words: tuple[Ints, Ints]
    lines: tuple[Ints, Ints]
    commas: tuple[int, ...]
    stops: tuple[int, ...]
    spanning: tuple[int, ...]


def find_moves(
    trie: Trie, place: Place, tokens: Sequence[tuple[int, bytes]], follows: dict[Place, bytes]
) -> Moves:
    """Finds the moves from a place.

    Args:
        trie: of the words.
        place: what was written last.
        tokens: those that begin with what may stand between words, each with its number.
        follows: what may follow at each place.
    """
    found: dict[str, list[tuple[int, int]]] = {"words": [], "lines": [], "spanning": []}
    signs: dict[Place, list[int]] = {"comma": [], "stop": []}
    for number, text in tokens:
        at, rest = place, text
        while rest and rest[0] in follows[at] and rest[0] not in b" \n":
            at, rest = ("comma" if rest[0] in COMMA else "stop"), rest[1:]
        if not rest and at != place:
            signs[at].append(number)
        elif rest and rest[0] in follows[at]:
            root = 0 if rest[0] == 0x20 else trie.line_start
            kind, node = _lead(trie, root, rest[1:])
            if node >= 0:
                leads = kind or ("words" if rest[0] == 0x20 else "lines")
                found[leads].append((number, node))
    words, lines = _pair(found["words"]), _pair(found["lines"])
    spanning = tuple(number for number, _ in found["spanning"])
    return Moves(words, lines, tuple(signs["comma"]), tuple(signs["stop"]), spanning)


def _lead(trie: Trie, root: int, text: bytes) -> tuple[str, int]:
    """The node that a text leads to, or, if `spanning`, of the word that ends in it; -1: none."""
    size = next((place for place, byte in enumerate(text) if byte in AFTER["word"]), len(text))
    node = trie.walk(root, text[:size])
    if size == len(text):
        return "", node
    return "spanning", node if node >= 0 and trie.word[node] >= 0 else -1


def _pair(moves: Sequence[tuple[int, int]]) -> tuple[Ints, Ints]:
    table = np.array(moves, np.int32).reshape(-1, 2)
    return table[:, 0], table[:, 1]
