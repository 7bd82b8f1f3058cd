"""How a document is written: white space, separators, and given values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from rnngen_constrained.automata.charset import Charset
from rnngen_constrained.automata.expression import (
    EMPTY,
    Chars,
    Expression,
    Repeat,
    literal,
    optional,
    sequence,
)

Whitespace = Literal["none", "space", "free"]


@dataclass(frozen=True)
class Form:
    """The white space of documents.

    Args:
        whitespace: `none`; `space`: one may stand after a comma and a colon; `free`: any, wherever
            JSON allows it.
    """

    whitespace: Whitespace = "space"

    @property
    def gap(self) -> Expression:
        """The white space between any two tokens."""
        free = Repeat(Chars(Charset.chars(" \t\n\r")), 0, None)
        return free if self.whitespace == "free" else EMPTY

    def after(self, sign: str) -> Expression:
        """A comma or a colon, with the white space around it."""
        space = optional(literal(" ")) if self.whitespace == "space" else self.gap
        return sequence([self.gap, literal(sign), space])

    def enclosed(self, opening: str, inside: Expression, closing: str) -> Expression:
        """An expression in brackets, with the white space inside them."""
        return sequence([literal(opening), self.gap, inside, self.gap, literal(closing)])

    def value(self, value: Any) -> Expression:
        """A given JSON value, with its properties in their order."""
        if isinstance(value, dict):
            pairs = [
                sequence([text(key), self.after(":"), self.value(one)])
                for key, one in value.items()
            ]
            return self.enclosed("{", self._listed(pairs), "}")
        if isinstance(value, list):
            return self.enclosed("[", self._listed([self.value(one) for one in value]), "]")
        return text(value) if isinstance(value, str) else literal(json.dumps(value))

    def _listed(self, parts: list[Expression]) -> Expression:
        comma = self.after(",")
        return sequence(
            piece for index, part in enumerate(parts) for piece in [*([comma] * (index > 0)), part]
        )


def text(value: str) -> Expression:
    """A given JSON string, escaped only where it must be."""
    return literal(json.dumps(value, ensure_ascii=False))
