"""Sequences that are guaranteed to be valid: the decoder `constrained`, and kinds of constraints.

A kind of constraint is registered with the hook `register_constraints`, by anyone's plugin. Its
target is called with what the user wrote, `target(text, options)`, and gives a
`rnngen.Constraint`, or a rule written as `start`, `step` and `accept`. What plugins that bring
kinds may use of this one is in `__all__`, each name imported on first use.

Its rooms, from the top; each imports those below it only: `testing`, `decoder`, `kinds`,
`json_schema`, `grammar`, `machines`, `automata`, `whole_text`, `files`, `errors`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from rnngen import Register, hookimpl

if TYPE_CHECKING:
    from rnngen_constrained.automata.byte_dfa import ByteDFA as ByteDFA
    from rnngen_constrained.automata.token_dfa import trimmed as trimmed
    from rnngen_constrained.errors import BadSyntax as BadSyntax
    from rnngen_constrained.errors import ConstraintError as ConstraintError
    from rnngen_constrained.errors import EmptyLanguage as EmptyLanguage
    from rnngen_constrained.errors import Hostile as Hostile
    from rnngen_constrained.errors import Unspellable as Unspellable
    from rnngen_constrained.errors import Unsupported as Unsupported
    from rnngen_constrained.files import read_bytes as read_bytes
    from rnngen_constrained.kinds.word_list import texts_of as texts_of
    from rnngen_constrained.machines.table import TableMachine as TableMachine
    from rnngen_constrained.machines.without import without as without

_PUBLIC = {
    "BadSyntax": "rnngen_constrained.errors",
    "ByteDFA": "rnngen_constrained.automata.byte_dfa",
    "ConstraintError": "rnngen_constrained.errors",
    "EmptyLanguage": "rnngen_constrained.errors",
    "Hostile": "rnngen_constrained.errors",
    "TableMachine": "rnngen_constrained.machines.table",
    "Unspellable": "rnngen_constrained.errors",
    "Unsupported": "rnngen_constrained.errors",
    "read_bytes": "rnngen_constrained.files",
    "texts_of": "rnngen_constrained.kinds.word_list",
    "trimmed": "rnngen_constrained.automata.token_dfa",
    "without": "rnngen_constrained.machines.without",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module `rnngen_constrained` has no attribute `{name}`")
    value = getattr(importlib.import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


@hookimpl
def register_decoders(register: Register) -> None:
    """The decoder that satisfies constraints."""
    register(
        "constrained",
        "rnngen_constrained.decoder.decoder:Constrained",
        options="rnngen_constrained.decoder.options:Options",
        summary="sequences that satisfy rules: regex, words, grammar, schema, rhyme, music",
    )


@hookimpl
def register_constraints(register: Register) -> None:
    """The kinds of constraints that come with the decoder."""
    register(
        "regex",
        "rnngen_constrained.kinds.regex:Regex",
        summary="the whole text matches, as Python's re.fullmatch does: \\d, \\w, \\s are Unicode",
    )
    register(
        "words",
        "rnngen_constrained.kinds.words:Words",
        summary="every word of the text is in a list, or in a file with one word a line",
    )
    register(
        "must-include",
        "rnngen_constrained.kinds.includes:MustInclude",
        summary="the text has all of these, anywhere",
    )
    register(
        "must-not-include",
        "rnngen_constrained.kinds.includes:MustNotInclude",
        summary="the text has none of these",
    )
    register(
        "length",
        "rnngen_constrained.kinds.length:Length",
        summary="the number of characters, or of steps that are not text: `5..10`, `8`, `..20`",
    )
    register(
        "number",
        "rnngen_constrained.kinds.number:Number",
        summary="a number between two others, with as many decimals: `1..12`, `0.00..1.50`",
    )
    register(
        "grammar",
        "rnngen_constrained.kinds.grammar:Grammar",
        summary="what a grammar in a file allows, in Lark's notation",
    )
    register(
        "json-schema",
        "rnngen_constrained.json_schema.kind:JsonSchema",
        options="rnngen_constrained.json_schema.kind:Options",
        summary="JSON that a schema in a file allows",
    )
    register(
        "prose",
        "rnngen_constrained.kinds.prose:Prose",
        summary="known words, brackets and quotes in pairs, and whole sentences",
    )
