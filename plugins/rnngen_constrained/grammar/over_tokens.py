"""Tokens over a reader of units: which tokens may follow a state, and what an ending then costs.

Tokens whose units are of the same classes do the same, so a vocabulary is a trie over classes with
a group of tokens at each place, and one walk through the part that a state allows finds them all.
"""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from rnngen import INFINITE
from rnngen_constrained.grammar.network import Network
from rnngen_constrained.grammar.stack import Reader, State

Costs = NDArray[np.int64]


class _Place:
    """A place in the trie: what follows by class, and the number of the group that ends here."""

    __slots__ = ("after", "group")

    def __init__(self) -> None:
        self.after: dict[int, _Place] = {}
        self.group = -1


class Lift:
    """The tokens of a vocabulary over a reader.

    Attributes:
        word: `[tokens]` the classes of each token; None where some unit is in no text.
    """

    def __init__(self, reader: Reader, network: Network) -> None:
        self._reader = reader
        self._trie = _Place()
        self.word: list[tuple[int, ...] | None] = []
        groups: list[int] = []
        count = 0
        for units in network.alphabet.spelled:
            word = tuple(network.unit_class[unit] for unit in units)
            if not word or -1 in word:
                self.word.append(None)
                groups.append(-1)
                continue
            self.word.append(word)
            place = self._trie
            for number in word:
                place = place.after.setdefault(number, _Place())
            if place.group < 0:
                place.group = count
                count += 1
            groups.append(place.group)
        # The last group holds the tokens that may never follow.
        self._group = np.array([count if group < 0 else group for group in groups], np.int64)
        self._groups = count + 1

    def costs(self, state: State) -> Costs:
        """`[tokens]` the fewest steps to an ending after each token, or INFINITE."""
        return self._by_group(state)[self._group]

    def within(self, state: State, left: int) -> NDArray[np.int64]:
        """The tokens after which an ending takes at most `left` more steps."""
        return np.flatnonzero((self._by_group(state) <= left)[self._group])

    def advance(self, state: State, token: int) -> State | None:
        """The state after a token; None where it may not follow."""
        after: State | None = state
        for number in self.word[token] or (-1,):
            if after is None:
                return None
            after = self._reader.advance(after, number)
        return after

    def _by_group(self, state: State) -> Costs:
        if state.costs is None:
            costs = np.full(self._groups, INFINITE, np.int64)
            reader = self._reader
            todo = [(state, self._trie)]
            while todo:
                at, place = todo.pop()
                for number, cost in reader.costs(at).items():
                    after = place.after.get(number)
                    if after is None:
                        continue
                    if after.group >= 0:
                        costs[after.group] = cost
                    if after.after:
                        then = reader.advance(at, number)
                        if then is not None:
                            todo.append((then, after))
            state.costs = costs
        return cast(Costs, state.costs)
