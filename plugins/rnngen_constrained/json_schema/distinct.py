"""Machines that write no key twice, over machines that do not know the earlier keys.

Steps that complete a key the object already has are left out. A grammar does not know this: if
nothing else is left (few steps remain, or few names are allowed), they stay, and the check of the
whole document refuses it. A library's matcher is followed with plans, which never need them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnngen import INFINITE, Reason, Single, Vocabulary
from rnngen_constrained.grammar.machine import GrammarMachine
from rnngen_constrained.json_schema.keys import Keys, after
from rnngen_constrained.machines.planned import Matcher


class State(NamedTuple):
    """The state of the machine below, and the keys so far."""

    inner: Hashable
    keys: Keys


class DistinctKeys(Single):
    """Writes no key twice, over the machine of a grammar.

    Args:
        inner: the machine.
    """

    engine = "grammar with a stack, and the keys so far"
    measured = True

    def __init__(self, inner: GrammarMachine) -> None:
        self.vocabulary = inner.vocabulary
        self.name = inner.name
        self.exact = inner.exact
        self.complete = inner.complete
        self._inner = inner
        self._ends_key = np.array([b'"' in token for token in self.vocabulary.tokens])

    def start(self) -> State:
        """The state before the first step."""
        return State(self._inner.start(), Keys())

    def allowed(self, state: State, left: int | None) -> NDArray[np.int64]:
        """The steps that may follow, without those that complete a key for the second time."""
        steps = np.asarray(self._inner.allowed(state.inner, left), np.int64)
        return self._kept(state, steps)

    def advance(self, state: State, step: int) -> State:
        """The state after a step that is allowed; ValueError for another."""
        inner = self._inner.advance(state.inner, step)
        if step == self.vocabulary.end:
            return state
        return State(inner, after(state.keys, self.vocabulary.tokens[step])[0])

    def needed(self, state: State) -> int:
        """The fewest steps to an ending, as the grammar sees it."""
        return self._inner.needed(state.inner)

    def needed_after(self, state: State) -> NDArray[np.int32]:
        """`[V]`: the fewest steps to an ending after each step."""
        needed = self._inner.needed_after(state.inner)
        steps = np.flatnonzero(needed < INFINITE)
        left_out = np.setdiff1d(steps, self._kept(state, steps))
        needed[left_out] = INFINITE
        return needed

    def explain(self, state: State, step: int, left: int | None) -> Reason:
        """Why a step is forbidden; ValueError where it is allowed."""
        inside = step in set(np.asarray(self._inner.allowed(state.inner, left)).tolist())
        if inside and step not in set(self.allowed(state, left).tolist()):
            shown = self.vocabulary.names[step]
            text = f"{shown} completes a key that the object already has"
            return Reason("rule", self.name, text, self._inner.ending(state.inner))
        return self._inner.explain(state.inner, step, left)

    def _kept(self, state: State, steps: NDArray[np.int64]) -> NDArray[np.int64]:
        if not state.keys.some or not len(steps):
            return steps
        good = np.ones(len(steps), bool)
        for index in np.flatnonzero(self._ends_key[steps]).tolist():
            token = self.vocabulary.tokens[int(steps[index])]
            good[index] = not after(state.keys, token)[1]
        return steps[good] if good.any() else steps


class DistinctMatcher:
    """A `Matcher` over a library's, without a state after a key that is written twice."""

    def __init__(self, inner: Matcher, vocabulary: Vocabulary, keys: Keys | None = None) -> None:
        self._inner = inner
        self._vocabulary = vocabulary
        self._keys = keys or Keys()

    def allowed(self) -> Sequence[int]:
        """The steps that may follow, without the end."""
        return self._inner.allowed()

    def final(self) -> bool:
        """Whether the text may end here."""
        return self._inner.final()

    def after(self, step: int) -> DistinctMatcher | None:
        """The state after a step; None if the library fails, or a key is written twice."""
        keys, twice = after(self._keys, self._vocabulary.tokens[step])
        found = None if twice else self._inner.after(step)
        return None if found is None else DistinctMatcher(found, self._vocabulary, keys)

    def ends(self, steps: Sequence[int]) -> bool:
        """Whether the text may end after these steps."""
        keys = self._keys
        for step in steps:
            keys, twice = after(keys, self._vocabulary.tokens[step])
            if twice:
                return False
        return self._inner.ends(steps)
