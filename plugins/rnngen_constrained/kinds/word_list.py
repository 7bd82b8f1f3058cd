"""Words as a minimal automaton, and texts in which every word is one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set

from rnngen_constrained.automata.byte_dfa import ByteDFA, spelled
from rnngen_constrained.automata.charset import Charset
from rnngen_constrained.automata.states import Automaton, subsets
from rnngen_constrained.errors import Hostile

APOSTROPHE = "'"
MOST_NODES = 400_000
MOST_STEPS = 100_000_000
MOST_ENTRIES = 1 << 27
"""Bounds of the automaton of a list, see `subsets` and `spelled`."""
BETWEEN = (
    (0x09, 0x0D), (0x20, 0x26), (0x28, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E),
    (0xA0, 0xA9), (0xAB, 0xB1), (0xB4, 0xB4), (0xB6, 0xB8), (0xBB, 0xBB), (0xBF, 0xBF),
    (0xD7, 0xD7), (0xF7, 0xF7), (0x2010, 0x205E), (0x20A0, 0x20BF), (0x2190, 0x22FF),
    (0x3000, 0x3003), (0x3008, 0x3011),
)  # fmt: skip
"""Signs that stand between words: those that are neither letters nor digits, `'` set apart."""


_RUN = "[^" + "".join(f"\\U{a:08x}-\\U{b:08x}" for a, b in BETWEEN) + "]+"


def is_word_character(character: str) -> bool:
    """Whether a word may contain it: all but the signs of `BETWEEN`."""
    code = ord(character)
    return not any(first <= code <= last for first, last in BETWEEN)


def stranger(text: str, words: Set[str]) -> str | None:
    """The first word of a text that is not in a list; None if all are.

    An apostrophe may also open or close a quotation: it belongs to a word where the word has it.
    """
    for run in re.findall(_RUN, text):
        first = len(run) - len(run.lstrip(APOSTROPHE))
        starts = range(first + 1)
        ends = [len(run)] if not run.endswith(APOSTROPHE) else [len(run), len(run) - 1]
        if run.strip(APOSTROPHE) and not any(
            run[start:end] in words for start in starts for end in ends
        ):
            return str(run)
    return None


class Dawg:
    """A minimal acyclic automaton: beginnings and endings of words are shared.

    Nodes that accept the same endings are one, found from the longest words' ends back (Daciuk et
    al. 2000, for words in order).
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.children: list[dict[str, int]] = [{}]
        self.ends: list[bool] = [False]
        self._alike: dict[tuple[bool, tuple[tuple[str, int], ...]], int] = {}
        open_nodes: list[tuple[int, str, int]] = []
        last = ""
        for word in sorted(set(words)):
            same = 0
            while same < min(len(word), len(last)) and word[same] == last[same]:
                same += 1
            self._close(open_nodes, same)
            node = open_nodes[-1][2] if open_nodes else 0
            for character in word[same:]:
                child = len(self.children)
                if child > MOST_NODES:
                    raise Hostile("the list of words is too long", hint="use fewer words")
                self.children.append({})
                self.ends.append(False)
                self.children[node][character] = child
                open_nodes.append((node, character, child))
                node = child
            self.ends[node] = True
            last = word
        self._close(open_nodes, 0)

    def _close(self, open_nodes: list[tuple[int, str, int]], depth: int) -> None:
        """Nodes deeper than `depth` get no more children: each becomes one that is alike."""
        while len(open_nodes) > depth:
            parent, character, child = open_nodes.pop()
            key = self.ends[child], tuple(self.children[child].items())
            self.children[parent][character] = self._alike.setdefault(key, child)


def texts_of(words: Iterable[str]) -> ByteDFA:
    """The automaton of texts in which every word is one of `words`.

    A word goes from a sign of `BETWEEN` to the next. An apostrophe is part of a word where the word
    has it; after a whole word it may also close a quotation.

    Raises:
        Hostile: there are too many words.
    """
    dawg = Dawg(words)
    characters = sorted({APOSTROPHE, *(char for node in dawg.children for char in node)})
    signs = Charset.of(BETWEEN)
    letters = [signs - Charset.chars("".join(characters)), *map(Charset.chars, characters)]
    labels = {char: 1 << number for number, char in enumerate(characters, 1)}
    sign = 1 + sum(label for char, label in labels.items() if char in signs)
    between, after = 0, len(dawg.children)
    part = Automaton([[] for _ in range(after + 1)], {between, after})
    part.edges[between] = [(sign, between), (labels[APOSTROPHE], between)]
    part.edges[after] = [(sign, between)]
    waiting, seen = [0], {0}
    while waiting:
        node = waiting.pop()
        if dawg.ends[node] and node:
            part.finals.add(node)
            part.edges[node] = [(sign, between), (labels[APOSTROPHE], after)]
        for character, child in dawg.children[node].items():
            part.edges[node].append((labels[character], child))
            if child not in seen:
                seen.add(child)
                waiting.append(child)
    return spelled(subsets(part, 4 * MOST_NODES, MOST_STEPS), letters, MOST_ENTRIES)
