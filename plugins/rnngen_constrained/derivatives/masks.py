"""The tokens that may follow a term, remembered for all terms that begin alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnngen_constrained.derivatives.horizon import cut
from rnngen_constrained.derivatives.space import Space
from rnngen_constrained.derivatives.term import Term
from rnngen_constrained.derivatives.walk import Walk

ROOM = 1 << 24
"""Most tokens in all masks together: 64 MiB."""


class Masks:
    """Makes masks and keeps them.

    Args:
        space: of the terms.
        walk: walks through the tokens.
        longest: bytes of the longest token.
    """

    def __init__(self, space: Space, walk: Walk, longest: int) -> None:
        self._space, self._walk, self._longest = space, walk, longest
        self._masks: dict[Term, NDArray[np.int32]] = {}
        self._cuts: dict[Term, Term] = {}
        self._size = 0

    def forget(self) -> None:
        """Forgets all masks."""
        self._masks.clear()
        self._cuts.clear()
        self._size = 0

    def tokens(self, term: Term) -> NDArray[np.int32]:
        """The tokens after which a text in the term can still be finished, without a limit."""
        near = self._cuts.get(term)
        if near is None:
            near = self._cuts[term] = cut(self._space, term, self._longest)
        mask = self._masks.get(near)
        if mask is None:
            mask = np.flatnonzero(self._walk.ends(near)[0] >= 0).astype(np.int32)
            if self._size + len(mask) > ROOM:
                self.forget()
            self._masks[near] = mask
            self._size += len(mask) + 1
        return mask
