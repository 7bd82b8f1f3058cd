"""Sequences that are guaranteed to be valid: the decoder `constrained`, and kinds of constraints.

A kind of constraint is registered with the hook `register_constraints`, by anyone's plugin. Its
target is called with what the user wrote, `target(text, **options)`, and gives a
`rnngen_constrained.constraint.Constraint`, or a rule written as `start`, `step` and `accept`.
"""

from __future__ import annotations

from rnngen.kernel.hookspecs import Register, hookimpl


@hookimpl
def register_decoders(register: Register) -> None:
    """The decoder that satisfies constraints."""
    register(
        "constrained",
        "rnngen_constrained.decoder.decoder.decoder:Constrained",
        options="rnngen_constrained.decoder.decoder.options:Options",
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
        summary="so many characters, or steps where they are no text: `5..10`, `8`, `..20`",
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
        "rnngen_constrained.json_schema.constraint.constraint:JsonSchema",
        options="rnngen_constrained.json_schema.constraint.constraint:Options",
        summary="JSON that a schema in a file allows",
    )
    register(
        "prose",
        "rnngen_constrained.kinds.prose:Prose",
        summary="known words, brackets and quotes in pairs, and whole sentences",
    )
