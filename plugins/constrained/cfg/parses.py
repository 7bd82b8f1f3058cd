"""Whether Lark's own parsers read a finished text."""

from __future__ import annotations

from typing import Any

from rnngen_constrained.written import shown


class Parsers:
    """Parsers of a grammar in Lark's notation, made when the first text comes.

    Args:
        text: the grammar.
        start: its first rule.
    """

    def __init__(self, text: str, start: str = "start") -> None:
        self._text = text
        self._start = start
        self._made: list[tuple[str, Any]] = []

    def fault(self, text: str) -> str | None:
        """What is wrong with a text: which parser refuses it, and where."""
        from lark.exceptions import LarkError

        for name, parser in self._parsers():
            try:
                parser.parse(text)
            except LarkError as error:
                place = getattr(error, "pos_in_stream", None)
                where = f" at character {place + 1}" if place is not None and place >= 0 else ""
                return f"Lark's parser {name} does not read {shown(text)}{where}"
            except RecursionError:
                return f"Lark's parser {name} can't read {shown(text)}: it is nested too deeply"
        return None

    def _parsers(self) -> list[tuple[str, Any]]:
        from lark import Lark
        from lark.exceptions import GrammarError

        if not self._made:
            parser = Lark(self._text, start=self._start, parser="earley", lexer="dynamic_complete")
            if parser.ignore_tokens:
                parser = Lark(self._text, start=self._start, parser="earley", lexer="dynamic")
            self._made.append(("earley", parser))
            if parser.ignore_tokens:
                try:
                    lalr = Lark(self._text, start=self._start, parser="lalr", lexer="contextual")
                    self._made.append(("lalr", lalr))
                except GrammarError:  # it is not LALR(1)
                    pass
        return self._made
