"""Words as a minimal automaton, and texts in which every word is one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set

from rnngen_constrained.automata.byte_dfa import ByteDFA, determinize
from rnngen_constrained.automata.nfa import NFA
from rnngen_constrained.automata.utf8 import byte_ranges
from rnngen_constrained.errors import Hostile

APOSTROPHE = "'"
MOST_NODES = 400_000
BETWEEN = (
    (0x09, 0x0D), (0x20, 0x26), (0x28, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E),
    (0xA0, 0xA9), (0xAB, 0xB1), (0xB4, 0xB4), (0xB6, 0xB8), (0xBB, 0xBB), (0xBF, 0xBF),
    (0xD7, 0xD7), (0xF7, 0xF7), (0x2010, 0x205E), (0x20A0, 0x20BF), (0x2190, 0x22FF),
    (0x3000, 0x3003), (0x3008, 0x3011),
)  # fmt: skip
"""Signs that stand between words: those that are neither letters nor digits, `'` set apart."""


_RUN = "[^" + "".join(f"\\U{a:08x}-\\U{b:08x}" for a, b in BETWEEN) + "]+"


def is_word_character(character: str) -> bool:
    """Whether a word may have it: all but the signs of `BETWEEN`."""
    code = ord(character)
    return not any(first <= code <= last for first, last in BETWEEN)


def stranger(text: str, words: Set[str]) -> str | None:
    """The first word of a text that is not in a list; None where all are.

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
                    raise Hostile("the list of words is too long", hint="take fewer of them")
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
    nfa = NFA(largest=4 * MOST_NODES)
    numbers: dict[int, int] = {}
    signs: dict[str, int] = {}

    def state_of(node: int) -> int:
        if node not in numbers:
            numbers[node] = nfa.add()
        return numbers[node]

    def reads(state: int, character: str, target: int) -> None:
        spelt = character.encode()
        for place, byte in enumerate(spelt):
            after = target if place == len(spelt) - 1 else nfa.add()
            nfa.reads[state].append((byte, byte, after))
            state = after

    final, between, quoted = nfa.add(), nfa.add(), nfa.add()
    nfa.start, nfa.final = between, final
    nfa.silent[between] += [final]
    for first, last in BETWEEN:
        for sequence in byte_ranges(first, last):
            state = between
            for place, (low, high) in enumerate(sequence):
                end = place == len(sequence) - 1
                key = f"{sequence[: place + 1]}"
                if not end and key not in signs:
                    signs[key] = nfa.add()
                after = between if end else signs[key]
                if (low, high, after) not in nfa.reads[state]:
                    nfa.reads[state].append((low, high, after))
                state = after
    # From inside or after a word, the same signs lead to where a word may begin.
    outside = nfa.add()
    nfa.reads[outside] = list(nfa.reads[between])
    nfa.silent[outside].append(final)
    reads(between, APOSTROPHE, between)
    nfa.silent[quoted].append(outside)
    numbers[0] = between
    waiting, seen = [0], {0}
    while waiting:
        node = waiting.pop()
        state = state_of(node)
        if dawg.ends[node] and node:
            nfa.silent[state].append(outside)
            reads(state, APOSTROPHE, quoted)
        for character, child in dawg.children[node].items():
            reads(state, character, state_of(child))
            if child not in seen:
                seen.add(child)
                waiting.append(child)
    return determinize(nfa, most_states=4 * MOST_NODES, most_work=100_000_000)
