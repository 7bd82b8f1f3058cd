"""What a term is, and what it asks of the space that makes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

INFINITE = 1 << 60
"""More bytes than any text has: nothing matches."""


class Term:
    """A set of byte strings.

    Attributes:
        number: the order in which its space made it.
        plain: whether it has no look-around.
        simple: whether it has neither look-around nor intersection nor complement.
        behind: whether it looks at what was read.
        low: a lower bound of its bytes.
        reach: an upper bound of what `low` is after any beginning; INFINITE if unknown.
    """

    __slots__ = (
        "behind",
        "fewest",
        "kept_after",
        "kept_rows",
        "low",
        "number",
        "plain",
        "reach",
        "simple",
    )

    def __init__(self, low: int, reach: int, *parts: Term) -> None:
        self.number = 0
        self.plain: bool = all(part.plain for part in parts)
        self.simple: bool = all(part.simple for part in parts)
        self.behind: bool = any(part.behind for part in parts)
        self.low, self.reach = min(low, INFINITE), min(reach, INFINITE)
        self.fewest: int | None = None
        self.kept_rows: Rows | None = None
        self.kept_after: dict[int, Term] | None = None

    def passes(self, space: Terms) -> Conditions:
        """Conditions on the rest, each of which allows to pass the term without reading."""
        return ()

    def rows_then(self, space: Terms, rest: Term) -> Rows:
        """What follows each byte if `rest` comes after the term."""
        return []

    def after(self, space: Terms, byte: int) -> Term:
        """What follows a byte, for a plain term."""
        for mask, term in space.rows(self):
            if mask >> byte & 1:
                return term
        return space.nothing

    def parts(self) -> Iterator[Term]:
        """Its direct parts."""
        return iter(())


Conditions = tuple[Term, ...]
"""Languages of the rest of a text, one of which it must be in."""

Rows = list[tuple[int, Term]]
"""Disjoint sets of bytes and the terms after them; a set is an integer of 256 bits."""

EVERY = (1 << 256) - 1
"""All bytes."""


class Terms(Protocol):
    """Makes terms, once each, and remembers what follows them; see `space.Space`."""

    nothing: Term
    empty: Term
    everything: Term

    def literal(self, text: bytes) -> Term: ...  # noqa: D102

    def words(self, words: tuple[bytes, ...], first: int, last: int, depth: int) -> Term: ...  # noqa: D102

    def sequence(self, head: Term, tail: Term) -> Term: ...  # noqa: D102

    def choice(self, options: Iterable[Term]) -> Term: ...  # noqa: D102

    def both(self, every: Iterable[Term]) -> Term: ...  # noqa: D102

    def complement(self, body: Term) -> Term: ...  # noqa: D102

    def repeat(self, body: Term, least: int, most: int | None) -> Term: ...  # noqa: D102

    def passes(self, term: Term) -> Conditions: ...  # noqa: D102

    def all_of(self, one: Conditions, other: Conditions) -> Conditions: ...  # noqa: D102

    def ends(self, term: Term) -> bool: ...  # noqa: D102

    def rows_then(self, term: Term, rest: Term) -> Rows: ...  # noqa: D102

    def raw(self, term: Term) -> Rows: ...  # noqa: D102

    def rows(self, term: Term) -> Rows: ...  # noqa: D102

    def after(self, term: Term, byte: int) -> Term: ...  # noqa: D102
