"""Walks all tokens from a term: where each of them leads.

States are numbered terms with a row of 256 bytes, filled when first needed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnngen_constrained.derivatives.endings import Endings
from rnngen_constrained.derivatives.term import Term
from rnngen_constrained.derivatives.trie import Trie

DEAD = -1
MOST_STATES = 8192
"""States with rows; with more, all are forgotten. A row takes a kilobyte."""


class Walk:
    """Walks from terms through the tokens of a vocabulary.

    Args:
        endings: tells which bytes lead to dead ends.
        trie: the tokens.
        most: states kept.
    """

    def __init__(self, endings: Endings, trie: Trie, most: int = MOST_STATES) -> None:
        self._endings = endings
        self._trie = trie
        self._most = most
        self.forget()

    def forget(self) -> None:
        """Forgets all states."""
        self._terms: list[Term] = []
        self._numbers: dict[Term, int] = {}
        self._filled = np.zeros(64, bool)
        self._rows = np.full((64, 256), DEAD, np.int32)

    def ends(self, term: Term) -> tuple[NDArray[np.int64], list[Term]]:
        """Where tokens lead.

        Returns:
            for each token the number of the term after it, or DEAD, and the terms by number.
        """
        if len(self._terms) > self._most:
            self.forget()
        found = np.full(self._trie.size, DEAD, np.int64)
        at = np.array([self._number(term)], np.int64)
        for level in self._trie.levels:
            here = at[level.parents]
            alive = np.flatnonzero(here >= 0)
            if not len(alive):
                break
            states = here[alive]
            self._fill(states)
            at = np.full(len(level.parents), DEAD, np.int64)
            at[alive] = self._rows[states, level.bytes[alive]]
            found[level.tokens] = at[level.nodes]
        return found, self._terms

    def _fill(self, states: NDArray[np.int64]) -> None:
        for state in np.unique(states[~self._filled[states]]).tolist():
            for mask, after in self._endings.rows(self._terms[state]):
                self._rows_at(state, mask, self._number(after))
            self._filled[state] = True

    def _rows_at(self, state: int, mask: int, number: int) -> None:
        bits = np.unpackbits(
            np.frombuffer(mask.to_bytes(32, "little"), np.uint8), bitorder="little"
        )
        self._rows[state, bits.astype(bool)] = number

    def _number(self, term: Term) -> int:
        number = self._numbers.get(term)
        if number is None:
            number = self._numbers[term] = len(self._terms)
            self._terms.append(term)
            if number >= len(self._rows):
                self._filled = np.concatenate([self._filled, np.zeros_like(self._filled)])
                self._rows = np.concatenate([self._rows, np.full_like(self._rows, DEAD)])
        return number
