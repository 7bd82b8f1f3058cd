"""Regular expressions, as people write them, as expressions.

What looks around itself (`(?=`, `\\b`, `\\1`) is refused with its position: it is not what a
text is made of, but what stands beside it. Lazy repetition (`*?`) makes the whole pattern mean its
shortest matches, which is what it is written for in a terminal; a schema only asks if there is one.
"""

from __future__ import annotations

import re

from rnngen_constrained.automata.charset import NOTHING, Charset
from rnngen_constrained.automata.escapes import Notation, category, dot, escaped, folded
from rnngen_constrained.automata.expression import (
    EMPTY,
    Chars,
    Expression,
    Repeat,
    Shortest,
    choice,
    sequence,
)
from rnngen_constrained.errors import BadSyntax, Hostile, Unsupported

MOST_REPEATS = 100_000
_ESCAPED_STRING = r".*?(?<!\\)(\\\\)*?"
_ESCAPED_PAIRS = r"(?:[^\\\n]|\\.)*?"
"""What Lark's ESCAPED_STRING says with a look behind, without it: a backslash takes the next."""


def parse_pattern(text: str, where: str, notation: Notation = "python") -> Expression:
    """The expression of a regular expression that the whole of a text must match.

    Args:
        text: the regular expression.
        where: what has it, for messages: "terminal `NUM`".
        notation: `re`'s, or that of JSON Schema.

    Raises:
        BadSyntax: it is none.
        Unsupported: it has something that is no part of a text.
    """
    text = text.replace(_ESCAPED_STRING, _ESCAPED_PAIRS)
    if notation == "python":
        check_syntax(text, where)
    parser = Parser(text, where, notation)
    expression = parser.parse()
    return Shortest(expression) if parser.lazy and notation == "python" else expression


def check_syntax(text: str, where: str) -> None:
    """BadSyntax where Python can't read a regular expression."""
    try:
        re.compile(text)
    except re.error as error:
        raise BadSyntax(
            f"{where}: `{text}` is no regular expression: {error.msg} at position {error.pos}",
            hint=_caret(text, error.pos or 0),
        ) from error
    except (RecursionError, OverflowError) as error:
        raise Hostile(f"{where}: the regular expression is too deep or too large") from error


class Parser:
    """Reads one regular expression from left to right; `lazy` says if it has lazy repetition."""

    def __init__(self, text: str, where: str, notation: Notation) -> None:
        self._text = text
        self._where = where
        self._notation = notation
        self._at = 0
        self._flags: frozenset[str] = frozenset()
        self.lazy = False

    def parse(self) -> Expression:
        """The expression of the whole text."""
        expression = self._choice()
        if self._at < len(self._text):
            raise self._bad("a `)` without its `(`")
        return expression

    def _choice(self) -> Expression:
        flags = self._flags
        options = [self._series()]
        while self._take("|"):
            options.append(self._series())
        self._flags = flags
        return choice(options)

    def _series(self) -> Expression:
        parts: list[Expression] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            if self._skip_comment() or ("x" in self._flags and self._skip_blank()):
                continue
            parts.append(self._repeated(self._atom()))
        return sequence(parts)

    def _repeated(self, part: Expression) -> Expression:
        bounds = re.compile(r"\{(?!\})([0-9]*)(?:(,)([0-9]*))?\}")
        while True:
            if self._skip_comment() or ("x" in self._flags and self._skip_blank()):
                continue
            found = bounds.match(self._text, self._at)
            if self._take("*"):
                part = Repeat(part, 0, None)
            elif self._take("+"):
                part = Repeat(part, 1, None)
            elif self._take("?"):
                part = Repeat(part, 0, 1)
            elif found:
                if not found[1] and self._notation == "schema":
                    raise self._unsupported(f"`{found[0]}`, which validators read differently,")
                self._at = found.end()
                least = int(found[1] or 0)
                most = least if not found[2] else int(found[3]) if found[3] else None
                if max(least, most or 0) > MOST_REPEATS:
                    raise Hostile(f"{self._where}: `{found[0]}` repeats more than {MOST_REPEATS}")
                if most is not None and most < least:
                    raise self._bad(f"`{found[0]}` has its bounds in the wrong order")
                part = Repeat(part, least, most)
            else:
                return part
            if self._take("?"):
                self.lazy = True
            elif self._text.startswith("+", self._at):
                raise self._unsupported("repetition that never gives back (`+` after another)")

    def _atom(self) -> Expression:
        char = self._text[self._at]
        if char == "(":
            return self._group()
        if char == "[":
            return Chars(self._class())
        if char == ".":
            self._at += 1
            return Chars(dot(self._notation, "s" in self._flags))
        if char in "^$":
            raise self._unsupported(f"`{char}`, a look at what stands beside,")
        if char in "*+?":
            raise self._bad("nothing to repeat")
        if char == "\\":
            return Chars(self._fold(self._escape(inverted=False), exact=False))
        self._at += 1
        return Chars(self._fold(Charset.chars(char), exact=False))

    def _group(self) -> Expression:
        flags = self._flags
        if self._take("(?"):
            named = re.compile(r"P?<[^>=!]+>|:").match(self._text, self._at)
            changed = re.compile(r"([aiLmsux]*)(?:-([imsx]+))?([:)])").match(self._text, self._at)
            if named:
                self._at = named.end()
            elif changed:
                self._at = changed.end()
                self._flags = (flags | set(changed[1])) - set(changed[2] or "")
                if changed[3] == ")":
                    return EMPTY
            else:
                self._at -= 2
                raise self._unsupported(f"`{self._text[self._at : self._at + 4]}`")
        else:
            self._at += 1
        inner = self._choice()
        if not self._take(")"):
            raise self._bad("a `(` without its `)`")
        self._flags = flags
        return inner

    def _class(self) -> Charset:
        start = self._at
        self._at += 1
        negated = self._take("^")
        found: list[Charset] = []
        while self._at < len(self._text):
            closes = self._text[self._at] == "]"
            if closes and (found or self._at > start + 1 + negated or self._notation == "schema"):
                self._at += 1
                chars = Charset.of(pair for one in found for pair in one.intervals)
                chars = self._fold(chars, exact=negated)
                return ~chars if negated else chars
            low = self._member(negated)
            ranged = self._text.startswith("-", self._at) and self._text[self._at + 1 :][:1] != "]"
            if ranged and self._at + 1 < len(self._text):
                self._at += 1
                high = self._member(negated)
                single = all(len(one.intervals) == 1 for one in (low, high))
                if not single or low.intervals[0][0] > high.intervals[0][0]:
                    raise self._bad("a range in a class that is none")
                low = Charset.of([(low.intervals[0][0], high.intervals[0][0])])
            found.append(low)
        self._at = start
        raise self._bad("a `[` without its `]`")

    def _member(self, negated: bool) -> Charset:
        if self._text[self._at] == "\\":
            if self._text.startswith("\\b", self._at):
                self._at += 2
                return Charset.chars("\b")
            return self._escape(inverted=negated, in_class=True)
        self._at += 1
        return Charset.chars(self._text[self._at - 1])

    def _escape(self, inverted: bool, in_class: bool = False) -> Charset:
        letter = self._text[self._at + 1 : self._at + 2]
        if not letter:
            raise self._bad("a backslash at the end")
        if letter in "dDwWsS":
            self._at += 2
            return category(letter, self._notation, "a" in self._flags, inverted)
        found = escaped(self._text, self._at + 1, self._notation, in_class)
        if found is None or found[0] == NOTHING:
            raise self._unsupported(f"`\\{letter}`")
        self._at = found[1]
        return found[0]

    def _fold(self, chars: Charset, exact: bool) -> Charset:
        return folded(chars, exact) if "i" in self._flags else chars

    def _skip_comment(self) -> bool:
        """To what stands after it; a quantifier there repeats what stands before."""
        found = re.compile(r"\(\?#[^)]*\)").match(self._text, self._at)
        self._at = found.end() if found else self._at
        return found is not None

    def _skip_blank(self) -> bool:
        found = re.compile(r"\s+|#[^\n]*").match(self._text, self._at)
        self._at = found.end() if found else self._at
        return found is not None

    def _take(self, text: str) -> bool:
        taken = self._text.startswith(text, self._at)
        self._at += len(text) if taken else 0
        return taken

    def _bad(self, why: str) -> BadSyntax:
        message = f"{self._where}: `{self._text}` has {why} at position {self._at}"
        return BadSyntax(message, hint=_caret(self._text, self._at))

    def _unsupported(self, what: str) -> Unsupported:
        return Unsupported(
            f"{self._where}: {what} at position {self._at} of `{self._text}` is not supported",
            hint="write what the text is made of, without a look at what stands beside it",
        )


def _caret(text: str, at: int) -> str | None:
    return f"here: {text}\n{' ' * (len('hint: here: ') + at)}^" if "\n" not in text else None
