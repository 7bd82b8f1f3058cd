"""The kinds of terms, each with its derivatives. Terms are made by a `Space`, never directly.

A term stands for a set of byte strings: what may still be read. Each kind knows

- `passes`: the ways to get past it without reading, as conditions on the rest of the text (none:
  it can't be passed; `space.everything`: always);
- `rows_then`: what follows each byte, if `rest` comes after the term. The rest is an argument
  because a look-ahead is a condition on all of it, beyond the loops and groups it stands in;
- `after`: the same for one byte and no rest, faster, if the term has no look-around in it;
- `low`: a lower bound of its bytes, exact where the term is `simple`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from rnngen_constrained.derivatives.rowset import gathered, intersection, then, union
from rnngen_constrained.derivatives.term import EVERY, INFINITE, Conditions, Rows, Term, Terms


class Nothing(Term):
    """No text at all."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(INFINITE, 0)


class Empty(Term):
    """The empty text."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(0, 0)

    def passes(self, space: Terms) -> Conditions:
        """The ways to get past it."""
        return (space.everything,)


class Bytes(Term):
    """One byte of a set."""

    __slots__ = ("mask",)

    def __init__(self, mask: int) -> None:
        super().__init__(1, 0)
        self.mask = mask

    def rows_then(self, space: Terms, rest: Term) -> Rows:
        """What follows each byte."""
        return [(self.mask, rest)]

    def after(self, space: Terms, byte: int) -> Term:
        """What follows a byte."""
        return space.empty if self.mask >> byte & 1 else space.nothing


class Words(Term):
    """One of several sorted texts, `first` up to `last`, of which `depth` bytes are read.

    A word list of any size is one term, and a derivative is a search in it.
    """

    __slots__ = ("depth", "first", "last", "words")

    def __init__(self, words: tuple[bytes, ...], first: int, last: int, depth: int) -> None:
        sizes = [len(words[place]) - depth for place in range(first, last)]
        super().__init__(min(sizes), max(sizes))
        self.words, self.first, self.last, self.depth = words, first, last, depth

    def passes(self, space: Terms) -> Conditions:
        """The ways to get past it."""
        return (space.everything,) if len(self.words[self.first]) == self.depth else ()

    def rows_then(self, space: Terms, rest: Term) -> Rows:
        """What follows each byte."""
        found: Rows = []
        place = self.first + (len(self.words[self.first]) == self.depth)
        while place < self.last:
            byte = self.words[place][self.depth]
            end = self._end(place, byte)
            found.append((1 << byte, self._from(space, place, end)))
            place = end
        return then(space, gathered(found), rest)

    def after(self, space: Terms, byte: int) -> Term:
        """What follows a byte."""
        words, depth = self.words, self.depth
        prefix = words[self.first][:depth]
        start = bisect_left(words, prefix + bytes([byte]), self.first, self.last)
        if start == self.last or words[start][depth : depth + 1] != bytes([byte]):
            return space.nothing
        return self._from(space, start, self._end(start, byte))

    def _end(self, place: int, byte: int) -> int:
        if byte == 255:
            return self.last
        following = self.words[place][: self.depth] + bytes([byte + 1])
        return bisect_left(self.words, following, place, self.last)

    def _from(self, space: Terms, start: int, end: int) -> Term:
        if end - start == 1:
            return space.literal(self.words[start][self.depth + 1 :])
        return space.words(self.words, start, end, self.depth + 1)


class Literal(Term):
    """Exactly one text, of two bytes or more."""

    __slots__ = ("text",)

    def __init__(self, text: bytes) -> None:
        super().__init__(len(text), len(text) - 1)
        self.text = text

    def rows_then(self, space: Terms, rest: Term) -> Rows:
        """What follows each byte."""
        return [(1 << self.text[0], space.sequence(space.literal(self.text[1:]), rest))]

    def after(self, space: Terms, byte: int) -> Term:
        """What follows a byte."""
        return space.literal(self.text[1:]) if self.text[0] == byte else space.nothing


class Sequence(Term):
    """One after the other. The head is never a sequence, so the tail is what comes after it."""

    __slots__ = ("head", "tail")

    def __init__(self, head: Term, tail: Term) -> None:
        reach = max(head.reach + tail.low, tail.reach)
        super().__init__(head.low + tail.low, reach, head, tail)
        self.head, self.tail = head, tail

    def parts(self) -> Iterator[Term]:
        """Its direct parts."""
        return iter((self.head, self.tail))

    def passes(self, space: Terms) -> Conditions:
        """The ways to get past it."""
        found: Conditions = (space.everything,)
        node: Term = self
        while found and isinstance(node, Sequence):
            found = space.all_of(found, space.passes(node.head))
            node = node.tail
        return space.all_of(found, space.passes(node)) if found else ()

    def rows_then(self, space: Terms, rest: Term) -> Rows:
        """What follows each byte."""
        rows: Rows = []
        conditions: Conditions = (space.everything,)
        node: Term = self
        while conditions:
            last = not isinstance(node, Sequence)
            head = node if last else node.head  # type: ignore[attr-defined]
            after = rest if last else space.sequence(node.tail, rest)  # type: ignore[attr-defined]
            here = space.rows_then(head, after)
            for condition in conditions:
                shown = condition is space.everything
                rows = union(
                    space, rows, here if shown else intersection(space, here, space.raw(condition))
                )
            if last:
                break
            conditions = space.all_of(conditions, space.passes(head))
            node = node.tail  # type: ignore[attr-defined]
        return rows

    def after(self, space: Terms, byte: int) -> Term:
        """What follows a byte."""
        found = []
        node: Term = self
        while isinstance(node, Sequence):
            head = space.after(node.head, byte)
            if head is not space.nothing:
                found.append(space.sequence(head, node.tail))
            if not space.passes(node.head):
                break
            node = node.tail
        else:
            found.append(space.after(node, byte))
        return space.choice(found)


class Choice(Term):
    """One of several."""

    __slots__ = ("options",)

    def __init__(self, options: tuple[Term, ...]) -> None:
        low, reach = min(each.low for each in options), max(each.reach for each in options)
        super().__init__(low, reach, *options)
        self.options = options

    def parts(self) -> Iterator[Term]:
        """Its direct parts."""
        return iter(self.options)

    def passes(self, space: Terms) -> Conditions:
        """The ways to get past it."""
        found = dict.fromkeys(c for option in self.options for c in space.passes(option))
        return (space.everything,) if space.everything in found else tuple(found)

    def rows_then(self, space: Terms, rest: Term) -> Rows:
        """What follows each byte."""
        rows: Rows = []
        for option in self.options:
            rows = union(space, rows, space.rows_then(option, rest))
        return rows

    def after(self, space: Terms, byte: int) -> Term:
        """What follows a byte."""
        return space.choice(space.after(option, byte) for option in self.options)


class Both(Term):
    """What satisfies all of several."""

    __slots__ = ("all",)

    def __init__(self, every: tuple[Term, ...]) -> None:
        super().__init__(max(one.low for one in every), INFINITE, *every)
        self.simple = False
        self.all = every

    def parts(self) -> Iterator[Term]:
        """Its direct parts."""
        return iter(self.all)

    def passes(self, space: Terms) -> Conditions:
        """The ways to get past it."""
        found: Conditions = (space.everything,)
        for one in self.all:
            found = space.all_of(found, space.passes(one))
        return found

    def rows_then(self, space: Terms, rest: Term) -> Rows:
        """What follows each byte."""
        rows = space.raw(self.all[0])
        for one in self.all[1:]:
            rows = intersection(space, rows, space.raw(one))
        return then(space, rows, rest)


class Not(Term):
    """Every text but those of a term."""

    __slots__ = ("body",)

    def __init__(self, body: Term, low: int) -> None:
        super().__init__(low, INFINITE, body)
        self.simple = False
        self.body = body

    def parts(self) -> Iterator[Term]:
        """Its direct parts."""
        return iter((self.body,))

    def passes(self, space: Terms) -> Conditions:
        """The ways to get past it."""
        return () if space.ends(self.body) else (space.everything,)

    def rows_then(self, space: Terms, rest: Term) -> Rows:
        """What follows each byte."""
        left = EVERY
        found: Rows = []
        for mask, term in space.raw(self.body):
            left &= ~mask
            found.append((mask, space.complement(term)))
        if left:
            found.append((left, space.everything))
        return then(space, [row for row in found if row[1] is not space.nothing], rest)


class Repeat(Term):
    """A body `least` to `most` times; None: any number. The counts stay numbers."""

    __slots__ = ("body", "least", "most")

    def __init__(self, body: Term, least: int, most: int | None) -> None:
        reach = body.reach + body.low * max(0, least - 1)
        super().__init__(body.low * least, reach, body)
        self.body, self.least, self.most = body, least, most

    def parts(self) -> Iterator[Term]:
        """Its direct parts."""
        return iter((self.body,))

    def passes(self, space: Terms) -> Conditions:
        """The ways to get past it."""
        return (space.everything,) if not self.least else space.passes(self.body)

    def _less(self, space: Terms) -> Term:
        # What can be passed without reading is passed as often as it takes.
        return self._from(space, 0 if space.passes(self.body) else max(0, self.least - 1))

    def _from(self, space: Terms, least: int) -> Term:
        return space.repeat(self.body, least, None if self.most is None else self.most - 1)

    def rows_then(self, space: Terms, rest: Term) -> Rows:
        """What follows each byte."""
        if self.body.plain:
            return space.rows_then(self.body, space.sequence(self._less(space), rest))
        # Times without reading may come before the one that reads, where their conditions hold
        # now, or after it, where they will be asked then.
        fewer = self._from(space, max(0, self.least - 1))
        rows = space.rows_then(self.body, space.sequence(fewer, rest))
        if self.least > 1:
            free = space.rows_then(self.body, space.sequence(self._from(space, 0), rest))
            for condition in space.passes(self.body):
                rows = union(space, rows, intersection(space, free, space.raw(condition)))
        return rows

    def after(self, space: Terms, byte: int) -> Term:
        """What follows a byte."""
        head = space.after(self.body, byte)
        return head if head is space.nothing else space.sequence(head, self._less(space))


class Ahead(Term):
    """A look-ahead: nothing is read, but all of the rest must be in a language."""

    __slots__ = ("rest",)

    def __init__(self, rest: Term) -> None:
        super().__init__(0, INFINITE, rest)
        self.plain = self.simple = False
        self.rest = rest

    def parts(self) -> Iterator[Term]:
        """Its direct parts."""
        return iter((self.rest,))

    def passes(self, space: Terms) -> Conditions:
        """The ways to get past it."""
        return (self.rest,)


class Behind(Term):
    """A look-behind: nothing is read, but all that was read must be in a language, or must not be.

    `read` begins as that language, and is derived by every byte that is read anywhere.
    """

    __slots__ = ("negative", "read")

    def __init__(self, read: Term, negative: bool) -> None:
        super().__init__(0, INFINITE, read)
        self.plain = self.simple = False
        self.behind = True
        self.read, self.negative = read, negative

    def parts(self) -> Iterator[Term]:
        """Its direct parts."""
        return iter((self.read,))

    def passes(self, space: Terms) -> Conditions:
        """The ways to get past it."""
        return (space.everything,) if space.ends(self.read) != self.negative else ()


class Hidden(Term):
    """The rest of a term that is further away than the longest token: a mask ends before it."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(0, 0)
