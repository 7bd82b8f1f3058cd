"""The token-level automaton: what may be written next, and how many steps an ending takes.

Every state can be reached and leads to a valid end, so that there are no dead ends; steps that no
state tells apart are one class, so that the tables stay small for any vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnngen import INFINITE

Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class TokenDFA:
    """A table in which state 0 is the first. No states at all: nothing is valid.

    Args:
        next: `[S,C]` int32, the state after a step of a class, −1 where it is not allowed.
        classes: `[V]` int32, the class of each step. The end is in a class that is never allowed.
        accepting: `[S]`, where a sequence may end.
        needed: `[S]` int32, the fewest steps from there to a valid end.
    """

    next: Ints
    classes: Ints
    accepting: Bools
    needed: Ints

    def __len__(self) -> int:
        return len(self.next)

    @property
    def empty(self) -> bool:
        """Whether nothing is valid."""
        return not len(self.next)


def trimmed(next: Ints, classes: Ints, accepting: Bools) -> tuple[TokenDFA, Ints]:
    """The automaton without useless states, and which of the old ones are left `[S']`."""
    needed = distances(next, accepting)
    alive = reachable(next, needed < INFINITE)
    numbers = np.full(len(next) + 1, -1, np.int32)
    numbers[:-1][alive] = np.arange(len(alive), dtype=np.int32)
    table = numbers[next[alive]]
    table, kinds = merged_columns(table)
    return TokenDFA(table, kinds[classes], accepting[alive], needed[alive]), alive


def reachable(next: Ints, useful: Bools) -> Ints:
    """States that can be reached from state 0 over useful ones, in order of number."""
    if not len(next) or not useful[0]:
        return np.empty(0, np.int32)
    seen = np.zeros(len(next), bool)
    seen[0] = True
    front: NDArray[np.integer] = np.zeros(1, np.int64)
    while len(front):
        found = np.unique(next[front])
        found = found[found >= 0]
        front = found[useful[found] & ~seen[found]]
        seen[front] = True
    return np.flatnonzero(seen).astype(np.int32)


def distances(next: Ints, accepting: Bools) -> Ints:
    """`[S]`: the fewest steps from each state to an accepting one, INFINITE where there is none."""
    count = len(next)
    needed = np.full(count, INFINITE, np.int32)
    front = np.flatnonzero(accepting)
    needed[front] = 0
    # Edges in order of where they lead, to walk backwards from the ends.
    sources, columns = np.nonzero(next >= 0)
    targets = next[sources, columns]
    order = np.argsort(targets, kind="stable")
    sources = sources[order]
    starts = np.searchsorted(targets[order], np.arange(count + 1))
    steps = 0
    while len(front):
        steps += 1
        found = sources[_spans(starts[front], starts[front + 1])]
        front = np.unique(found[needed[found] == INFINITE])
        needed[front] = steps
    return needed


def _spans(firsts: NDArray[np.int64], lasts: NDArray[np.int64]) -> NDArray[np.int64]:
    """All numbers in `[first, last)` of each pair, one after another."""
    lengths = lasts - firsts
    offsets = np.repeat(firsts - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)
    return offsets + np.arange(int(lengths.sum()))


def merged_columns(table: Ints) -> tuple[Ints, Ints]:
    """Merges equal columns: the table `[S,C']`, and the new column of each old one `[C]`."""
    count = len(table)
    weights = np.random.Generator(np.random.Philox(0)).integers(1, 2**62, count, dtype=np.uint64)
    with np.errstate(over="ignore"):
        marks = (table.T.astype(np.uint64) * weights).sum(1, dtype=np.uint64)
    _, first, kinds = np.unique(marks, return_index=True, return_inverse=True)
    small = np.ascontiguousarray(table[:, first])
    if not np.array_equal(small[:, kinds], table):  # different columns share a mark
        small, kinds = np.unique(table, axis=1, return_inverse=True)
    return small, kinds.astype(np.int32).reshape(-1)


def shortest(dfa: TokenDFA, state: int) -> list[int]:
    """The steps of a shortest valid ending from a state; of several, the one of lowest numbers."""
    first = np.full(dfa.next.shape[1], -1)
    first[dfa.classes[::-1]] = np.arange(len(dfa.classes))[::-1]
    steps = []
    while dfa.needed[state]:
        after = dfa.next[state]
        good = np.flatnonzero((after >= 0) & (dfa.needed[after] == dfa.needed[state] - 1))
        best = good[first[good].argmin()]
        steps.append(int(first[best]))
        state = int(after[best])
    return steps
