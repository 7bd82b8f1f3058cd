"""The constraint `regex`: the whole text matches a regular expression."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rnngen import Constraint, Machine, Single, Vocabulary
from rnngen_constrained.automata.byte_dfa import determinize
from rnngen_constrained.automata.nfa import build
from rnngen_constrained.automata.regex_syntax import parse, shown
from rnngen_constrained.decoder.written import shown as shown_text
from rnngen_constrained.decoder.written import text_fault
from rnngen_constrained.errors import Hostile
from rnngen_constrained.machines.bind import bind_bytes, characters_of


class Regex(Constraint):
    """The text matches `pattern` from beginning to end, as `re.fullmatch` with `re.ASCII` does."""

    proven = True

    def __init__(self, pattern: str) -> None:
        self.name = f"regex={pattern}"
        tree = parse(pattern)
        self._characters = characters_of(tree)
        self._pattern = pattern
        try:
            self._dfa = determinize(build(tree))
        except Hostile as error:
            raise Hostile(
                f"the regex `{shown(pattern)}` is too large: {error}", hint=error.hint
            ) from None

    def bind(self, vocabulary: Vocabulary) -> Machine | Single:
        """The machine.

        Raises:
            EmptyLanguage: the expression matches nothing.
            Unspellable: it does, but not with the characters of the vocabulary.
        """
        return bind_bytes(self.name, self._dfa, vocabulary, self._characters)

    def fault(self, machine: Machine | Single, steps: Sequence[int]) -> str | None:
        """What `re` says of a finished text."""
        return text_fault(machine.vocabulary, steps, self._unmatched)

    def _unmatched(self, text: str) -> str | None:
        if re.fullmatch(self._pattern, text, re.ASCII):
            return None
        return f"{shown_text(text)} does not match"
