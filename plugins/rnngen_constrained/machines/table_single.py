"""A table as a machine for one sequence, to combine with machines that have no table."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from rnngen import INFINITE, Reason, Single, Vocabulary
from rnngen_constrained.automata.token_dfa import Ints, TokenDFA


class Table(Protocol):
    """The part of a `TableMachine` that is used here."""

    vocabulary: Vocabulary
    dfa: TokenDFA

    def explain(self, rows: Tensor, row: int, step: int, left: int | None) -> Reason: ...  # noqa: D102


class TableSingle(Single):
    """States are numbers."""

    engine = "table"
    exact = True
    complete = True
    measured = True

    def __init__(self, machine: Table) -> None:
        self.vocabulary = machine.vocabulary
        self._machine = machine
        self._dfa = machine.dfa
        self.ample = int(self._dfa.needed.max()) + 1
        self._needed = np.append(self._dfa.needed, INFINITE)

    def start(self) -> int:
        """The first state, 0."""
        return 0

    def allowed(self, state: int, left: int | None) -> Ints:
        """The steps that may follow."""
        most = INFINITE - 1 if left is None else left - 1
        good = (self._needed[self._dfa.next[state]] <= most)[self._dfa.classes]
        good[self.vocabulary.end] = self._dfa.accepting[state]
        return np.flatnonzero(good).astype(np.int32)

    def advance(self, state: int, step: int) -> int:
        """The state after a step."""
        return int(self._dfa.next[state, self._dfa.classes[step]])

    def needed(self, state: int) -> int:
        """The fewest steps to a valid ending."""
        return int(self._dfa.needed[state])

    def needed_after(self, state: int) -> Ints:
        """`[V]`: the fewest steps to a valid ending after each step."""
        after: Ints = self._needed[self._dfa.next[state]][self._dfa.classes]
        after[self.vocabulary.end] = -1 if self._dfa.accepting[state] else INFINITE
        return after

    def explain(self, state: int, step: int, left: int | None) -> Reason:
        """Which part of the table forbids a step, and why."""
        return self._machine.explain(torch.tensor([state]), 0, step, left)
