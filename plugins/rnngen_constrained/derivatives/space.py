"""Terms and what follows them, each found once."""

from __future__ import annotations

from rnngen_constrained.derivatives import kinds
from rnngen_constrained.derivatives.maker import Maker
from rnngen_constrained.derivatives.rowset import gathered, then
from rnngen_constrained.derivatives.term import EVERY, Conditions, Rows, Term


class Space(Maker):
    """The terms of one constraint.

    Args:
        most: with more terms than this, what is kept should be forgotten; it is made again when
            needed.
    """

    def __init__(self, most: int = 400_000) -> None:
        self._most = most
        self._passes: dict[Term, Conditions] = {}
        self._rest: dict[Term, Rows] = {}
        self._raw: dict[Term, Rows] = {}
        super().__init__()

    @property
    def full(self) -> bool:
        """Whether there are more terms than should be kept."""
        return len(self) > self._most

    def forget(self) -> None:
        """Forgets all terms but those that others hold; these stay right, but are made again."""
        super().forget()
        self._passes.clear()
        self._rest.clear()
        self._raw.clear()

    def passes(self, term: Term) -> Conditions:
        """The conditions under which a term is passed without reading."""
        found = self._passes.get(term)
        if found is None:
            found = term.passes(self)
            self._passes[term] = found
        return found

    def all_of(self, one: Conditions, other: Conditions) -> Conditions:
        """The conditions of passing two terms."""
        if one == (self.everything,):
            return other
        if other == (self.everything,):
            return one
        made = dict.fromkeys(self.both((a, b)) for a in one for b in other)
        made.pop(self.nothing, None)
        return tuple(made)

    def ends(self, term: Term) -> bool:
        """Whether the empty text is in a term."""
        conditions = self.passes(term)
        return self.everything in conditions or any(map(self.ends, conditions))

    def rows_then(self, term: Term, rest: Term) -> Rows:
        """What follows each byte of a term and then `rest`."""
        if not term.plain:
            return term.rows_then(self, rest)
        rows = self._rest.get(term)
        if rows is None:
            rows = self._rest[term] = term.rows_then(self, self.empty)
        return then(self, rows, rest)

    def raw(self, term: Term) -> Rows:
        """What follows each byte, while look-behinds still look at what was read before it."""
        rows = self._raw.get(term)
        if rows is None:
            rows = self._raw[term] = self.rows_then(term, self.empty)
        return rows

    def rows(self, term: Term) -> Rows:
        """What follows each byte; terms that match nothing may be among them."""
        if term.kept_rows is None:
            raw = self.raw(term)
            term.kept_rows = self._moved(raw) if term.behind else raw
        return term.kept_rows

    def after(self, term: Term, byte: int) -> Term:
        """What follows a byte; `nothing` if the byte is not allowed."""
        known = term.kept_after
        if known is None:
            known = term.kept_after = {}
        found = known.get(byte)
        if found is None:
            if term.plain:
                found = term.after(self, byte)
            else:
                found = next((t for mask, t in self.rows(term) if mask >> byte & 1), self.nothing)
            known[byte] = found
        return found

    def _moved(self, rows: Rows) -> Rows:
        """The rows with every look-behind derived by the bytes that lead there."""
        found: Rows = []
        for mask, term in rows:
            if not term.behind:
                found.append((mask, term))
                continue
            parts: list[tuple[int, dict[Term, Term]]] = [(mask, {})]
            for read in _reads(term):
                parts = [
                    (shared, {**known, read: after})
                    for part, known in parts
                    for bytes_, after in _whole(self, read)
                    if (shared := part & bytes_)
                ]
            found += [(part, self._replaced(term, known)) for part, known in parts]
        return [row for row in gathered(found) if row[1] is not self.nothing]

    def _replaced(self, term: Term, reads: dict[Term, Term]) -> Term:
        """The term with other languages in its look-behinds."""
        if not term.behind:
            return term
        match term:
            case kinds.Behind():
                return self.behind(reads[term.read], term.negative)
            case kinds.Sequence():
                return self.sequence(
                    self._replaced(term.head, reads), self._replaced(term.tail, reads)
                )
            case kinds.Choice():
                return self.choice(self._replaced(one, reads) for one in term.options)
            case kinds.Both():
                return self.both(self._replaced(one, reads) for one in term.all)
            case kinds.Not():
                return self.complement(self._replaced(term.body, reads))
            case kinds.Repeat():
                return self.repeat(self._replaced(term.body, reads), term.least, term.most)
            case kinds.Ahead():
                return self.ahead(self._replaced(term.rest, reads))
        raise TypeError(type(term))


def _reads(term: Term) -> list[Term]:
    """The languages of the look-behinds in a term."""
    found: dict[Term, None] = {}
    todo = [term]
    while todo:
        one = todo.pop()
        if isinstance(one, kinds.Behind):
            found[one.read] = None
        elif one.behind:
            todo.extend(one.parts())
    return list(found)


def _whole(space: Space, read: Term) -> Rows:
    """The rows of a look-behind's language, with `nothing` for the other bytes."""
    rows = space.rows(read)
    left = EVERY
    for mask, _ in rows:
        left &= ~mask
    return [*rows, (left, space.nothing)] if left else rows
