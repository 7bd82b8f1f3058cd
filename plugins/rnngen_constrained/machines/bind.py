"""Binds an automaton over bytes to a vocabulary, or says clearly why that is impossible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rnngen import INFINITE, Machine, Single, Vocabulary
from rnngen_constrained.automata.byte_dfa import ByteDFA
from rnngen_constrained.automata.classes import leaves
from rnngen_constrained.automata.expression import Expression
from rnngen_constrained.automata.to_tokens import lift
from rnngen_constrained.automata.token_dfa import distances
from rnngen_constrained.errors import EmptyLanguage, Unspellable
from rnngen_constrained.machines.lazy_lift import LazyLift
from rnngen_constrained.machines.table import TableMachine

SHOWN = 10
FEW = 128
"""A set with more characters than this does not name any single one as missing."""


def bind_bytes(
    name: str, dfa: ByteDFA, vocabulary: Vocabulary, characters: Iterable[str] = ()
) -> Machine | Single:
    """The machine of an automaton over bytes.

    Args:
        name: the constraint, for messages.
        dfa: what is allowed.
        vocabulary: the steps.
        characters: what the constraint names, to say which of them the vocabulary lacks.

    Raises:
        EmptyLanguage: nothing is allowed at all.
        Unspellable: something is, but no steps write it.
    """
    if not len(dfa.next) or int(distances(dfa.next, dfa.accepting)[0]) >= INFINITE:
        raise EmptyLanguage(f"nothing satisfies `{name}`", hint="it contradicts itself")
    made = lift(dfa, vocabulary)
    if made is None:
        return LazyLift(name, dfa, vocabulary)
    if made.empty:
        raise unspellable(name, vocabulary, characters)
    return TableMachine(made, vocabulary, [name], spelt=[dfa])


def unspellable(name: str, vocabulary: Vocabulary, characters: Iterable[str]) -> Unspellable:
    """The error that says which characters the vocabulary lacks."""
    if not any(vocabulary.tokens):
        return Unspellable(
            f"`{name}` is about text, and the model's steps are not", hint="use rules for its steps"
        )
    known = b"\n".join(vocabulary.tokens)
    missing = [char for char in dict.fromkeys(characters) if char.encode() not in known]
    what = ", ".join(f"`{char}`" if char.isprintable() else repr(char) for char in missing[:SHOWN])
    more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    plural = "character" if len(missing) == 1 else "characters"
    why = f": it has never seen the {plural} {what}{more}" if missing else ""
    return Unspellable(
        f"the model can't write anything that satisfies `{name}`{why}",
        hint="train on text with these characters, or with `--tokens byte`"
        if missing
        else "its tokens don't fit the constraint",
    )


def characters_of(expression: Expression) -> Iterator[str]:
    """The characters that an expression names, in order; found on demand."""
    for chars in leaves(expression):
        if chars.size <= FEW:
            yield from chars
