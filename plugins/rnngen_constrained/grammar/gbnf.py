"""Grammars in GBNF, the notation of llama.cpp.

`name ::= ...` with texts in double quotes, classes in square brackets, `.` for any character, and
`*`, `+`, `?`, `{m}`, `{m,}`, `{m,n}` after a part. Comments begin with `#`. A rule ends where the
next one begins, so it may go on over several lines. There are no tokens and no blanks between
parts: the text is what the rules spell.
"""

from __future__ import annotations

import re

from rnngen_constrained.automata.charset import ANY
from rnngen_constrained.automata.expression import Chars, Expression
from rnngen_constrained.grammar.rules_text import RulesText, joined

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)+")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_TIMES = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_HEX = {"x": 2, "u": 4, "U": 8}
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "[": "[", "]": "]"}


class Gbnf(RulesText):
    """Reads GBNF; see `RulesText`."""

    notation = "GBNF"
    defines = "::="

    def skip(self) -> None:
        """Goes on to what is neither blank nor a comment."""
        self.match(_BLANK)

    def head(self) -> str | None:
        """Takes a rule's name and `::=`."""
        before = self.at
        name = self.match(_NAME)
        self.skip()
        if name is not None and self.take("::="):
            return name[0]
        self.at = before
        return None

    def finish_rule(self) -> None:
        """Fails where something is left that no rule begins with."""
        if self.at < len(self.text) and self.text[self.at] in ")]}*+?{":
            self.fail(f"unexpected {self.shown()}")

    def series(self) -> Expression:
        """Takes parts up to a sign that none begins with, or the next rule."""
        parts = []
        while True:
            self.skip()
            at = self.at
            if self.begins_rule():
                break
            part = self._item()
            if part is None:
                break
            parts.append(self._times(part, at))
        return joined(parts)

    def _item(self) -> Expression | None:
        at = self.at
        if self.take('"'):
            return self._literal(at)
        if self.take("["):
            return self.char_class(lambda: ord(self._char(at, "]")), at)
        if self.take("."):
            return Chars(ANY)
        if self.take("("):
            with self.nested(")"):
                inside = self.choice()
            return inside
        if self.text.startswith(("<", "!"), at):
            self.refuse("a token of a model", at, "write its text, in double quotes")
        if self.text.startswith("'", at):
            self.fail("a text in single quotes", at, 'GBNF has double quotes: `"..."`')
        name = self.match(_NAME)
        return None if name is None else self.used(name[0], at)

    def _times(self, part: Expression, start: int) -> Expression:
        while True:
            at = self.at
            self.skip()
            sign = self.text[self.at : self.at + 1]
            if sign in _TIMES and sign:
                self.at += 1
                part = self.repeated(part, *_TIMES[sign], start)
            elif sign == "{":
                self.at += 1
                part = self._bounds(part, at)
            else:
                self.at = at
                return part

    def _bounds(self, part: Expression, at: int) -> Expression:
        self.skip()
        least = self.number()
        if least is None:
            self.fail("expected a number", hint="write `{m}`, `{m,}` or `{m,n}`")
        most: int | None = least
        self.skip()
        if self.take(","):
            self.skip()
            most = self.number()
            self.skip()
        if not self.take("}"):
            self.fail("expected `}`", hint="write `{m}`, `{m,}` or `{m,n}`")
        return self.repeated(part, least, most, at)

    def _literal(self, start: int) -> Expression:
        chars = []
        while not self.take('"'):
            chars.append(self._char(start, '"'))
        return self.spelled("".join(chars), start)

    def _char(self, start: int, closing: str) -> str:
        """One character of a text or class, with escapes."""
        at = self.at
        if at >= len(self.text):
            self.fail(f"expected `{closing}` for what begins here", start)
        self.at += 1
        if self.text[at] != "\\":
            return self.text[at]
        letter = self.text[self.at : self.at + 1]
        self.at += 1
        if letter in _PLAIN:
            return _PLAIN[letter]
        digits = self.text[self.at : self.at + _HEX.get(letter, 0)]
        if letter in _HEX and re.fullmatch(f"[0-9a-fA-F]{{{_HEX[letter]}}}", digits):
            self.at += len(digits)
            code = int(digits, 16)
            if code <= 0x10FFFF and not 0xD800 <= code < 0xE000:
                return chr(code)
            self.fail(f"`\\{letter}{digits}` is not a character", at)
        hint = 'escapes are \\n \\r \\t \\\\ \\" \\[ \\] \\x41 \\u0041 \\U00000041'
        self.fail(f"bad escape `\\{letter}`", at, hint)
