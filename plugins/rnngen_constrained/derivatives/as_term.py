"""Expressions as terms: characters become their UTF-8, anchors and look-around conditions."""

from __future__ import annotations

from collections.abc import Iterable

from rnngen_constrained.automata.charset import Charset
from rnngen_constrained.automata.expression import (
    Anchor,
    Chars,
    Choice,
    Expression,
    Look,
    Place,
    Repeat,
    Series,
    has_look,
)
from rnngen_constrained.automata.utf8 import ByteRanges, byte_ranges
from rnngen_constrained.derivatives.space import Space
from rnngen_constrained.derivatives.term import Term
from rnngen_constrained.errors import Unsupported

BREAK = b"\n"


def as_term(space: Space, expression: Expression, spelt: Charset | None = None) -> Term:
    """The term of an expression without rules.

    Args:
        space: makes the terms.
        expression: from `pattern.parse`.
        spelt: the characters that can be written; None: all.

    Raises:
        Unsupported: a look-ahead in a look-behind.
    """
    return _Lower(space, spelt).term(expression)


class _Lower:
    def __init__(self, space: Space, spelt: Charset | None) -> None:
        self._space, self._spelt = space, spelt
        self._sets: dict[Charset, Term] = {}

    def term(self, expression: Expression) -> Term:
        space = self._space
        match expression:
            case Chars(chars):
                return self._chars(chars)
            case Series(parts):
                return self._series(parts)
            case Choice(options):
                return space.choice(self.term(option) for option in options)
            case Repeat(part, least, most):
                return space.repeat(self.term(part), least, most)
            case Anchor(place):
                return self._anchor(place)
            case Look():
                return self._look(expression)
        raise Unsupported(f"a {type(expression).__name__.lower()} has no derivatives")

    def _series(self, parts: Iterable[Expression]) -> Term:
        """Parts in a row; characters in a row are one text."""
        found: list[Term] = []
        text = ""
        for part in parts:
            if isinstance(part, Chars) and part.set.size == 1 and self._may_write(part.set):
                text += chr(part.set.intervals[0][0])
                continue
            found += [self._space.literal(text.encode()), self.term(part)]
            text = ""
        made = self._space.literal(text.encode())
        for term in reversed(found):
            made = self._space.sequence(term, made)
        return made

    def _may_write(self, chars: Charset) -> bool:
        return self._spelt is None or bool(self._spelt & chars)

    def _chars(self, chars: Charset) -> Term:
        made = self._sets.get(chars)
        if made is None:
            kept = chars if self._spelt is None else chars & self._spelt
            spellings = [one for low, high in kept.intervals for one in byte_ranges(low, high)]
            made = self._sets[chars] = self._bytes(spellings)
        return made

    def _bytes(self, spellings: list[ByteRanges]) -> Term:
        """One of several sequences of byte ranges."""
        space = self._space
        rests: dict[tuple[int, int], list[ByteRanges]] = {}
        for first, *rest in spellings:
            rests.setdefault(first, []).append(tuple(rest))
        masks: dict[Term, int] = {}
        for (low, high), after in rests.items():
            term = space.empty if not after[0] else self._bytes(after)
            masks[term] = masks.get(term, 0) | (1 << high + 1) - (1 << low)
        return space.choice(
            space.sequence(space.bytes_of(mask), term) for term, mask in masks.items()
        )

    def _anchor(self, place: Place) -> Term:
        space = self._space
        line = space.literal(BREAK)
        match place:
            case "start":
                return space.behind(space.empty)
            case "line start":
                lines = space.sequence(space.everything, line)
                return space.behind(space.choice((space.empty, lines)))
            case "end":
                return space.ahead(space.empty)
            case "last":
                return space.ahead(space.choice((space.empty, line)))
            case "line end":
                more = space.sequence(line, space.everything)
                return space.ahead(space.choice((space.empty, more)))

    def _look(self, look: Look) -> Term:
        space = self._space
        part = self.term(look.part)
        if look.ahead:
            rest = space.sequence(part, space.everything)
            return space.ahead(space.complement(rest) if look.negative else rest)
        if has_look(look.part):
            raise Unsupported(
                "a look-around in a look-behind can't be followed",
                hint="write the look-behind without it",
            )
        return space.behind(space.sequence(space.everything, part), look.negative)
