"""Sequences that are guaranteed to be valid: the decoder `constrained`, and kinds of constraints.

Any plugin can register a kind of constraint with the hook `register_constraints`. Its
target is called with what the user wrote, `target(text, options)`, and returns a
`rnngen.Constraint`, or a rule written as `start`, `step` and `accept`. What plugins that add
kinds may use of this one is in `__all__`, each name imported on first use.

Its layers, from the top; each imports only those below it: `testing`, `decoder`, `kinds`,
`json_schema`, `grammar`, `machines`, `derivatives`, `automata`, `whole_text`, `files`,
`errors`.
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
    """Registers the decoder `constrained`."""
    register(
        "constrained",
        "rnngen_constrained.decoder.decoder:Constrained",
        options="rnngen_constrained.decoder.options:Options",
        summary="sequences that satisfy rules: regex, words, grammar, schema, rhyme, music",
    )


@hookimpl
def register_constraints(register: Register) -> None:
    """Registers the kinds of constraints that come with the decoder."""
    register(
        "regex",
        "rnngen_constrained.kinds.regex:Regex",
        summary="the whole text matches, as Python's re.fullmatch does: \\d, \\w, \\s are Unicode",
    )
    register(
        "words",
        "rnngen_constrained.kinds.words:Words",
        summary="every word of the text is in a list, or in a file with one word per line",
    )
    register(
        "must-include",
        "rnngen_constrained.kinds.includes:MustInclude",
        summary="the text contains all of these, anywhere",
    )
    register(
        "must-not-include",
        "rnngen_constrained.kinds.includes:MustNotInclude",
        summary="the text contains none of these",
    )
    register(
        "length",
        "rnngen_constrained.kinds.length:Length",
        summary="the number of characters (steps, if not text): `5..10`, `8`, `..20`",
    )
    register(
        "number",
        "rnngen_constrained.kinds.number:Number",
        summary="a number in a range, with as many decimals as its bounds: `1..12`, `0.00..1.50`",
    )
    register(
        "grammar",
        "rnngen_constrained.kinds.grammar:Grammar",
        options="rnngen_constrained.kinds.grammar:Options",
        summary="text that a grammar file allows: Lark, GBNF of llama.cpp, EBNF of ISO or W3C",
    )
    register(
        "json-schema",
        "rnngen_constrained.json_schema.kind:JsonSchema",
        options="rnngen_constrained.json_schema.kind:Options",
        summary="JSON that a schema file allows",
    )
    register(
        "prose",
        "rnngen_constrained.kinds.prose:Prose",
        summary="known words, brackets and quotes in pairs, and whole sentences",
    )
