"""Rows: what follows each byte, as disjoint sets of bytes and the terms after them.

A set of bytes is an integer of 256 bits. Bytes in no set have no continuation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rnngen_constrained.derivatives.term import Rows, Term, Terms


def union(space: Terms, one: Rows, other: Rows) -> Rows:
    """What follows in either."""
    if not one or not other:
        return one or other
    return _merged(one, other, lambda a, b: space.choice((a, b)), space.nothing, True)


def intersection(space: Terms, one: Rows, other: Rows) -> Rows:
    """What follows in both."""
    return _merged(one, other, lambda a, b: space.both((a, b)), space.nothing, False)


def then(space: Terms, rows: Rows, rest: Term) -> Rows:
    """What follows, and then `rest`."""
    if rest is space.empty:
        return rows
    return gathered((mask, space.sequence(term, rest)) for mask, term in rows)


def gathered(rows: Iterable[tuple[int, Term]]) -> Rows:
    """Rows whose terms are all different."""
    found: dict[Term, int] = {}
    for mask, term in rows:
        found[term] = found.get(term, 0) | mask
    return [(mask, term) for term, mask in found.items()]


def _merged(
    one: Rows, other: Rows, join: Callable[[Term, Term], Term], nothing: Term, keep: bool
) -> Rows:
    found: dict[Term, int] = {}
    rest = [mask for mask, _ in other]
    for mask, term in one:
        left = mask
        for place, (theirs, second) in enumerate(other):
            shared = left & theirs
            if not shared:
                continue
            both = join(term, second)
            if both is not nothing:
                found[both] = found.get(both, 0) | shared
            left &= ~shared
            rest[place] &= ~shared
            if not left:
                break
        if left and keep:
            found[term] = found.get(term, 0) | left
    if keep:
        for mask, (_, term) in zip(rest, other, strict=True):
            if mask:
                found[term] = found.get(term, 0) | mask
    return [(mask, term) for term, mask in found.items()]
