"""The constraints `must-include` and `must-not-include`: texts within the text.

The automaton of Aho and Corasick 1975 knows at every place which of the wanted texts end there; to
include all of them, a state also has the set of those that have been seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from rnngen import Constraint, Machine, Single, Vocabulary
from rnngen_constrained.automata.byte_dfa import ByteDFA
from rnngen_constrained.automata.bytewise import whole_characters
from rnngen_constrained.errors import Hostile
from rnngen_constrained.machines.bind import bind_bytes
from rnngen_constrained.whole_text import text_fault

MOST_STATES = 50_000
LONGEST, LONGEST_TOGETHER = 1_000, 10_000
"""Most bytes of one text, and of all together; each byte is a state or more."""


class MustInclude(Constraint):
    """The text contains all of `texts` somewhere; they may overlap."""

    many = True
    proven = True

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = tuple(dict.fromkeys(texts))
        self.name = f"must_include={','.join(self.texts)}"

    def singly(self) -> list[MustInclude]:
        """A constraint for each text, of which an error names the one that can't be included."""
        return [MustInclude([text]) for text in self.texts]

    def bind(self, vocabulary: Vocabulary) -> Machine | Single:
        """The machine; Hostile where that many texts take too many states."""
        table, classes, found = _automaton("must_include", self.texts)
        everything = (1 << len(self.texts)) - 1
        numbers: dict[tuple[int, int], int] = {(0, 0): 0}
        waiting = [(0, 0)]
        rows = []
        for node, seen in waiting:
            row = []
            for after in table[node]:
                state = after, seen | found[after]
                if state not in numbers:
                    numbers[state] = len(waiting)
                    waiting.append(state)
                row.append(numbers[state])
            rows.append(row)
            if len(waiting) > MOST_STATES:
                raise Hostile(
                    f"`must_include` of {len(self.texts)} texts takes more than {MOST_STATES} "
                    "states",
                    hint="each further text doubles them; use fewer",
                )
        accepting = np.array([seen == everything for _, seen in waiting])
        dfa = ByteDFA(np.array(rows, np.int32), classes, accepting)
        dfa = whole_characters(dfa, vocabulary, self.name)
        return bind_bytes(self.name, dfa, vocabulary, "".join(self.texts))

    def fault(self, machine: Machine | Single, steps: Sequence[int]) -> str | None:
        """The text that is missing in a finished one."""

        def missing(text: str) -> str | None:
            return next((f"`{one}` is missing" for one in self.texts if one not in text), None)

        return text_fault(machine.vocabulary, steps, missing)


class MustNotInclude(Constraint):
    """The text contains none of `texts`."""

    many = True
    proven = True

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = tuple(dict.fromkeys(texts))
        self.name = f"must_not_include={','.join(self.texts)}"

    def bind(self, vocabulary: Vocabulary) -> Machine | Single:
        """The machine."""
        table, classes, found = _automaton("must_not_include", self.texts)
        rows = np.array(table, np.int32)
        rows[np.array(found, object)[rows].astype(bool)] = -1
        dfa = ByteDFA(rows, classes, np.ones(len(rows), bool))
        return bind_bytes(self.name, whole_characters(dfa, vocabulary, self.name), vocabulary)

    def fault(self, machine: Machine | Single, steps: Sequence[int]) -> str | None:
        """The forbidden text that a finished one contains."""

        def present(text: str) -> str | None:
            return next((f"the text contains `{one}`" for one in self.texts if one in text), None)

        return text_fault(machine.vocabulary, steps, present)


def _automaton(kind: str, texts: Sequence[str]) -> tuple[list[list[int]], np.ndarray, list[int]]:
    """The table `[nodes][classes]`, the class of each byte, and which texts end at each node.

    Raises:
        Hostile: the texts are far too long.
    """
    words = [text.encode() for text in texts]
    for size, most, whose in (
        (max(map(len, words)), LONGEST, "a text"),
        (sum(map(len, words)), LONGEST_TOGETHER, "texts"),
    ):
        if size > most:
            raise Hostile(
                f"`{kind}` has {whose} of {size} bytes, expected at most {most}",
                hint="use less; to describe a whole text, use a regex or a grammar",
            )
    letters = sorted({byte for word in words for byte in word})
    classes = np.zeros(256, np.int32)
    classes[letters] = np.arange(1, len(letters) + 1)
    children: list[dict[int, int]] = [{}]
    found = [0]
    for number, word in enumerate(words):
        node = 0
        for letter in classes[list(word)].tolist():
            if letter not in children[node]:
                children[node][letter] = len(children)
                children.append({})
                found.append(0)
            node = children[node][letter]
        found[node] |= 1 << number
    width = len(letters) + 1
    table = [[0] * width for _ in children]
    fallback = [0] * len(children)
    waiting = deque([0])
    while waiting:
        node = waiting.popleft()
        found[node] |= found[fallback[node]]
        for letter in range(width):
            shorter = table[fallback[node]][letter] if node else 0
            child = children[node].get(letter)
            if child is not None:
                fallback[child] = shorter
                waiting.append(child)
            table[node][letter] = shorter if child is None else child
    return table, classes, found
