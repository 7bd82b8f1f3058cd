"""A deterministic automaton over bytes, by the subset construction (Rabin and Scott 1959)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnngen_constrained.automata.nfa import NFA
from rnngen_constrained.errors import Hostile

MOST_STATES = 20_000
MOST_WORK = 4_000_000
"""Bounds of the construction: states, and steps of it; a second or so."""
HINT = "such expressions repeat something long after a choice; say it more exactly"


@dataclass(frozen=True)
class ByteDFA:
    """State 0 is the first; −1 is where nothing can be accepted any more.

    Args:
        next: `[S,C]` int32, the state after a byte of a class.
        classes: `[256]`, the class of each byte.
        accepting: `[S]` bool.
    """

    next: NDArray[np.int32]
    classes: NDArray[np.int32]
    accepting: NDArray[np.bool_]


def determinize(nfa: NFA, most_states: int = MOST_STATES, most_work: int = MOST_WORK) -> ByteDFA:
    """The deterministic automaton.

    Args:
        nfa: what is to be decided.
        most_states: of the result.
        most_work: steps of the construction.

    Raises:
        Hostile: it takes too many states, or too long.
    """
    classes, representatives = _classes(nfa)
    class_of = classes.tolist()
    reads = [
        [(class_of[first], class_of[last], target) for first, last, target in transitions]
        for transitions in nfa.reads
    ]
    work = _Work(most_work)
    closures = _Closures(nfa, work)
    start = closures.of({nfa.start}, at_start=True)
    numbers: dict[frozenset[int], int] = {start: 0}
    waiting = [start]
    accepting = [closures.accepts(start, at_start=True)]
    rows: list[dict[int, int]] = []
    while len(rows) < len(waiting):
        states = waiting[len(rows)]
        reached: dict[int, set[int]] = {}
        for state in states:
            for first, last, target in reads[state]:
                work.add(last - first + 1)
                for number in range(first, last + 1):
                    reached.setdefault(number, set()).add(target)
        row = {}
        seen: dict[frozenset[int], int] = {}
        for number, targets in reached.items():
            key = frozenset(targets)
            if key not in seen:
                found = closures.of(targets)
                # The first set is set apart, as only there an anchor sees the beginning.
                place = numbers.get(found)
                if place is None or (place == 0 and nfa.begin):
                    place = len(waiting)
                    numbers[found] = place
                    waiting.append(found)
                    accepting.append(closures.accepts(found))
                seen[key] = place
            row[number] = seen[key]
        rows.append(row)
        if len(waiting) > most_states:
            raise Hostile(f"it takes more than {most_states} states to decide", hint=HINT)
    table = np.full((len(rows), len(representatives)), -1, np.int32)
    for number, row in enumerate(rows):
        if row:
            table[number, list(row)] = list(row.values())
    return ByteDFA(table, classes, np.array(accepting))


def _classes(nfa: NFA) -> tuple[NDArray[np.int32], list[int]]:
    """The class of every byte: bytes that no transition tells apart; and one byte of each."""
    borders = {0}
    for transitions in nfa.reads:
        for first, last, _ in transitions:
            borders.update((first, last + 1))
    starts = sorted(border for border in borders if border < 256)
    marks = np.zeros(256, np.int32)
    marks[starts[1:]] = 1
    return np.cumsum(marks, dtype=np.int32), starts


class _Work:
    """Counts the steps of a construction; Hostile once there are more than `most`."""

    def __init__(self, most: int) -> None:
        self._most = self._left = most

    def add(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise Hostile(f"it takes more than {self._most} steps to decide", hint=HINT)


class _Closures:
    """The states one is in at the same time."""

    def __init__(self, nfa: NFA, work: _Work) -> None:
        self._nfa = nfa
        self._work = work
        self._known: dict[int, frozenset[int]] = {}

    def of(self, states: set[int], *, at_start: bool = False) -> frozenset[int]:
        if at_start:
            return frozenset(self._search(states, begin=True, end=False))
        if len(states) == 1:
            return self._one(next(iter(states)))
        found: set[int] = set()
        for state in states:
            if state not in found:
                more = self._one(state)
                self._work.add(1 + len(more) // 16)  # a union is that much faster than a search
                found |= more
        return frozenset(found)

    def accepts(self, states: frozenset[int], *, at_start: bool = False) -> bool:
        """Whether the text may end here."""
        if not self._nfa.end:
            return self._nfa.final in states
        return self._nfa.final in self._search(set(states), begin=at_start, end=True)

    def _one(self, state: int) -> frozenset[int]:
        if state not in self._known:
            found = self._search({state}, begin=False, end=False)
            # What only passes on matters no more; without it, equal sets are equal more often.
            nfa = self._nfa
            self._known[state] = frozenset(
                part for part in found if nfa.reads[part] or part == nfa.final or part in nfa.end
            )
        return self._known[state]

    def _search(self, states: set[int], *, begin: bool, end: bool) -> set[int]:
        nfa = self._nfa
        found, waiting = set(states), list(states)
        while waiting:
            state = waiting.pop()
            after = nfa.silent[state]
            if begin and state in nfa.begin:
                after = after + nfa.begin[state]
            if end and state in nfa.end:
                after = after + nfa.end[state]
            self._work.add(1 + len(after))
            for target in after:
                if target not in found:
                    found.add(target)
                    waiting.append(target)
        return found
