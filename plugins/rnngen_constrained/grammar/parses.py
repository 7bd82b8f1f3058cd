"""Whether Lark's own parser reads a finished text."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from rnngen_constrained.whole_text import shown


class Parser:
    """Lark's Earley parser of a grammar, made when the first text comes.

    It reads every grammar, including those that are not LALR(1).

    Args:
        text: the grammar.
        start: its first rule.
    """

    def __init__(self, text: str, start: str = "start") -> None:
        self._text = text
        self._start = start

    def fault(self, text: str) -> str | None:
        """What is wrong with a text, and where; None if it can be read."""
        from lark.exceptions import LarkError

        try:
            self._parser.parse(text)
        except LarkError as error:
            place = getattr(error, "pos_in_stream", None)
            where = f" at character {place + 1}" if place is not None and place >= 0 else ""
            return f"Lark does not read {shown(text)}{where}"
        except RecursionError:
            return f"Lark can't read {shown(text)}: it is nested too deeply"
        return None

    @cached_property
    def _parser(self) -> Any:
        from lark import Lark

        made = Lark(self._text, start=self._start, parser="earley", lexer="dynamic_complete")
        if not made.ignore_tokens:
            return made
        # Here terminals are as long as they can be, as for a lexer.
        return Lark(self._text, start=self._start, parser="earley", lexer="dynamic")
