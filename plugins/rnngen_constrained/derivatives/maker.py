"""Makes terms, once each: equal terms are the same object, so results are kept with them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from rnngen_constrained.derivatives import kinds
from rnngen_constrained.derivatives.term import EVERY, Term

T = TypeVar("T", bound=Term)

FEW_WORDS = 4
"""From this many on, literal alternatives become one sorted list."""


class Maker(ABC):
    """Makes the terms of a constraint, in their simplest form."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Term] = {}
        self._number = 0
        self.nothing: Term = self._new(kinds.Nothing())
        self.empty: Term = self._new(kinds.Empty())
        self.hidden: Term = self._new(kinds.Hidden())
        self.everything = self.repeat(self.bytes_of(EVERY), 0, None)
        self._lasting = dict(self._made)

    def __len__(self) -> int:
        return len(self._made)

    @abstractmethod
    def ends(self, term: Term) -> bool:
        """Whether the empty text is in a term."""

    def forget(self) -> None:
        """Forgets all terms but those that others hold; these stay right, but are made again."""
        self._made = dict(self._lasting)

    def bytes_of(self, mask: int) -> Term:
        """One byte of a set, given as an integer of 256 bits."""
        return self._once(("bytes", mask), lambda: kinds.Bytes(mask)) if mask else self.nothing

    def literal(self, text: bytes) -> Term:
        """Exactly this text."""
        if len(text) < 2:
            return self.bytes_of(1 << text[0]) if text else self.empty
        return self._once(("literal", text), lambda: kinds.Literal(text))

    def words(self, words: tuple[bytes, ...], first: int, last: int, depth: int) -> Term:
        """One of the sorted words `first` up to `last`, without their first `depth` bytes."""
        key = ("words", id(words), first, last, depth)
        return self._once(key, lambda: kinds.Words(words, first, last, depth))

    def one_of(self, texts: Iterable[bytes]) -> Term:
        """One of several texts."""
        words = tuple(sorted(set(texts)))
        if len(words) < 2:
            return self.literal(words[0]) if words else self.nothing
        return self.words(words, 0, len(words), 0)

    def sequence(self, head: Term, tail: Term) -> Term:
        """One after the other."""
        if head is self.nothing or tail is self.nothing:
            return self.nothing
        heads = []
        while isinstance(head, kinds.Sequence):
            heads.append(head.head)
            head = head.tail
        heads.append(head)
        made = tail
        for one in reversed(heads):
            if one is self.empty:
                continue
            if made is self.empty:
                made = one
                continue
            made = self._once(("sequence", one, made), _sequence(one, made))
        return made

    def choice(self, options: Iterable[Term]) -> Term:
        """One of several; single bytes become one set, many literals one list."""
        mask = 0
        found: dict[Term, None] = {}
        for option in options:
            for one in option.options if isinstance(option, kinds.Choice) else (option,):
                if isinstance(one, kinds.Bytes):
                    mask |= one.mask
                elif one is not self.nothing:
                    found[one] = None
        if self.everything in found:
            return self.everything
        if mask:
            found[self.bytes_of(mask)] = None
        texts = [one.text for one in found if isinstance(one, kinds.Literal)]
        if len(texts) >= FEW_WORDS:
            found = {one: None for one in found if not isinstance(one, kinds.Literal)}
            found[self.one_of(texts)] = None
        if len(found) < 2:
            return next(iter(found), self.nothing)
        parts = tuple(sorted(found, key=lambda one: one.number))
        return self._once(("choice", parts), lambda: kinds.Choice(parts))

    def both(self, every: Iterable[Term]) -> Term:
        """What is in all of several."""
        found: dict[Term, None] = {}
        for term in every:
            for one in term.all if isinstance(term, kinds.Both) else (term,):
                if one is self.nothing:
                    return one
                if one is not self.everything:
                    found[one] = None
        if any(isinstance(one, kinds.Not) and one.body in found for one in found):
            return self.nothing
        if self.empty in found and not any(one.behind for one in found):
            return self.empty if all(map(self.ends, found)) else self.nothing
        if len(found) < 2:
            return next(iter(found), self.everything)
        parts = tuple(sorted(found, key=lambda one: one.number))
        return self._once(("both", parts), lambda: kinds.Both(parts))

    def complement(self, body: Term) -> Term:
        """Every text but those of a term."""
        if body is self.nothing:
            return self.everything
        if body is self.everything:
            return self.nothing
        if isinstance(body, kinds.Not):
            return body.body
        low = 1 if body.plain and self.ends(body) else 0
        return self._once(("not", body), lambda: kinds.Not(body, low))

    def repeat(self, body: Term, least: int, most: int | None) -> Term:
        """A body `least` to `most` times; None: any number of times."""
        if body is self.nothing:
            return self.nothing if least else self.empty
        if body is self.empty or most == 0:
            return self.empty
        if (least, most) == (1, 1):
            return body
        if isinstance(body, kinds.Repeat):
            joined = _joined(body, least, most)
            if joined is not None:
                return self.repeat(body.body, *joined)
        key = ("repeat", body, least, most)
        return self._once(key, lambda: kinds.Repeat(body, least, most))

    def ahead(self, rest: Term) -> Term:
        """Nothing, where all of the rest is in `rest`."""
        return self._once(("ahead", rest), lambda: kinds.Ahead(rest))

    def behind(self, read: Term, negative: bool = False) -> Term:
        """Nothing, where all that was read is in `read`, or is not."""
        key = ("behind", read, negative)
        return self._once(key, lambda: kinds.Behind(read, negative))

    def _new(self, term: T) -> T:
        term.number = self._number
        self._number += 1
        return term

    def _once(self, key: Hashable, make: Callable[[], Term]) -> Term:
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = self._new(make())
        return found


def _sequence(head: Term, tail: Term) -> Callable[[], Term]:
    return lambda: kinds.Sequence(head, tail)


def _joined(body: kinds.Repeat, least: int, most: int | None) -> tuple[int, int | None] | None:
    """The counts of a repetition of a repetition as one; None where they leave gaps."""
    if body.most is None:
        return (body.least * least, None) if least or body.least <= 1 else None
    # The counts of one time more begin before those of this many times end.
    if least != most and body.most * least + 1 < body.least * (least + 1):
        return None
    return body.least * least, None if most is None else body.most * most
