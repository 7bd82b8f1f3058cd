"""From an automaton over bytes to one over the steps of a vocabulary."""

from __future__ import annotations

import numpy as np

from rnngen import Vocabulary
from rnngen_constrained.automata.byte_dfa import ByteDFA
from rnngen_constrained.automata.spelling import Ints, spelling_of
from rnngen_constrained.automata.token_dfa import TokenDFA, trimmed

LARGEST = 1 << 25
"""Most entries of a table: 128 MiB."""
AT_ONCE = 1 << 22


def lift(dfa: ByteDFA, vocabulary: Vocabulary) -> TokenDFA | None:
    """The token-level automaton; None if its table would be too large.

    Only states that tokens lead to are looked at: a long token steps over many bytes.
    """
    spelling = spelling_of(vocabulary)
    size = len(vocabulary)
    numbers = np.full(len(dfa.next) + 1, -1, np.int32)
    numbers[0] = 0
    order = np.zeros(1, np.int32)
    parts: list[Ints] = []
    done = 0
    at_once = max(1, AT_ONCE // spelling.nodes)
    while done < len(order):
        if len(order) * size > LARGEST:
            return None
        front = order[done : done + at_once]
        reached = spelling.read(dfa.next, dfa.classes, front)
        reached[vocabulary.end] = -1
        parts.append(reached)
        found = np.unique(reached)
        new = found[(found >= 0) & (numbers[found] < 0)]
        numbers[new] = np.arange(len(order), len(order) + len(new), dtype=np.int32)
        order = np.concatenate((order, new.astype(np.int32)))
        done += len(front)
    table = numbers[np.concatenate(parts, axis=1)].T
    made, _ = trimmed(table, np.arange(size, dtype=np.int32), dfa.accepting[order])
    return made
