"""The constraint `regex`: the whole text matches a regular expression."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from contextlib import suppress

from rnngen import Constraint, Machine, Single, Vocabulary
from rnngen_constrained.automata.anchors import without_anchors
from rnngen_constrained.automata.byte_dfa import ByteDFA, compiled
from rnngen_constrained.automata.expression import has_look
from rnngen_constrained.automata.pattern import parse
from rnngen_constrained.errors import Hostile
from rnngen_constrained.grammar.loops import size
from rnngen_constrained.machines.bind import bind_bytes, characters_of
from rnngen_constrained.machines.derivative import DerivativeMachine
from rnngen_constrained.whole_text import shown, text_fault

LARGEST = 2000
"""With more places, repetitions written out, making a table takes too long."""


class Regex(Constraint):
    """The text matches `pattern` from beginning to end, as Python's `re.fullmatch` means it.

    So `\\d`, `\\w` and `\\s` have all of Unicode (only ASCII after `(?a)`), `.` is not a line
    break, and `$` is the end, or before a line break that ends the text.
    """

    proven = True

    def __init__(self, pattern: str) -> None:
        self.name = f"regex={pattern}"
        self._pattern = pattern
        self._tree = parse(pattern, "regex", looks=True)
        self._dfa: ByteDFA | None = None
        if not has_look(self._tree) and size(self._tree) <= LARGEST:
            # Small ones become a table; where that would be too large, states are made on the way.
            with suppress(Hostile):
                self._dfa = compiled(without_anchors(self._tree))

    def bind(self, vocabulary: Vocabulary) -> Machine | Single:
        """The machine.

        Raises:
            EmptyLanguage: the expression matches nothing.
            Unspellable: it does, but not with the characters of the vocabulary.
            Hostile: finding an end of it takes too long.
        """
        if self._dfa is None:
            return DerivativeMachine(self.name, self._tree, vocabulary)
        return bind_bytes(self.name, self._dfa, vocabulary, characters_of(self._tree))

    def fault(self, machine: Machine | Single, steps: Sequence[int]) -> str | None:
        """What `re` finds wrong with a finished text."""
        return text_fault(machine.vocabulary, steps, self._unmatched)

    def _unmatched(self, text: str) -> str | None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            matched = re.fullmatch(self._pattern, text)
        return None if matched else f"{shown(text)} does not match"
