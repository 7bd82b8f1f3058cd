"""The constraint `regex`: the whole text matches a regular expression."""

from __future__ import annotations

from rnngen_constrained.automaton import bind_bytes, characters_of
from rnngen_constrained.byte_dfa import determinize
from rnngen_constrained.errors import Hostile
from rnngen_constrained.machine import Machine, Single, Vocabulary
from rnngen_constrained.nfa import build
from rnngen_constrained.regex_syntax import parse, shown


class Regex:
    """The text matches `pattern` from beginning to end, as `re.fullmatch` with `re.ASCII` does."""

    def __init__(self, pattern: str) -> None:
        self.name = f"regex={pattern}"
        tree = parse(pattern)
        self._characters = characters_of(tree)
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
