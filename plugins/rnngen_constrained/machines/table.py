"""The machine of a token-level automaton: states are numbers, masks are rows of a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from rnngen import INFINITE, Machine, Reason, Vocabulary
from rnngen_constrained.automata.byte_dfa import ByteDFA
from rnngen_constrained.automata.token_dfa import Ints, TokenDFA, shortest
from rnngen_constrained.machines.table_single import TableSingle

LARGEST = 1 << 24
"""Most entries of a table with a column for each step; larger ones have one for each class."""
SMALL = 32767
"""Costs below this are kept in 16 bits: what is compared for every step is half as much."""


class TableMachine(Machine):
    """`Machine` of an automaton that is not empty; rows are `[B]` int64.

    Args:
        dfa: of what is allowed.
        vocabulary: of its steps.
        names: the constraints behind it, as the user wrote them.
        parts: the machine of each of them, to say which one forbids a step; none for itself.
        behind: `[S,P]`, the state of each part in every state.
        spelt: automata over bytes that accept what it accepts, and possibly more.
    """

    engine = "table"
    exact = True

    def __init__(
        self,
        dfa: TokenDFA,
        vocabulary: Vocabulary,
        names: Sequence[str],
        parts: Sequence[TableMachine] = (),
        behind: Ints | None = None,
        spelt: Sequence[ByteDFA] = (),
    ) -> None:
        self.dfa = dfa
        self.vocabulary = vocabulary
        self.names = list(names)
        self._spelt = list(spelt)
        self.parts = list(parts) or [self]
        own = np.arange(len(dfa), dtype=np.int32)[:, None]
        self.behind = own if behind is None else behind
        # A cost that no budget reaches.
        self._never = SMALL if int(dfa.needed.max()) + 1 < SMALL else INFINITE
        cost, classes = self._costs()
        self.ample = int(cost[cost < self._never].max(initial=0))
        """With more steps left than this, the length does not matter."""
        next_state = np.concatenate((dfa.next, np.full((len(dfa), 1), -1, np.int32)), axis=1)
        next_state[:, -1] = np.arange(len(dfa))
        self._dense = len(dfa) * len(vocabulary) <= LARGEST
        if self._dense:
            cost = np.ascontiguousarray(cost[:, classes])
            next_state = next_state[:, classes]
        self._width = cost.shape[1]
        self._cost = torch.from_numpy(cost)
        self._mask = torch.from_numpy(cost < self._never)
        self._next = torch.from_numpy(np.ascontiguousarray(next_state))
        self._classes = torch.from_numpy(classes)
        self._needed = torch.from_numpy(dfa.needed.astype(np.int64))

    def start(self, batch: int) -> Tensor:
        """The first state, 0, `batch` times."""
        return torch.zeros(batch, dtype=torch.int64)

    def allowed(self, rows: Tensor, left: Tensor | None) -> Tensor:
        """`[B,V]` bool: one look-up, and a comparison where little is left."""
        if left is None or not len(left) or int(left.min()) > self.ample:
            mask = self._mask.index_select(0, rows)
        else:
            # Compared once for rows that are alike: a comparison costs more than copying its rows.
            never = self._never
            keys = rows * never + left.clamp(max=never - 1)
            alike, places = torch.unique(keys, return_inverse=True)
            budget = (alike % never).to(self._cost.dtype).unsqueeze(1)
            mask = (self._cost.index_select(0, alike // never) <= budget).index_select(0, places)
        return mask if self._dense else mask.index_select(1, self._classes)

    def advance(self, rows: Tensor, steps: Tensor) -> Tensor:
        """The states after `steps [B]`."""
        columns = steps if self._dense else self._classes[steps]
        places = rows * self._width + columns
        return self._next.view(-1).index_select(0, places).long()

    def select(self, rows: Tensor, index: Tensor) -> Tensor:
        """The states of some rows."""
        return rows[index]

    def needed(self, rows: Tensor) -> Tensor:
        """`[B]` int64, exact."""
        return self._needed[rows]

    def single(self) -> TableSingle:
        """The same for one sequence."""
        return TableSingle(self)

    def spelt(self) -> Sequence[ByteDFA]:
        """The automata given when it was made."""
        return self._spelt

    def explain(self, rows: Tensor, row: int, step: int, left: int | None) -> Reason:
        """Says which part forbids a step, that none does alone, or that too little is left."""
        state = int(rows[row])
        if bool(self.allowed(rows[row : row + 1], _one(left))[0, step]):
            raise ValueError(f"step {step} is allowed")
        vocabulary, ending = self.vocabulary, shortest(self.dfa, state)
        what = "an end" if step == vocabulary.end else f"`{vocabulary.names[step]}`"
        after = self._after(self.dfa, state, step)
        if after is not None:
            needs = int(self.dfa.needed[after]) + 1
            text = f"the shortest way to continue with {what} takes {needs} steps, {left} are left"
            return Reason("length", " and ".join(self.names), text, ending)
        for name, part, own in zip(
            self.names, self.parts, self.behind[state].tolist(), strict=True
        ):
            if self._after(part.dfa, own, step) is None:
                return Reason("rule", name, part.sentence(own, step), ending)
        names = " and ".join(f"`{name}`" for name in self.names)
        text = f"after {what} nothing satisfies {names} together"
        return Reason("jointly", " and ".join(self.names), text, ending)

    def sentence(self, state: int, step: int) -> str:
        """Why a single constraint forbids a step in one of its own states."""
        names = self.vocabulary.names
        what = "an end" if step == self.vocabulary.end else f"`{names[step]}`"
        return f"`{self.names[0]}` does not allow {what} here"

    def _after(self, dfa: TokenDFA, state: int, step: int) -> int | None:
        if step == self.vocabulary.end:
            return state if dfa.accepting[state] else None
        after = int(dfa.next[state, dfa.classes[step]])
        return None if after < 0 else after

    def _costs(self) -> tuple[np.ndarray, np.ndarray]:
        """Steps that have to be left for each step of a class, `[S,C+1]`; the end's class is last.

        The end takes none; any other step itself, and what is needed after it.
        """
        dfa, never = self.dfa, self._never
        needed = np.append(dfa.needed, INFINITE)
        cost = np.minimum(needed[dfa.next].astype(np.int64) + 1, never)
        end = np.where(dfa.accepting, 0, never)[:, None]
        classes = dfa.classes.astype(np.int64).copy()
        classes[self.vocabulary.end] = dfa.next.shape[1]
        kind = np.int16 if never == SMALL else np.int32
        return np.concatenate((cost, end), axis=1).astype(kind), classes


def _one(left: int | None) -> Tensor | None:
    return None if left is None else torch.tensor([left])
