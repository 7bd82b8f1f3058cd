"""Small automata over bytes: valid UTF-8, and both of two automata."""

from __future__ import annotations

from functools import cache

import numpy as np

from rnngen import Vocabulary
from rnngen_constrained.automata.byte_dfa import ByteDFA, compiled
from rnngen_constrained.automata.charset import ANY
from rnngen_constrained.automata.expression import Chars, Repeat
from rnngen_constrained.automata.product import product
from rnngen_constrained.automata.token_dfa import TokenDFA, trimmed
from rnngen_constrained.errors import Hostile


@cache
def utf8() -> ByteDFA:
    """The automaton of any text."""
    return compiled(Repeat(Chars(ANY), 0, None))


def whole_characters(dfa: ByteDFA, vocabulary: Vocabulary, name: str) -> ByteDFA:
    """The automaton, and no broken characters where the vocabulary has parts of some."""
    for token in vocabulary.tokens:
        try:
            token.decode()
        except UnicodeDecodeError:
            return both(dfa, utf8(), name)
    return dfa


def both(first: ByteDFA, second: ByteDFA, name: str) -> ByteDFA:
    """The automaton of what both accept; Hostile if it takes too many states."""
    joined = product(_as_table(first), _as_table(second))
    if joined is None:
        raise Hostile(
            f"`{name}` takes too many states", hint="use fewer constraints at once, or simpler ones"
        )
    made, _ = joined
    if made.empty:
        return ByteDFA(np.full((1, 1), -1, np.int32), np.zeros(256, np.int32), np.zeros(1, bool))
    return ByteDFA(made.next, made.classes, made.accepting)


def _as_table(dfa: ByteDFA) -> TokenDFA:
    return trimmed(dfa.next, dfa.classes, dfa.accepting)[0]
