"""The fewest tokens to an end, exactly, and only where it matters.

Tokens cross every boundary of the structure, so the fewest tokens do not follow from it. Two bounds
do: the fewest bytes, divided by the longest token, from below; and from above the fewest bytes, if
every byte or character is a token. Only where the two disagree about a limit is the shortest way
searched for, by A* over the terms that tokens lead to.
"""

from __future__ import annotations

import heapq

import numpy as np

from rnngen_constrained.derivatives.endings import Endings
from rnngen_constrained.derivatives.space import Space
from rnngen_constrained.derivatives.term import INFINITE, Term
from rnngen_constrained.derivatives.walk import Walk

MOST_STATES = 2000
"""Terms whose tokens one search may walk through."""


class Budget:
    """Counts tokens to the end.

    Args:
        space: of the terms.
        endings: the fewest bytes.
        walk: walks through the tokens.
        longest: bytes of the longest token.
        free: whether every text can be written by tokens of one byte or character.
        most: see `MOST_STATES`.
    """

    def __init__(
        self,
        space: Space,
        endings: Endings,
        walk: Walk,
        longest: int,
        *,
        free: bool,
        most: int = MOST_STATES,
    ) -> None:
        self._space, self._endings, self._walk = space, endings, walk
        self._longest, self._free, self._most = longest, free, most
        self._exact: dict[Term, int] = {}
        self._more: dict[Term, int] = {}

    def forget(self) -> None:
        """Forgets what was found."""
        self._exact.clear()
        self._more.clear()

    def least(self, term: Term) -> int:
        """A lower bound of the tokens to an end."""
        fewest = self._endings.fewest(term)
        return INFINITE if fewest >= INFINITE else -(-fewest // self._longest)

    def most(self, term: Term) -> int:
        """An upper bound; INFINITE if none is known."""
        return self._exact.get(term, self._endings.fewest(term) if self._free else INFINITE)

    def needed(self, term: Term) -> int:
        """The fewest tokens to an end; an upper bound if the search for it has no end."""
        found = self._search(term, INFINITE)
        return self.most(term) if found is None else found

    def fits(self, term: Term, left: int) -> bool:
        """Whether an end takes at most `left` tokens; no, if the search does not find one."""
        if left < 0 or self.least(term) > left:
            return False
        if self.most(term) <= left:
            return True
        if term in self._exact or self._more.get(term, -1) >= left:
            return False
        found = self._search(term, left)
        return found is not None and found <= left

    def _search(self, first: Term, left: int) -> int | None:
        """The fewest tokens, INFINITE if more than `left`; None if there are too many terms."""
        if first in self._exact:
            return self._exact[first]
        cost = {first: 0}
        before: dict[Term, Term] = {}
        queue = [(self.least(first), first.number, first)]
        closed: set[Term] = set()
        while queue:
            bound, _, term = heapq.heappop(queue)
            if bound > left or bound >= INFINITE:
                break
            if term in closed:
                continue
            closed.add(term)
            if self._space.ends(term):
                return self._keep(first, term, before)
            if len(closed) > self._most:
                return None
            numbers, terms = self._walk.ends(term)
            for number in np.unique(numbers[numbers >= 0]).tolist():
                after = terms[number]
                if cost[term] + 1 < cost.get(after, INFINITE):
                    cost[after], before[after] = cost[term] + 1, term
                    heapq.heappush(queue, (cost[after] + self.least(after), after.number, after))
        if left >= INFINITE:
            self._exact[first] = INFINITE
        else:
            self._more[first] = left
        return INFINITE

    def _keep(self, first: Term, last: Term, before: dict[Term, Term]) -> int:
        """Remembers the way that was found, which is a shortest one from all terms on it."""
        count = 0
        while True:
            self._exact[last] = count
            if last is first:
                return count
            last, count = before[last], count + 1
