"""Masks of grammars and schemas are the same as those of an independent engine."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from rnngen.contracts.constraint import Vocabulary
from rnngen_constrained.grammar.lark_text import WHOLE, read_grammar
from rnngen_constrained.grammar.machine import GrammarMachine
from rnngen_constrained.json_schema.form import Form
from rnngen_constrained.json_schema.llg import LibraryMatcher, grammar_matcher
from rnngen_constrained.json_schema.lower import schema_rules
from tests.plugins.rnngen_constrained.grammars import ARITHMETIC, characters, pairs, vocabulary

pytest.importorskip("llguidance")

GRAMMARS = {
    "arithmetic": ARITHMETIC,
    "brackets": 'start: ("(" start ")" | "[" start "]")*',
    "json": r"""
        start: value
        value: object | array | STRING | NUMBER | "true" | "false" | "null"
        object: "{" (pair ("," pair)*)? "}"
        pair: STRING ":" value
        array: "[" (value ("," value)*)? "]"
        STRING: /"([^"\\\x00-\x1f]|\\["\\nt])*"/
        NUMBER: /-?(0|[1-9][0-9]*)(\.[0-9]+)?/
    """,
    "palindromes": 'start: "a" start "a" | "b" start "b" | "c"',
    "equally many": 'start: "a" start "b" | "ab"',
    "statements": r"""
        start: statement+
        statement: NAME "=" sum ";" | "if " sum " {" statement* "}"
        sum: product | sum "+" product
        product: atom | product "*" atom
        atom: NAME | NUMBER | "(" sum ")"
        NAME: /[a-z][a-z0-9]*/
        NUMBER: /[0-9]+/
    """,
    "ambiguous": 'start: start start | "a" | "b" start',
    "right recursion": 'start: "x" start | "x" "y" tail\ntail: "z" tail | "z"',
    "hidden left recursion": 'start: maybe start "x" | "y"\nmaybe: "m"?',
    "repetitions": 'start: item~2..4 ("," item~1)* "."\nitem: /[0-9]/ | "n"',
    "not ascii": 'start: (/[à-ü]/ | "€" | "日本")+ "."',
}
VOCABULARIES = {
    "characters": characters(),
    "bytes": vocabulary(bytes([byte]) for byte in range(256)),
    "pairs": pairs(700),
}


def agree(ours: GrammarMachine, theirs: LibraryMatcher, seed: int, longest: int = 25) -> int:
    """How many states had the same masks; fails at the first that differs."""
    rng = np.random.default_rng(seed)
    state = ours.start()
    matcher: LibraryMatcher | None = theirs
    for count in range(longest):
        assert matcher is not None
        allowed = [int(step) for step in ours.allowed(state, None)]
        expected = list(matcher.allowed()) + ([ours.vocabulary.end] if matcher.final() else [])
        assert sorted(allowed) == sorted(expected)
        follow = [step for step in allowed if step != ours.vocabulary.end]
        if not follow:
            return count
        step = follow[rng.integers(len(follow))]
        state, matcher = ours.advance(state, step), matcher.after(step)
    return longest


@pytest.mark.parametrize("words", list(VOCABULARIES))
@pytest.mark.parametrize("name", list(GRAMMARS))
def test_masks_of_grammars_are_those_of_the_library(name: str, words: str) -> None:
    known: Vocabulary = VOCABULARIES[words]
    if name == "not ascii" and words == "characters":
        known = characters("àéü€日本.x")
    ours = GrammarMachine(read_grammar(GRAMMARS[name], name), WHOLE, known, name)
    theirs = grammar_matcher(GRAMMARS[name], known)
    assert sum(agree(ours, theirs, seed) for seed in range(6)) >= 6


SCHEMAS: dict[str, Any] = {
    "record": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 4},
            "age": {"type": "integer", "minimum": 0, "maximum": 120},
            "kind": {"enum": ["a", "b c", 3, None]},
            "code": {"type": "string", "pattern": "^[a-z]{2,3}-[0-9]+$"},
            "tags": {"type": "array", "items": {"type": "boolean"}, "maxItems": 2},
        },
        "required": ["name", "kind"],
        "additionalProperties": False,
    },
    "union": {"anyOf": [{"type": "null"}, {"type": "boolean"}, {"const": {"a": [1, 2]}}]},
    "tree": {
        "$ref": "#/$defs/t",
        "$defs": {
            "t": {
                "type": "object",
                "properties": {
                    "v": {"type": "boolean"},
                    "kids": {"type": "array", "items": {"$ref": "#/$defs/t"}},
                },
                "required": ["v", "kids"],
                "additionalProperties": False,
            }
        },
    },
}


@pytest.mark.parametrize("words", list(VOCABULARIES))
@pytest.mark.parametrize("name", list(SCHEMAS))
def test_masks_of_schemas_are_those_of_the_library(name: str, words: str) -> None:
    # The library has no DEL in strings, which JSON has.
    known = vocabulary(token for token in VOCABULARIES[words].tokens[1:] if b"\x7f" not in token)
    rules, start, *_ = schema_rules(SCHEMAS[name], name, Form("none"))
    ours = GrammarMachine(rules, start, known, name)
    options = {"item_separator": ",", "key_separator": ":", "whitespace_flexible": False}
    theirs = grammar_matcher(
        "start: %json " + json.dumps({**SCHEMAS[name], "x-guidance": options}), known
    )
    for seed in range(5):
        agree(ours, theirs, seed, 60)
