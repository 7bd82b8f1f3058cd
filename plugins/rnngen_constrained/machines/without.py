"""A machine that allows everything but some steps."""

from __future__ import annotations

from collections.abc import Set

import numpy as np

from rnngen import Vocabulary
from rnngen_constrained.automata.token_dfa import TokenDFA, merged_columns
from rnngen_constrained.machines.table import TableMachine


def without(steps: Set[int], vocabulary: Vocabulary, name: str = "forbidden steps") -> TableMachine:
    """Allows everything but `steps`; `name` is what messages call it."""
    table = np.zeros((1, len(vocabulary)), np.int32)
    table[0, [*steps, vocabulary.end]] = -1
    small, classes = merged_columns(table)
    dfa = TokenDFA(small, classes, np.ones(1, bool), np.zeros(1, np.int32))
    return TableMachine(dfa, vocabulary, [name])
