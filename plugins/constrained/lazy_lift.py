"""An automaton over bytes whose table over steps would be too large: rows are made when met."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from rnngen_constrained.byte_dfa import ByteDFA
from rnngen_constrained.errors import Hostile
from rnngen_constrained.machine import INFINITE, Reason, Vocabulary
from rnngen_constrained.spelling import Ints, spelling_of
from rnngen_constrained.token_dfa import distances

ROWS = 1 << 24
"""Entries of rows that are remembered, at most: 64 MiB."""


class LazyLift:
    """`Single`; a state is that of the automaton over bytes.

    A valid ending can be spelt byte by byte, which gives an upper bound of what is needed: nothing
    that was allowed turns out to be too long.

    Raises:
        Hostile: the vocabulary does not have the bytes for that, and the automaton is too large for
            a table.
    """

    exact = False

    def __init__(self, name: str, dfa: ByteDFA, vocabulary: Vocabulary) -> None:
        self.name = name
        self.vocabulary = vocabulary
        self._dfa = dfa
        self._spelling = spelling_of(vocabulary)
        self._step_of_class = self._spelt(dfa)
        spelt = np.where(self._step_of_class >= 0, dfa.next, np.int32(-1))
        self.distance = distances(spelt, dfa.accepting)
        if self.distance[0] >= INFINITE:
            raise Hostile(
                f"`{name}` takes {len(dfa.next)} states, too many for a table of the "
                f"{len(vocabulary)} tokens, which do not have the single bytes to do without one",
                hint="make it smaller, or train with `--tokens char` or `--tokens byte`",
            )
        self.ample = int(self.distance[self.distance < INFINITE].max()) + 1
        """With more steps left than this, what is left plays no part."""
        self.row = lru_cache(max(16, ROWS // len(vocabulary)))(self._row)

    def start(self) -> int:
        """State 0."""
        return 0

    def allowed(self, state: int, left: int | None) -> Ints:
        """The steps that may follow."""
        after = self.row(state)
        needed = np.where(after >= 0, self.distance[after], INFINITE)
        most = INFINITE - 1 if left is None else left - 1
        good = needed <= most
        good[self.vocabulary.end] = self._dfa.accepting[state]
        return np.flatnonzero(good).astype(np.int32)

    def advance(self, state: int, step: int) -> int:
        """The state after a step."""
        return int(self.row(state)[step])

    def needed(self, state: int) -> int:
        """The fewest bytes to a valid ending: an upper bound of the steps."""
        return int(self.distance[state])

    def explain(self, state: int, step: int, left: int | None) -> Reason:
        """Whether the step is forbidden by itself, or takes too long."""
        name, names = self.name, self.vocabulary.names
        what = "an end" if step == self.vocabulary.end else f"`{names[step]}`"
        after = self.advance(state, step) if step != self.vocabulary.end else -1
        ending = self._ending(state)
        if after < 0 or self.distance[after] >= INFINITE:
            return Reason("rule", name, f"`{name}` does not allow {what} here", ending)
        needs = int(self.distance[after]) + 1
        text = f"going on with {what} may take {needs} steps, {left} are left"
        return Reason("length", name, text, ending)

    def _row(self, state: int) -> Ints:
        """`[V]`: the state after each step."""
        states = np.array([state], np.int32)
        return self._spelling.read(self._dfa.next, self._dfa.classes, states)[:, 0]

    def _ending(self, state: int) -> list[int]:
        steps = []
        while self.distance[state]:
            after = self._dfa.next[state]
            far = np.where(
                (after >= 0) & (self._step_of_class >= 0), self.distance[after], INFINITE
            )
            number = int(far.argmin())
            steps.append(int(self._step_of_class[number]))
            state = int(after[number])
        return steps

    def _spelt(self, dfa: ByteDFA) -> Ints:
        """`[C]`: a step that writes a byte of the class alone, −1 where there is none."""
        found = np.full(dfa.next.shape[1], -1, np.int32)
        for step, token in enumerate(self.vocabulary.tokens):
            if len(token) == 1 and found[dfa.classes[token[0]]] < 0:
                found[dfa.classes[token[0]]] = step
        return found
