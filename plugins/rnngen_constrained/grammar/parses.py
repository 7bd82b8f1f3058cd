"""Whether Lark's own parser reads a finished text."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from rnngen_constrained.grammar.lark_import import lark_of
from rnngen_constrained.whole_text import shown


class Parser:
    """Lark's Earley parser of a grammar, made when the first text comes.

    It reads every grammar, including those that are not LALR(1).

    Args:
        text: the grammar.
        start: its first rule.
        path: the file, from whose folder relative imports are read.
    """

    def __init__(self, text: str, start: str = "start", path: Path | None = None) -> None:
        self._path = path
        self._name = "the grammar" if path is None else path.name
        self._text = text
        self._start = start

    def fault(self, text: str) -> str | None:
        """What is wrong with a text, and where; None if it can be read."""
        parser = self._parser  # says so where Lark is not installed
        from lark.exceptions import LarkError

        try:
            parser.parse(text)
        except LarkError as error:
            place = getattr(error, "pos_in_stream", None)
            where = f" at character {place + 1}" if place is not None and place >= 0 else ""
            return f"Lark does not read {shown(text)}{where}"
        except RecursionError:
            return f"Lark can't read {shown(text)}: it is nested too deeply"
        return None

    @cached_property
    def _parser(self) -> Any:
        made = lark_of(self._text, self._name, self._start, "dynamic_complete", self._path)
        if not made.ignore_tokens:
            return made
        # Here terminals are as long as they can be, as for a lexer.
        return lark_of(self._text, self._name, self._start, "dynamic", self._path)
