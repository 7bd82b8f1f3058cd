"""A deterministic automaton over bytes, made from one over characters, spelled in UTF-8."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np
from numpy.typing import NDArray

from rnngen_constrained.automata.charset import Charset
from rnngen_constrained.automata.classes import blocks, over
from rnngen_constrained.automata.expression import Expression
from rnngen_constrained.automata.states import Automaton, members
from rnngen_constrained.automata.utf8 import byte_ranges
from rnngen_constrained.errors import Hostile

MOST_STATES = 20_000
"""Most states over characters."""
MOST_ENTRIES = 1 << 23
"""Most entries of the table over bytes: 32 MiB."""
Ints = NDArray[np.int32]


@dataclass(frozen=True)
class ByteDFA:
    """A table in which state 0 is the first, and −1 means that nothing can be accepted any more.

    Args:
        next: `[S,C]` int32, the state after a byte of a class.
        classes: `[256]`, the class of each byte.
        accepting: `[S]` bool.
    """

    next: Ints
    classes: Ints
    accepting: NDArray[np.bool_]


def compiled(expression: Expression) -> ByteDFA:
    """The automaton of an expression without rules and anchors.

    Raises:
        Hostile: it takes too many states, or too long.
    """
    letters = blocks([expression])
    return spelled(over(expression, letters, MOST_STATES), letters)


def spelled(part: Automaton, letters: Sequence[Charset], most: int = MOST_ENTRIES) -> ByteDFA:
    """A deterministic automaton over classes of characters, as one over their bytes.

    Args:
        part: its labels are sets of `letters`.
        letters: classes of characters.
        most: entries of the table.

    Raises:
        Hostile: it takes more.
    """
    spelling = _Spelling(letters)
    rows = _Rows(spelling, len(part.edges), most)
    for state, edges in enumerate(part.edges):
        targets = np.full(len(letters) + 1, -1, np.int32)
        live = 0
        for label, to in edges:
            assert isinstance(label, int)
            live |= label
            targets[members(label)] = to
        rows.first(state, targets, live)
    accepting = np.zeros(len(rows.made), bool)
    accepting[list(part.finals)] = True
    return ByteDFA(np.array(rows.made, np.int32), spelling.classes, accepting)


class _Spelling:
    """The UTF-8 of classes of characters as a tree, in which equal subtrees are one.

    Attributes:
        classes: `[256]`, bytes that no node tells apart.
        columns: for each node `[C]`: the letter that ends with a byte of a class; or, beyond the
            letters, the place of a node among `inner`; the last letter is none at all.
        inner: for each node, the nodes below it.
        letters: for each node, the letters below it.
        masks: the same, as a set of letters.
        short: for each node, its column without what continues below it.
        longer: for each node, the set of letters that continue below it.
    """

    def __init__(self, letters: Sequence[Charset]) -> None:
        self._count = len(letters)
        self._nodes: list[tuple[tuple[int, int, int], ...]] = []
        self._known: dict[tuple[tuple[int, int, int], ...], int] = {}
        listed = sorted(
            (ranges, number)
            for number, letter in enumerate(letters)
            for low, high in letter.intervals
            for ranges in byte_ranges(low, high)
        )
        self.root = self._node([(ranges, number) for ranges, number in listed])
        borders = {one for node in self._nodes for low, high, _ in node for one in (low, high + 1)}
        marks = np.zeros(257, np.int32)
        marks[sorted(borders - {0})] = 1
        self.classes: Ints = np.cumsum(marks[:256], dtype=np.int32)
        self.columns: list[Ints] = []
        self.inner: list[list[int]] = []
        self.letters: list[Ints] = []
        self.masks: list[int] = []
        self.short: list[Ints] = []
        self.longer: list[int] = []
        for node in self._nodes:
            self._column(node)

    def _node(self, listed: list[tuple[tuple[tuple[int, int], ...], int]]) -> int:
        """The node of sequences of ranges, each with its letter; below it −1 − node, or a letter.

        Ranges at one place are equal or apart, as `byte_ranges` cuts where they are not.
        """
        edges: list[tuple[int, int, int]] = []
        at = 0
        while at < len(listed):
            ranges, letter = listed[at]
            (low, high), after = ranges[0], at
            while after < len(listed) and listed[after][0][0] == (low, high):
                after += 1
            if len(ranges) == 1:
                edges.append((low, high, letter))
            else:
                below = self._node([(rest[1:], number) for rest, number in listed[at:after]])
                edges.append((low, high, -1 - below))
            at = after
        key = tuple(edges)
        if key not in self._known:
            self._known[key] = len(self._nodes)
            self._nodes.append(key)
        return self._known[key]

    def _column(self, node: Sequence[tuple[int, int, int]]) -> None:
        """Fills the tables; nodes come after those below them, which are already known."""
        inner = list(dict.fromkeys(-1 - below for _, _, below in node if below < 0))
        column = np.full(int(self.classes[-1]) + 1, self._count, np.int32)
        for low, high, below in node:
            value = below if below >= 0 else self._count + 1 + inner.index(-1 - below)
            column[self.classes[low] : self.classes[high] + 1] = value
        own = [below for _, _, below in node if below >= 0]
        parts = [np.array(own, np.int32), *(self.letters[one] for one in inner)]
        self.columns.append(column)
        self.inner.append(inner)
        letters = np.unique(np.concatenate(parts))
        self.letters.append(letters)
        self.masks.append(sum(1 << letter for letter in letters.tolist()))
        self.short.append(np.minimum(column, self._count))
        self.longer.append(reduce(or_, (self.masks[one] for one in inner), 0))


class _Rows:
    """Makes the rows of the table; inside a character, states with the same continuations merge."""

    def __init__(self, spelling: _Spelling, states: int, most: int) -> None:
        self._spelling = spelling
        self._most = most // (int(spelling.classes[-1]) + 1)
        none = np.full(0, -1, np.int32)
        self.made: list[Ints] = [none] * states
        self._known: dict[tuple[int, bytes], int] = {}

    def first(self, state: int, targets: Ints, live: int) -> None:
        """The row of a state between characters.

        Args:
            state: its number.
            targets: the states after each letter, −1 where there is none.
            live: the letters that have one.
        """
        self.made[state] = self._row(self._spelling.root, targets, live)
        if len(self.made) > self._most:
            raise Hostile(
                f"it takes more than {self._most} states over bytes",
                hint="use smaller repetition counts or smaller character classes",
            )

    def _row(self, node: int, targets: Ints, live: int) -> Ints:
        spelling = self._spelling
        if not live & spelling.longer[node]:
            return targets[spelling.short[node]]
        below = [self._inside(one, targets, live) for one in spelling.inner[node]]
        return np.concatenate((targets, np.array(below, np.int32)))[spelling.columns[node]]

    def _inside(self, node: int, targets: Ints, live: int) -> int:
        """The state inside a character; −1 if none of its letters continues."""
        if not live & self._spelling.masks[node]:
            return -1
        used = targets[self._spelling.letters[node]]
        key = node, used.tobytes()
        found = self._known.get(key)
        if found is None:
            row = self._row(node, targets, live)
            found = self._known[key] = len(self.made)
            self.made.append(row)
        return found
