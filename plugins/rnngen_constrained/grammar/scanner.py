"""A text read from left to right, with errors that name the place and the rule being read."""

from __future__ import annotations

import re
from typing import NoReturn

from rnngen_constrained.errors import BadSyntax, Unsupported

_NUMBER = re.compile(r"[0-9]{1,9}")


def place(text: str, at: int) -> str:
    """A place as people count: `line 3 column 5`."""
    before = text[:at]
    return f"line {before.count(chr(10)) + 1} column {at - before.rfind(chr(10))}"


class Scanner:
    """A place in a text, which moves on.

    Args:
        text: what is read.
        name: what it is called, for messages.

    Attributes:
        at: how far the text was read.
        rule: the rule that is being read.
    """

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.at = 0
        self.rule: str | None = None

    def number(self) -> int | None:
        """Takes a number; None if there is none."""
        found = self.match(_NUMBER)
        return None if found is None else int(found[0])

    def match(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        """Takes what matches here."""
        found = expression.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def take(self, sign: str) -> bool:
        """Takes a sign if it is here."""
        found = self.text.startswith(sign, self.at)
        self.at += len(sign) * found
        return found

    def message(self, why: str, at: int) -> str:
        """A message with the place and the rule."""
        rule = "" if self.rule is None else f", rule `{self.rule}`"
        return f"{self.name}, {place(self.text, at)}{rule}: {why}"

    def fail(self, why: str, at: int | None = None, hint: str | None = None) -> NoReturn:
        """Raises BadSyntax for a place, by default here."""
        raise BadSyntax(self.message(why, self.at if at is None else at), hint=hint)

    def refuse(self, what: str, at: int, hint: str) -> NoReturn:
        """Raises Unsupported for something known."""
        raise Unsupported(self.message(f"{what} is not supported", at), hint=hint)

    def shown(self) -> str:
        """What stands here, for messages."""
        rest = self.text[self.at : self.at + 20].split("\n", 1)[0]
        return f"`{rest}`" if rest else "the end"
