"""The fewest bytes to an end, and whether there is any.

A term's `low` is exact where it is simple. Under intersection, complement and look-around the
shortest text is searched for by A* (Hart, Nilsson and Raphael 1968) with `low` as its bound; what
a search learns is kept with the terms. The emptiness of an intersection is PSPACE-hard, so a
search has a limit.
"""

from __future__ import annotations

import heapq

from rnngen_constrained.derivatives.space import Space
from rnngen_constrained.derivatives.term import INFINITE, Rows, Term
from rnngen_constrained.errors import Hostile

MOST_STATES = 50_000


class Endings:
    """Finds the shortest endings.

    Args:
        space: of the terms.
        most: states that one search may visit.
    """

    def __init__(self, space: Space, most: int = MOST_STATES) -> None:
        self._space = space
        self._most = most
        self._live: dict[Term, Rows] = {}

    def forget(self) -> None:
        """Forgets the rows that were made."""
        self._live.clear()

    def alive(self, term: Term) -> bool:
        """Whether any text is in a term."""
        return self.fewest(term) < INFINITE

    def rows(self, term: Term) -> Rows:
        """What follows each byte, without dead ends."""
        rows = self._live.get(term)
        if rows is None:
            rows = self._space.rows(term)
            if not term.simple:
                rows = [row for row in rows if self.alive(row[1])]
            else:
                rows = [row for row in rows if row[1].low < INFINITE]
            self._live[term] = rows
        return rows

    def fewest(self, term: Term) -> int:
        """The length of the shortest text in a term; INFINITE if there is none.

        Raises:
            Hostile: the search took too many states.
        """
        if term.simple:
            return term.low
        if term.fewest is None:
            self._search(term)
        assert term.fewest is not None
        return term.fewest

    def shortest(self, term: Term) -> bytes:
        """A shortest text, of which there must be one."""
        text = bytearray()
        while not self._space.ends(term):
            mask, term = min(self.rows(term), key=lambda row: (self.fewest(row[1]), row[1].number))
            text.append((mask & -mask).bit_length() - 1)
        return bytes(text)

    def _search(self, first: Term) -> None:
        space = self._space
        best = {first: 0}
        before: dict[Term, Term] = {}
        queue = [(first.low, 0, first)]
        closed: set[Term] = set()
        found: Term | None = None
        beyond = INFINITE
        while queue:
            bound, _, term = heapq.heappop(queue)
            if bound >= min(beyond, INFINITE):
                break
            if term in closed:
                continue
            closed.add(term)
            if len(closed) > self._most:
                raise Hostile(
                    f"no end was found among the first {self._most:,} states",
                    hint="simplify what is combined by look-around, or by several rules at once",
                )
            known = 0 if space.ends(term) else self._known(term)
            if known is not None:
                if best[term] + known < beyond:
                    found, beyond = term, best[term] + known
                continue
            for _, after in space.rows(term):
                cost = best[term] + 1
                if cost < best.get(after, INFINITE) and after.low < INFINITE:
                    best[after], before[after] = cost, term
                    heapq.heappush(
                        queue, (cost + (self._known(after) or after.low), after.number, after)
                    )
        if found is None:
            for term in closed:
                term.fewest = INFINITE
            return
        left = beyond - best[found]
        while True:
            found.fewest = left
            if found is first:
                return
            found, left = before[found], left + 1

    @staticmethod
    def _known(term: Term) -> int | None:
        return term.low if term.simple else term.fewest
