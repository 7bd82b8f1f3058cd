"""A library's matcher never leads into a dead end, since a plan that fits is kept."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.errors import PluginError
from rnngen_constrained.errors import BadSyntax, ConstraintError, Undecided, Unsupported
from rnngen_constrained.json_schema.kind import JsonSchema
from rnngen_constrained.kinds.includes import MustInclude
from rnngen_constrained.kinds.length import Length
from rnngen_constrained.machines.compose import compose
from rnngen_constrained.machines.make import make
from rnngen_constrained.machines.planned import PlannedMachine
from tests.plugins.rnngen_constrained.grammars import characters, pairs, sampled, text_of
from tests.plugins.rnngen_constrained.listed import Listed

WORDS = characters("abc")
MANY: Any = {
    "type": "object",
    "patternProperties": {f"^{sign}$": {"type": "null"} for sign in "abcdef"},
    "additionalProperties": False,
}
"""More patterns of names than the own core takes."""
FLAT: Any = {
    "type": "object",
    "properties": {"n": MANY, "s": {"type": "string"}},
    "required": ["n", "s"],
    "additionalProperties": False,
}
TREE: Any = {
    "$ref": "#/$defs/tree",
    "$defs": {
        "tree": {
            "type": "object",
            "properties": {
                "v": MANY,
                "kids": {"type": "array", "items": {"$ref": "#/$defs/tree"}},
            },
            "required": ["v", "kids"],
            "additionalProperties": False,
        }
    },
}


texts = st.lists(st.text("abc", max_size=5), min_size=1, max_size=8, unique=True)


@settings(max_examples=150, deadline=None)
@given(texts, texts, st.integers(0, 5), st.integers(0, 2**31))
def test_sequences_end_within_the_length_where_the_library_has_dead_ends(
    ends: list[str], dead: list[str], spare: int, seed: int
) -> None:
    machine = PlannedMachine(Listed(ends + dead, ends, WORDS), WORDS, "listed", lambda text: None)
    state = machine.start()
    assert min(map(len, ends)) <= machine.needed(state)
    for left in range(7):
        for step in machine.allowed(state, left):
            assert any(text.startswith("_abc"[step]) and len(text) <= left for text in ends) or (
                step == 0 and "" in ends
            )
    length = machine.needed(state) + spare
    rng = np.random.default_rng(seed)
    for _ in range(5):
        steps = sampled(machine, length, rng)
        assert text_of(machine, steps) in ends
        assert len(steps) <= length


def test_a_library_that_finds_no_text_is_an_error_before_anything_is_written() -> None:
    with pytest.raises(ConstraintError, match="no valid text was found"):
        PlannedMachine(Listed(["abc"], [], WORDS), WORDS, "listed", lambda text: None)


def test_a_plan_that_somebody_else_finds_invalid_is_not_relied_on() -> None:
    with pytest.raises(ConstraintError, match="the library allows: `ab` is wrong"):
        PlannedMachine(
            Listed(["ab"], ["ab"], WORDS),
            WORDS,
            "listed",
            lambda text: "`ab` is wrong" if text == b"ab" else None,
        )


def test_reasons_tell_rules_from_lengths() -> None:
    machine = PlannedMachine(
        Listed(["a", "bcc", "ca"], ["a", "bcc"], WORDS), WORDS, "l", lambda _: None
    )
    state = machine.start()
    assert machine.explain(state, 3, None).text == "no ending was found after 'c'"
    assert machine.explain(state, 2, 2).kind == "length"
    assert "takes 2 steps, 1 are left" in machine.explain(state, 2, 2).text
    assert machine.explain(state, 0, 5).kind == "rule"
    assert machine.explain(state, 0, 5).ending == (1,)
    with pytest.raises(ValueError, match="allowed"):
        machine.explain(state, 2, 3)
    after = machine.advance(state, 1)
    assert "can't follow" in machine.explain(after, 1, 5).text
    with pytest.raises(ValueError, match="not allowed"):
        machine.advance(after, 1)


def written(folder: Path, schema: Any) -> str:
    path = folder / "s.json"
    path.write_text(schema if isinstance(schema, str) else json.dumps(schema), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("words", [characters(), pairs(300)], ids=["characters", "pairs"])
@pytest.mark.parametrize("schema", [FLAT, TREE], ids=["flat", "tree"])
def test_schemas_left_to_the_library_are_kept_within_the_length(
    tmp_path: Path, schema: Any, words: Any
) -> None:
    pytest.importorskip("llguidance")
    machine = JsonSchema(written(tmp_path, schema)).bind(words)
    assert isinstance(machine, PlannedMachine)
    valid = jsonschema.Draft202012Validator(schema)
    rng = np.random.default_rng(1)
    shortest = machine.needed(machine.start())
    for length in (shortest, shortest + 4, shortest + 20):
        for _ in range(2):
            steps = sampled(machine, length, rng)
            assert len(steps) <= length
            valid.validate(json.loads(text_of(machine, steps)))


def test_a_schema_that_the_library_refuses_too_is_refused_by_name(tmp_path: Path) -> None:
    pytest.importorskip("llguidance")
    constraint = JsonSchema(written(tmp_path, {"type": "object", "unevaluatedProperties": False}))
    with pytest.raises(Unsupported, match=r"`unevaluatedProperties` at `#`.*as well"):
        constraint.bind(characters())


def test_without_the_library_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llguidance", None)
    with pytest.raises(
        PluginError, match=r"`patternProperties` at `#/properties/n`.*not installed"
    ) as no:
        JsonSchema(written(tmp_path, FLAT)).bind(characters())
    assert no.value.hint == "pip install 'rnngen[grammar]'"
    machine = JsonSchema(written(tmp_path, {"type": "integer"})).bind(characters())
    assert machine.exact


def test_without_lark_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lark", None)
    path = tmp_path / "g.lark"
    path.write_text('start: "a"', encoding="utf-8")
    with pytest.raises(PluginError, match="`lark`"):
        make("grammar", str(path))


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ('{"type": "string",}', BadSyntax, "line 1 column 1[89]"),
        ("", BadSyntax, "line 1 column 1"),
        ("[" * 100_000, BadSyntax, "nested too deeply"),
        ("3", BadSyntax, "`schema` at `#`"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(
    tmp_path: Path, text: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        JsonSchema(written(tmp_path, text))


def test_the_kind_json_schema_reads_a_file_and_its_options(tmp_path: Path) -> None:
    path = written(tmp_path, {"type": "array", "items": {"const": 1}})
    tight = make("json_schema", path, {"whitespace": "none"}).bind(characters())
    loose = make("json_schema", path, {"whitespace": "free"}).bind(characters())
    assert len(tight.allowed(tight.start(), None)) < len(loose.allowed(loose.start(), None))
    with pytest.raises(ConstraintError, match="no such file"):
        make("json_schema", str(tmp_path / "none.json"))


def test_a_library_joined_with_another_constraint_is_kept_valid_or_refused(tmp_path: Path) -> None:
    pytest.importorskip("llguidance")
    words = pairs(300)
    text = JsonSchema(written(tmp_path, {"type": "string", "unknown": 1}))
    parts = [text, Length("8..20")]
    machine = compose([part.name for part in parts], [part.bind(words) for part in parts]).single()
    rng = np.random.default_rng(0)
    length = machine.needed(machine.start())
    for spare in (0, 5):
        steps = sampled(machine, length + spare, rng)
        assert len(steps) <= length + spare
        assert isinstance(json.loads(text_of(machine, steps)), str)
        assert 8 <= len(text_of(machine, steps)) <= 20
    many = JsonSchema(written(tmp_path, MANY))
    parts = [many, Length("..9"), MustInclude(["x"])]
    with pytest.raises(Undecided) as caught:
        compose([part.name for part in parts], [part.bind(words) for part in parts])
    assert f"`{many.name}` and `must_include=x` are too large" in caught.value.message
    assert caught.value.hint
