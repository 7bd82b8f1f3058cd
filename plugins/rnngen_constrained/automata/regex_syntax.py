"""Regular expressions in Python's notation, read into a tree; what is not regular is refused.

Understood are characters, escapes (`\\d`, `\\w`, `\\s` mean ASCII), classes, `.`, groups,
alternation, all repetitions, `^`, `$`, `\\A` and `\\Z` (`$` is the end of the text only). That an
expression is well-formed is left to Python's own `re`, which names the place of a mistake.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import TypeAlias

from rnngen_constrained.errors import BadSyntax, Hostile, Unsupported

LAST = 0x10FFFF
LONGEST = 100_000
DEEPEST = 200
SURROGATES = (0xD800, 0xDFFF)

Ranges = tuple[tuple[int, int], ...]
"""Code points: pairs of first and last, in order, not touching."""


@dataclass(frozen=True)
class Chars:
    """One character out of some."""

    ranges: Ranges


@dataclass(frozen=True)
class Concatenation:
    """One after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Alternation:
    """Any of them."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Repetition:
    """The same `least` to `most` times; None: no limit."""

    part: Node
    least: int
    most: int | None


@dataclass(frozen=True)
class Anchor:
    """The beginning of the text, or its end."""

    end: bool


Node: TypeAlias = Chars | Concatenation | Alternation | Repetition | Anchor

DIGITS: Ranges = ((48, 57),)
WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
SPACE: Ranges = ((9, 13), (32, 32))
ESCAPED = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11, "a": 7}
HEX = {"x": 2, "u": 4, "U": 8}
BOUNDS = re.compile(r"\{(?!\})([0-9]*)(,?)([0-9]*)\}")
OCTAL = re.compile(r"0[0-7]{0,2}|[1-7][0-7]{2}")
OCTAL_IN_CLASS = re.compile(r"[0-7]{1,3}")
"""Outside a class, fewer digits are a back-reference."""


def normalize(ranges: list[tuple[int, int]]) -> Ranges:
    """Sorted, joined where they touch."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    return tuple(joined)


def complement(ranges: Ranges) -> Ranges:
    """All other code points that are characters."""
    found, start = [], 0
    for first, last in normalize([*ranges, SURROGATES]):
        if start < first:
            found.append((start, first - 1))
        start = last + 1
    if start <= LAST:
        found.append((start, LAST))
    return tuple(found)


ANY = complement(((10, 10),))


def parse(pattern: str) -> Node:
    """The tree of an expression.

    Raises:
        BadSyntax: it is not well-formed; with the place.
        Unsupported: it is no regular expression in the strict sense, or has flags; with the place.
        Hostile: it is absurdly long or deep.
    """
    if len(pattern) > LONGEST:
        raise Hostile(f"the regex has {len(pattern)} characters, expected at most {LONGEST}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except re.error as error:
        raise BadSyntax(
            f"the regex `{shown(pattern)}` is broken at position {error.pos}: {error.msg}",
            hint="it is read as Python's `re` does; special characters are escaped with `\\`",
        ) from None
    except (OverflowError, RecursionError, MemoryError) as error:
        raise Hostile(f"the regex `{shown(pattern)}` is too large: {error}") from None
    return _Parser(pattern).whole()


def shown(pattern: str) -> str:
    """An expression, cut short for a message."""
    return pattern if len(pattern) <= 80 else pattern[:77] + "..."


class _Parser:
    """Recursive descent over an expression that `re` accepts."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        return self._alternation()

    def _peek(self, count: int = 1) -> str:
        return self._text[self._at : self._at + count]

    def _take(self) -> str:
        self._at += 1
        return self._text[self._at - 1]

    def _refuse(self, what: str, at: int, why: str) -> Unsupported:
        return Unsupported(
            f"the regex `{shown(self._text)}` has {what} at position {at}, which {why}",
            hint="write out what may stand there instead",
        )

    def _alternation(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Hostile(f"the regex is nested deeper than {DEEPEST} groups")
        parts = [self._concatenation()]
        while self._peek() == "|":
            self._at += 1
            parts.append(self._concatenation())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Alternation(tuple(parts))

    def _concatenation(self) -> Node:
        parts: list[Node] = []
        while self._at < len(self._text) and self._peek() not in ("|", ")"):
            atom = self._atom()
            if atom is not None:
                self._skip_comments()
                parts.append(self._repeated(atom))
        return parts[0] if len(parts) == 1 else Concatenation(tuple(parts))

    def _skip_comments(self) -> None:
        """To what stands after them: a quantifier repeats what stands before a comment."""
        while self._peek(3) == "(?#":
            self._at = self._text.index(")", self._at) + 1

    def _repeated(self, atom: Node) -> Node:
        sign = self._peek()
        if sign in ("*", "+", "?"):
            self._at += 1
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        elif found := BOUNDS.match(self._text, self._at):
            self._at = found.end()
            least = int(found[1] or 0)
            most = (int(found[3]) if found[3] else None) if found[2] else least
        else:
            return atom
        if self._peek() == "+":
            raise self._refuse("a possessive repetition", self._at, "is not regular")
        if self._peek() == "?":  # which match is found first makes no difference to the language
            self._at += 1
        return Repetition(atom, least, most)

    def _atom(self) -> Node | None:
        at = self._at
        sign = self._take()
        if sign == "(":
            return self._group(at)
        if sign == "[":
            return Chars(self._class())
        if sign == ".":
            return Chars(ANY)
        if sign in "^$":
            return Anchor(sign == "$")
        if sign == "\\":
            return self._escape(at)
        return Chars(((ord(sign), ord(sign)),))

    def _group(self, at: int) -> Node | None:
        if self._peek() == "?":
            self._at += 1
            kind = self._take()
            if kind == "#":
                self._at = self._text.index(")", self._at) + 1
                return None
            if kind == "P" and self._peek() == "<":
                self._at = self._text.index(">", self._at) + 1
            elif kind == "P":
                raise self._refuse("a back-reference", at, "no automaton can check")
            elif kind in "=!" or (kind == "<" and self._peek() in ("=", "!")):
                raise self._refuse("lookaround", at, "is not supported")
            elif kind == "(":
                raise self._refuse("a condition", at, "no automaton can check")
            elif kind == ">":
                raise self._refuse("an atomic group", at, "is not regular")
            elif kind != ":":
                raise self._refuse("flags", at, "are not supported")
        inside = self._alternation()
        self._at += 1
        return inside

    def _escape(self, at: int) -> Node:
        sign = self._peek()
        if sign in ("A", "Z"):
            self._at += 1
            return Anchor(sign == "Z")
        if sign in ("b", "B"):
            raise self._refuse("a word boundary", at, "is not supported")
        if sign in "123456789" and not OCTAL.match(self._text, self._at):
            raise self._refuse("a back-reference", at, "no automaton can check")
        found = self._escaped(at, OCTAL)
        return Chars(found if isinstance(found, tuple) else ((found, found),))

    def _escaped(self, at: int, octal: re.Pattern[str]) -> Ranges | int:
        """What an escape stands for: a set, or one code point."""
        if number := octal.match(self._text, self._at):
            self._at = number.end()
            return int(number[0], 8)
        sign = self._take()
        if sign.lower() in "dws":
            ranges = {"d": DIGITS, "w": WORD, "s": SPACE}[sign.lower()]
            return complement(ranges) if sign.isupper() else ranges
        if sign in HEX:
            digits = self._peek(HEX[sign])
            self._at += HEX[sign]
            return int(digits, 16)
        if sign in "bN":
            if sign == "N":
                raise self._refuse("a named character", at, "is not supported")
            return 8
        return ESCAPED.get(sign, ord(sign))

    def _class(self) -> Ranges:
        negated = self._peek() == "^"
        self._at += negated
        ranges: list[tuple[int, int]] = []
        first = True
        while first or self._peek() != "]":
            first = False
            low = self._member()
            if isinstance(low, tuple):
                ranges += low
            elif self._peek() == "-" and self._peek(2)[1:] != "]":
                self._at += 1
                high = self._member()
                assert isinstance(high, int)
                ranges.append((low, high))
            else:
                ranges.append((low, low))
        self._at += 1
        found = normalize(ranges)
        return complement(found) if negated else found

    def _member(self) -> Ranges | int:
        at = self._at
        sign = self._take()
        return self._escaped(at, OCTAL_IN_CLASS) if sign == "\\" else ord(sign)
