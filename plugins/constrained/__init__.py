"""Sequences that are guaranteed to be valid: the decoder `constrained`, and kinds of constraints.

A kind of constraint is registered with the hook `register_constraints`, by anyone's plugin. Its
target is called with what the user wrote, `target(text, **options)`, and gives a
`rnngen_constrained.constraint.Constraint`, or a rule written as `start`, `step` and `accept`.
"""

from __future__ import annotations

from rnngen.hookspecs import Register, hookimpl


@hookimpl
def register_decoders(register: Register) -> None:
    """The decoder that satisfies constraints."""
    register(
        "constrained",
        "rnngen_constrained.decoder:Constrained",
        options="rnngen_constrained.options:Options",
        summary="sequences that satisfy rules: regex, words, grammar, schema, rhyme, music",
    )


@hookimpl
def register_constraints(register: Register) -> None:
    """The kinds of constraints that come with the decoder."""
    register(
        "regex",
        "rnngen_constrained.pattern:Regex",
        summary="the whole text matches a regular expression",
    )
    register(
        "words",
        "rnngen_constrained.words:Words",
        summary="every word of the text is in a list, or in a file with one word a line",
    )
    register(
        "must-include",
        "rnngen_constrained.includes:MustInclude",
        summary="the text has all of these, anywhere",
    )
    register(
        "must-not-include",
        "rnngen_constrained.includes:MustNotInclude",
        summary="the text has none of these",
    )
    register(
        "length",
        "rnngen_constrained.length:Length",
        summary="so many characters, or steps where they are no text: `5..10`, `8`, `..20`",
    )
    register(
        "number",
        "rnngen_constrained.number:Number",
        summary="a number between two others, with as many decimals: `1..12`, `0.00..1.50`",
    )
    register(
        "grammar",
        "rnngen_constrained.cfg.constraint:Grammar",
        summary="what a grammar in a file allows, in Lark's notation",
    )
    register(
        "json-schema",
        "rnngen_constrained.json_schema:JsonSchema",
        options="rnngen_constrained.json_schema:Options",
        summary="JSON that a schema in a file allows",
    )
    register(
        "prose",
        "rnngen_constrained.prose:Prose",
        summary="known words, brackets and quotes in pairs, and whole sentences",
    )
    register(
        "haiku",
        "rnngen_constrained.poetry.constraints:haiku",
        options="rnngen_constrained.poetry.constraints:Options",
        summary="a poem of lines of 5, 7 and 5 syllables",
    )
    register(
        "couplets",
        "rnngen_constrained.poetry.constraints:couplets",
        options="rnngen_constrained.poetry.constraints:Options",
        summary="lines that rhyme in pairs, so many of them: `couplets:6`",
    )
    register(
        "limerick",
        "rnngen_constrained.poetry.constraints:limerick",
        options="rnngen_constrained.poetry.constraints:Options",
        summary="five lines that rhyme AABBA",
    )
    register(
        "syllables",
        "rnngen_constrained.poetry.constraints:syllables",
        options="rnngen_constrained.poetry.constraints:Options",
        summary="lines of so many syllables, and which rhyme: `8/6/8/6 ABCB`",
    )
    register(
        "metre",
        "rnngen_constrained.poetry.constraints:metre",
        options="rnngen_constrained.poetry.constraints:Options",
        summary="lines of a metre, and which rhyme: `iambic-pentameter ABAB`",
    )
    register(
        "notes",
        "rnngen_constrained.music.constraints:whole_notes",
        options="rnngen_constrained.music.constraints:Options",
        summary="every note whole: instrument, pitch, loudness, duration; positions that go on",
    )
    register(
        "key",
        "rnngen_constrained.music.constraints:key",
        options="rnngen_constrained.music.constraints:Options",
        summary="notes of a key only: `C major`, `F# dorian`",
    )
    register(
        "range",
        "rnngen_constrained.music.constraints:pitch_range",
        options="rnngen_constrained.music.constraints:Options",
        summary="notes from the lowest to the highest: `48-72`, `C3-C5`",
    )
    register(
        "bars",
        "rnngen_constrained.music.constraints:bars",
        options="rnngen_constrained.music.constraints:Options",
        summary="so many bars, in each of which durations add up: `4x16`",
    )
    register(
        "leap",
        "rnngen_constrained.music.constraints:leap",
        options="rnngen_constrained.music.constraints:Options",
        summary="successive notes are at most so many semitones apart",
    )
    register(
        "cadence",
        "rnngen_constrained.music.constraints:cadence",
        options="rnngen_constrained.music.constraints:Options",
        summary="the last bar ends on this note: `C`",
    )
    register(
        "motif",
        "rnngen_constrained.music.constraints:motif",
        options="rnngen_constrained.music.constraints:Options",
        summary="intervals or pitches that occur: `+2 +2 -4`, `C4 D4 E4`",
    )
