"""Automata joined by product: what satisfies all of them, without dead ends.

The states of a product are the pairs that can be reached and from which both can end together, so
nothing is left that only one of them could finish. Masks that are merely intersected know
nothing of that: each part still sees a way to continue, but together they have none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rnngen_constrained.automata.token_dfa import Ints, TokenDFA, trimmed

MOST_PAIRS = 1 << 26
MOST_STATES = 200_000
MOST_ENTRIES = 1 << 25
"""Bounds of a product: possible pairs of states, states, and entries of its table."""


def product(first: TokenDFA, second: TokenDFA) -> tuple[TokenDFA, Ints] | None:
    """The automaton of what both accept, and the pair of states behind each state, `[S,2]`.

    None where it has too many states.
    """
    if first.empty or second.empty:
        return TokenDFA(*_nothing(len(first.classes))), np.empty((0, 2), np.int32)
    width = len(second)
    if len(first) * width > MOST_PAIRS:
        return None
    joint, classes = np.unique(
        first.classes.astype(np.int64) * second.next.shape[1] + second.classes,
        return_inverse=True,
    )
    columns = joint // second.next.shape[1], joint % second.next.shape[1]
    numbers = np.zeros(len(first) * width, np.int32)  # one more than the state, 0 for none yet
    numbers[0] = 1
    pairs = [np.zeros(1, np.int64)]
    rows: list[NDArray[np.int64]] = []
    count = 1
    front = pairs[0]
    while len(front):
        left = first.next[front // width][:, columns[0]]
        right = second.next[front % width][:, columns[1]]
        after = np.where((left < 0) | (right < 0), -1, left.astype(np.int64) * width + right)
        rows.append(after)
        found = np.unique(after)
        found = found[found >= 0]
        front = found[numbers[found] == 0]
        numbers[front] = np.arange(count + 1, count + 1 + len(front), dtype=np.int32)
        pairs.append(front)
        count += len(front)
        if count > MOST_STATES or count * len(joint) > MOST_ENTRIES:
            return None
    after = np.concatenate(rows)
    table = np.where(after < 0, -1, numbers[after] - 1).astype(np.int32)
    codes = np.concatenate(pairs)
    origin = np.stack((codes // width, codes % width), axis=1).astype(np.int32)
    accepting = first.accepting[origin[:, 0]] & second.accepting[origin[:, 1]]
    made, alive = trimmed(table, classes.astype(np.int32).reshape(-1), accepting)
    return made, origin[alive]


def _nothing(size: int) -> tuple[Ints, Ints, NDArray[np.bool_], Ints]:
    none = np.empty(0, np.int32)
    return np.empty((0, 1), np.int32), np.zeros(size, np.int32), none.astype(bool), none


def product_of_all(parts: Sequence[TokenDFA]) -> tuple[TokenDFA, Ints] | None:
    """The automaton of what all accept, and the parts' states behind each state, `[S,P]`.

    The smallest are joined first, as what they rule out keeps the rest small.
    """
    order = sorted(range(len(parts)), key=lambda number: len(parts[number]))
    made = parts[order[0]]
    origin = np.arange(len(made), dtype=np.int32)[:, None]
    for number in order[1:]:
        joined = product(made, parts[number])
        if joined is None:
            return None
        made, pairs = joined
        origin = np.concatenate((origin[pairs[:, 0]], pairs[:, 1:]), axis=1)
    behind = np.empty_like(origin)
    behind[:, order] = origin
    return made, behind
