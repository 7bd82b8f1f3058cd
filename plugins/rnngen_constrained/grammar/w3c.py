"""Grammars in the EBNF of the W3C, as in its recommendation of XML 1.0, section 6.

`name ::= ...` with texts in either kind of quotes, in which a backslash is a character; classes
in square brackets, `#x41` for a character by its number, `*`, `+`, `?` after a part, `A - B` for
what is A and not B, and comments as in C. The numbers of productions, `[1]`, are read over.
"""

from __future__ import annotations

import re

from rnngen_constrained.automata.expression import Expression, literal
from rnngen_constrained.grammar.rules_text import RulesText, joined

_BLANK = re.compile(r"[ \t\r\n]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[-.][A-Za-z0-9_]+)*")
_PRODUCTION = re.compile(r"\[[0-9]+[a-z]?\]\s*(?=[A-Za-z_][\w.-]*\s*::=)")
_REMARK = re.compile(r"\[\s*(?:wfc|vc|nsc)\s*:", re.IGNORECASE)
_CODE = re.compile(r"#x([0-9A-Fa-f]+)")
_TIMES = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class W3c(RulesText):
    """Reads EBNF of the W3C; see `RulesText`."""

    notation = "W3C EBNF"
    defines = "::="

    def skip(self) -> None:
        """Goes on to what is neither blank nor a comment."""
        while self.match(_BLANK) or self.text.startswith("/*", self.at):
            if self.text.startswith("/*", self.at):
                end = self.text.find("*/", self.at + 2)
                if end < 0:
                    self.fail("a comment without an end", hint="close it with `*/`")
                self.at = end + 2

    def head(self) -> str | None:
        """Takes a rule's name and `::=`, and the number before them."""
        before = self.at
        self.match(_PRODUCTION)
        name = self.match(_NAME)
        self.skip()
        if name is not None and self.take("::="):
            return name[0]
        self.at = before
        return None

    def finish_rule(self) -> None:
        """Fails where something is left that no rule begins with."""
        if self.at < len(self.text) and self.text[self.at] in ")]}*+?{-":
            self.fail(f"unexpected {self.shown()}")

    def series(self) -> Expression:
        """Takes parts up to a sign that none begins with, or the next rule."""
        parts = []
        while True:
            self.skip()
            if self.begins_rule():
                break
            part = self._repeated()
            if part is None:
                break
            self.skip()
            while self.text.startswith("-", self.at):
                at = self.at
                self.at += 1
                self.skip()
                taken = self._repeated()
                if taken is None:
                    self.fail("expected what is left out, after `-`")
                part = self.without(part, taken, at)
                self.skip()
            parts.append(part)
        return joined(parts)

    def _repeated(self) -> Expression | None:
        start = self.at
        part = self._item()
        while part is not None:
            at = self.at
            self.skip()
            sign = self.text[self.at : self.at + 1]
            if not sign or sign not in _TIMES:
                self.at = at
                break
            self.at += 1
            part = self.repeated(part, *_TIMES[sign], start)
        return part

    def _item(self) -> Expression | None:
        at = self.at
        for quote in "\"'":
            if self.take(quote):
                return self._literal(quote, at)
        if self.match(_REMARK):
            self.refuse("a constraint in square brackets", at, "take it out; it is not a part")
        if self.take("["):
            return self.char_class(lambda: self._member(at), at)
        code = self._code()
        if code is not None:
            return literal(chr(code))
        if self.take("("):
            with self.nested(")"):
                inside = self.choice()
            return inside
        if self.text.startswith("<", at):
            self.fail("a name in angle brackets", at, "write names without them")
        name = self.match(_NAME)
        return None if name is None else self.used(name[0], at)

    def _literal(self, quote: str, start: int) -> Expression:
        end = self.text.find(quote, self.at)
        line = self.text.find("\n", self.at)
        if end < 0 or 0 <= line < end:
            self.fail(f"expected `{quote}` for the text that begins here", start)
        found = self.text[self.at : end]
        self.at = end + 1
        return self.spelled(found, start)

    def _member(self, start: int) -> int:
        code = self._code()
        if code is not None:
            return code
        if self.at >= len(self.text) or self.text[self.at] == "\n":
            self.fail("expected `]` for the class that begins here", start)
        self.at += 1
        return ord(self.text[self.at - 1])

    def _code(self) -> int | None:
        """Takes `#x41`; None if it isn't here."""
        at = self.at
        found = self.match(_CODE)
        if found is None:
            return None
        code = int(found[1][-9:], 16)
        if code > 0x10FFFF or 0xD800 <= code < 0xE000 or len(found[1].lstrip("0")) > 6:
            self.fail(f"`{found[0]:.20}` is not a character", at)
        return code
