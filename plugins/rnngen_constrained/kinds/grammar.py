"""The kind of constraint `grammar`: what a grammar in a file allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rnngen import Constraint, Machine, Single, Vocabulary, option
from rnngen_constrained.files import read_text
from rnngen_constrained.grammar.machine import GrammarMachine
from rnngen_constrained.grammar.notations import read
from rnngen_constrained.whole_text import text_fault

LARGEST_FILE = 1 << 20


@dataclass(frozen=True)
class Options:
    """How a grammar is written, and where it begins."""

    notation: Literal["auto", "lark", "gbnf", "ebnf", "w3c"] = option(
        "auto", "of the grammar: auto, by its content; lark; gbnf; ebnf, of ISO 14977; w3c"
    )
    start_rule: str | None = option(
        None,
        "the rule that is the whole text; default: start in Lark, root in GBNF, else the first",
    )


class Grammar(Constraint):
    """The whole text is derived by a grammar.

    Args:
        path: a file in Lark's notation, in GBNF of llama.cpp, or in EBNF of ISO 14977 or the W3C.
        options: the notation and the first rule.

    Raises:
        BadSyntax: the file does not hold a grammar; with the place.
        EmptyLanguage: no text satisfies it.
        Unsupported: it has something that is not supported; with the name.
    """

    def __init__(self, path: str, options: Options | None = None) -> None:
        self.options = options or Options()
        self.name = f"grammar={path}"
        text = read_text(path, "the grammar", LARGEST_FILE, "`-o grammar=FILE` names a file")
        file = Path(path)
        chosen = self.options
        self._grammar = read(text, file.name, chosen.notation, chosen.start_rule, file)

    def bind(self, vocabulary: Vocabulary) -> GrammarMachine:
        """The machine over a vocabulary; see `GrammarMachine`."""
        return GrammarMachine(self._grammar.rules, self._grammar.start, vocabulary, self.name)

    def fault(self, machine: Machine | Single, steps: Sequence[int]) -> str | None:
        """What Lark's own parsers find wrong with a finished text."""
        return text_fault(machine.vocabulary, steps, self._grammar.parser.fault)
