"""An automaton over bytes whose table over steps would be too large: rows are made on demand."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from rnngen import INFINITE, Reason, Single, Vocabulary
from rnngen_constrained.automata.byte_dfa import ByteDFA
from rnngen_constrained.automata.spelling import Ints, Spelling, spelling_of
from rnngen_constrained.automata.token_dfa import distances
from rnngen_constrained.errors import Hostile, Unspellable

ROWS = 1 << 24
"""Most entries of remembered rows: 64 MiB."""
LARGEST = 1 << 25
AT_ONCE = 4096


class LazyLift(Single):
    """`Single`; a state is that of the automaton over bytes.

    A valid ending can be spelled character by character, which gives an upper bound of what is
    needed: nothing that was allowed turns out to be too long.

    Args:
        name: the constraint, for messages.
        dfa: what is allowed.
        vocabulary: the steps.

    Raises:
        Unspellable: no valid sequence can be spelled by steps of one character, or one byte.
        Hostile: there are too many states even for that.
    """

    engine = "automaton over bytes, states made when reached"
    exact = False
    measured = True

    def __init__(self, name: str, dfa: ByteDFA, vocabulary: Vocabulary) -> None:
        self.name = name
        self.vocabulary = vocabulary
        self.dfa = dfa
        self._spelling = spelling_of(vocabulary)
        self.short = short_steps(vocabulary)
        self._table = self._spelt()
        self.distance: Ints = distances(self._table, dfa.accepting)
        if self.distance[0] >= INFINITE:
            raise Unspellable(
                f"the model's tokens of one character can't write anything that satisfies `{name}`",
                hint="train on text with its characters, or with `--tokens byte`",
            )
        self.complete = are_spelt(vocabulary)
        self.ample = int(self.distance[self.distance < INFINITE].max()) + 1
        """With more steps left than this, the length does not matter."""
        self.row = lru_cache(max(16, ROWS // len(vocabulary)))(self._row)

    def start(self) -> int:
        """The first state, 0."""
        return 0

    def allowed(self, state: int, left: int | None) -> Ints:
        """The steps that may follow."""
        after = self.row(state)
        needed = np.where(after >= 0, self.distance[after], INFINITE)
        good = needed <= (INFINITE - 1 if left is None else left - 1)
        good[self.vocabulary.end] = self.dfa.accepting[state]
        return np.flatnonzero(good).astype(np.int32)

    def advance(self, state: int, step: int) -> int:
        """The state after a step."""
        return int(self.row(state)[step])

    def needed(self, state: int) -> int:
        """Characters to the nearest valid ending: an upper bound of the steps."""
        return int(self.distance[state])

    def needed_after(self, state: int) -> Ints:
        """`[V]`: characters to a valid ending after each step."""
        after = self.row(state)
        needed: Ints = np.where(after >= 0, self.distance[after], np.int32(INFINITE))
        needed[self.vocabulary.end] = -1 if self.dfa.accepting[state] else INFINITE
        return needed

    def spelt(self) -> list[ByteDFA]:
        """Its automaton."""
        return [self.dfa]

    def explain(self, state: int, step: int, left: int | None) -> Reason:
        """Says whether the step is forbidden by itself, or takes too long."""
        name, names = self.name, self.vocabulary.names
        what = "an end" if step == self.vocabulary.end else f"`{names[step]}`"
        after = self.advance(state, step) if step != self.vocabulary.end else -1
        if after < 0 or self.distance[after] >= INFINITE:
            text = f"`{name}` does not allow {what} here"
            return Reason("rule", name, text, self.ending(state))
        needs = int(self.distance[after]) + 1
        text = f"continuing with {what} may take {needs} steps, {left} are left"
        return Reason("length", name, text, self.ending(state))

    def ending(self, state: int) -> list[int]:
        """A valid ending of as few characters as possible."""
        steps = []
        while self.distance[state]:
            after = self._table[state]
            far = np.where(after >= 0, self.distance[after], INFINITE)
            place = int(far.argmin())
            steps.append(int(self.short[place]))
            state = int(after[place])
        return steps

    def _row(self, state: int) -> Ints:
        """`[V]`: the state after each step."""
        states = np.array([state], np.int32)
        return self._spelling.read(self.dfa.next, self.dfa.classes, states)[:, 0]

    def _spelt(self) -> Ints:
        """`[S,K]`: the states after the steps of one character."""
        count = len(self.dfa.next)
        if count * len(self.short) > LARGEST:
            raise Hostile(
                f"`{self.name}` takes {count} states, too many for {len(self.short)} characters",
                hint="use fewer constraints at once, or simpler ones",
            )
        spelling = Spelling([self.vocabulary.tokens[step] for step in self.short])
        return np.concatenate(
            [
                spelling.read(
                    self.dfa.next,
                    self.dfa.classes,
                    np.arange(start, min(start + AT_ONCE, count), dtype=np.int32),
                ).T
                for start in range(0, count, AT_ONCE)
            ]
        )


def are_spelt(vocabulary: Vocabulary) -> bool:
    """Whether all that tokens can write can be written by steps of one character, or one byte.

    Where it can't, sequences without such a spelling are not found, so that nothing follows from
    finding none.
    """
    short = {vocabulary.tokens[step] for step in short_steps(vocabulary)}
    for token in vocabulary.tokens:
        if token in short or all(bytes([byte]) in short for byte in token):
            continue
        try:
            text = token.decode()
        except UnicodeDecodeError:
            return False
        if not all(character.encode() in short for character in text):
            return False
    return True


def short_steps(vocabulary: Vocabulary) -> list[int]:
    """The steps of one character or one byte; of equal ones, the first."""
    found: dict[bytes, int] = {}
    for step, token in enumerate(vocabulary.tokens):
        if len(token) == 1 or (token and len(token.decode(errors="ignore")) == 1):
            found.setdefault(token, step)
    return list(found.values())
