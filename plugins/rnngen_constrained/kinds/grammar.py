"""The kind of constraint `grammar`: what a grammar in a file allows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rnngen import Constraint, Machine, Single, Vocabulary
from rnngen_constrained.files import read_text
from rnngen_constrained.grammar.lark_text import WHOLE, read_grammar
from rnngen_constrained.grammar.machine import GrammarMachine
from rnngen_constrained.grammar.parses import Parser
from rnngen_constrained.whole_text import text_fault

LARGEST_FILE = 1 << 20


class Grammar(Constraint):
    """The whole text is derived by a grammar.

    Args:
        path: a file in Lark's notation; its rule `start` is the whole text.

    Raises:
        BadSyntax: the file does not hold a grammar; with the place.
        Unsupported: it has something that is not supported; with the name.
    """

    def __init__(self, path: str) -> None:
        self.name = f"grammar={path}"
        text = read_text(path, "the grammar", LARGEST_FILE, "`-o grammar=FILE` names a file")
        self._rules = read_grammar(text, Path(path).name)
        self._parser = Parser(text)

    def bind(self, vocabulary: Vocabulary) -> GrammarMachine:
        """The machine over a vocabulary; see `GrammarMachine`."""
        return GrammarMachine(self._rules, WHOLE, vocabulary, self.name)

    def fault(self, machine: Machine | Single, steps: Sequence[int]) -> str | None:
        """What Lark's own parsers find wrong with a finished text."""
        return text_fault(machine.vocabulary, steps, self._parser.fault)
