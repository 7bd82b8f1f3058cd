"""Grammars in the EBNF of ISO 14977.

`name = ... ;` with commas between parts, texts in either kind of quotes, `[ ]` for what may be left
out, `{ }` for any number of times, `3 * part`, `A - B` for what is A and not B, `{ }-` for at least
once, and comments between `(*` and `*)`. The standard's other spellings are read too: `/` and `!`
for `|`, `(/ /)` for `[ ]`, `(: :)` for `{ }`, and `.` for `;`.
"""

from __future__ import annotations

import re

from rnngen_constrained.automata.expression import EMPTY, Expression, Repeat
from rnngen_constrained.grammar.rules_text import RulesText, joined

_BLANK = re.compile(r"[ \t\r\n\f\v]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[ \t\r\n]+[A-Za-z_][A-Za-z0-9_]*)*")
_ENDS = (",", "|", "/", "!", ";", ".", ")", "]", "}", ":)", "-")


class Ebnf(RulesText):
    """Reads EBNF of ISO 14977; see `RulesText`."""

    notation = "ISO EBNF"
    defines = "="

    def skip(self) -> None:
        """Goes on to what is neither blank nor a comment; comments may be within comments."""
        while self.match(_BLANK) or self._comment():
            pass

    def _comment(self) -> bool:
        start, depth = self.at, 0
        if not self.text.startswith("(*", start):
            return False
        for sign in _COMMENTS.finditer(self.text, start):
            depth += 1 if sign[0] == "(*" else -1
            if depth == 0:
                self.at = sign.end()
                return True
        self.fail("a comment without an end", hint="close it with `*)`")

    def head(self) -> str | None:
        """Takes a rule's name and `=`."""
        before = self.at
        name = self.match(_NAME)
        self.skip()
        if name is not None and self.take("="):
            return " ".join(name[0].split())
        self.at = before
        return None

    def finish_rule(self) -> None:
        """Takes `;` or `.`."""
        self.skip()
        if not (self.take(";") or self.take(".")):
            hint = "a rule ends with `;`, and there are commas between its parts"
            self.fail(f"expected `;`, not {self.shown()}", hint=hint)

    def either(self) -> bool:
        """Takes a sign for "or"; `/)` closes a bracket."""
        if self.text.startswith("/)", self.at):
            return False
        return self.take("|") or self.take("/") or self.take("!")

    def series(self) -> Expression:
        """Takes terms with commas between them."""
        parts = [self._term()]
        while self.take(","):
            parts.append(self._term())
        return joined([part for part in parts if part != EMPTY])

    def _term(self) -> Expression:
        part = self._factor()
        self.skip()
        at = self.at
        if not self.take("-"):
            return part
        taken = self._factor()
        self.skip()
        return self.without(part, taken, at)

    def _factor(self) -> Expression:
        self.skip()
        at = self.at
        times = self.number()
        if times is None:
            return self._primary()
        self.skip()
        if not self.take("*"):
            self.fail(f"expected `*` after {times}", at, "a number is `[0-9]`, written out")
        self.skip()
        return self.repeated(self._primary(), times, times, at)

    def _primary(self) -> Expression:
        at = self.at
        for quote in "\"'":
            if self.take(quote):
                return self._literal(quote, at)
        for opening, closing, least, most in _BRACKETS:
            if self.take(opening):
                with self.nested(closing):
                    inside = self.choice()
                return inside if least else Repeat(inside, 0, most)
        if self.text.startswith("?", at):
            self.refuse("a special sequence, `? ... ?`,", at, "write what it stands for")
        name = self.match(_NAME)
        if name is not None:
            return self.used(" ".join(name[0].split()), at)
        if at < len(self.text) and not self.text.startswith(_ENDS, at):
            self.fail(f"unexpected {self.shown()}")
        return EMPTY

    def _literal(self, quote: str, start: int) -> Expression:
        end = self.text.find(quote, self.at)
        line = self.text.find("\n", self.at)
        if end < 0 or 0 <= line < end:
            self.fail(f"expected `{quote}` for the text that begins here", start)
        if end == self.at:
            self.fail("an empty text", start, "leave it out, for nothing at all")
        found = self.text[self.at : end]
        self.at = end + 1
        return self.spelled(found, start)


_COMMENTS = re.compile(r"\(\*|\*\)")
_BRACKETS = (
    ("(/", "/)", 0, 1),
    ("(:", ":)", 0, None),
    ("(", ")", 1, 1),
    ("[", "]", 0, 1),
    ("{", "}", 0, None),
)
