"""Schemas are written correctly, as `jsonschema` sees it, or refused by name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.constraint import Vocabulary
from rnngen_constrained.errors import BadSyntax, EmptyLanguage, Unsupported
from rnngen_constrained.grammar.machine import GrammarMachine
from rnngen_constrained.json_schema.distinct import DistinctKeys
from rnngen_constrained.json_schema.form import Form
from rnngen_constrained.json_schema.kind import JsonSchema
from rnngen_constrained.json_schema.lower import schema_rules
from tests.plugins.rnngen_constrained.grammars import (
    characters,
    pairs,
    sampled,
    text_of,
    vocabulary,
)

BYTES = vocabulary(bytes([byte]) for byte in range(256))
CASES = [
    case
    for path in sorted((Path(__file__).parent / "schemas").glob("*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))
]
SERVED = [pytest.param(case, id=case["name"]) for case in CASES if "refused" not in case]
REFUSED = [pytest.param(case, id=case["name"]) for case in CASES if "refused" in case]


def machine(schema: Any, words: Vocabulary = BYTES, form: Form | None = None) -> Any:
    return with_wider(schema, words, form)[0]


def with_wider(schema: Any, words: Vocabulary = BYTES, form: Form | None = None) -> Any:
    """The machine, and the keywords that it does not keep exactly."""
    rules, start, opened, wider = schema_rules(schema, "s.json", form or Form())
    made = GrammarMachine(rules, start, words, "json_schema=s.json")
    return DistinctKeys(made) if opened else made, wider


ECMA = {
    **{r"\d": "[0-9]", r"\D": "[^0-9]", r"\w": "[0-9A-Za-z_]", r"\W": "[^0-9A-Za-z_]"},
    **{r"\s": "[^\\S\x1c-\x1f\x85]", r"\S": "[\\S\x1c-\x1f\x85]", "$": r"\Z"},
}
"""What its signs mean, for `re`."""


def _pattern(validator: Any, pattern: str, value: Any, schema: Any) -> Iterator[Any]:
    """By `re`, with ECMA's meaning of classes, which are ASCII, and of `$` written out."""
    written = re.sub(r"\\[dDwWsS]|\$", lambda sign: ECMA[sign[0]], pattern)
    if isinstance(value, str) and not re.search(written, value.replace("\ufeff", " ")):
        yield jsonschema.ValidationError(f"{value!r} does not match {pattern!r}")


def validator(schema: Any) -> jsonschema.protocols.Validator:
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    kind.check_schema(schema)
    kind = jsonschema.validators.extend(kind, {"pattern": _pattern})
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


def accepts(one: GrammarMachine, text: str) -> bool:
    state = one.start()
    for byte in text.encode():
        try:
            state = one.advance(state, 1 + byte)
        except ValueError:
            return False
    return one.vocabulary.end in list(one.allowed(state, None))


def test_there_are_enough_schemas() -> None:
    assert len(CASES) >= 100
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", SERVED)
def test_valid_documents_are_accepted_and_no_others(case: dict[str, Any]) -> None:
    valid = validator(case["schema"])
    one, wider = with_wider(case["schema"])
    assert not wider
    for document in case["valid"]:
        assert valid.is_valid(document)
        for separators in ((",", ":"), (", ", ": ")):
            text = json.dumps(document, ensure_ascii=False, separators=separators)
            assert accepts(one, text), text
    for document in case["invalid"]:
        text = json.dumps(document, ensure_ascii=False)
        assert not accepts(one, text), text


@pytest.mark.parametrize("case", SERVED)
def test_documents_of_a_random_model_are_valid_and_fit(case: dict[str, Any]) -> None:
    valid = validator(case["schema"])
    rng = np.random.default_rng(len(case["name"]))
    for words in (BYTES, characters(), pairs(600)):
        written = json.dumps(case["schema"], ensure_ascii=False)
        if words is not BYTES and ("\\u" in written or not written.isascii()):
            continue
        one = machine(case["schema"], words)
        shortest = one.needed(one.start())
        for length in (shortest, shortest + 5, shortest + 60):
            for _ in range(2):
                steps = sampled(one, length, rng)
                assert len(steps) <= length
                valid.validate(json.loads(text_of(one, steps)))


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_supported_is_refused_by_name_and_place(case: dict[str, Any]) -> None:
    with pytest.raises(Unsupported, match=case["refused"]):
        machine(case["schema"])


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "text"}, "`type` at `#`"),
        ({"properties": {"a": 3}}, "`schema` at `#/properties/a`"),
        ({"properties": []}, "`properties` at `#`"),
        ({"items": [{"type": "string"}]}, "`items` at `#`.*`prefixItems`"),
        ({"minLength": -1}, "`minLength` at `#`"),
        ({"maximum": "3"}, "`maximum` at `#`"),
        ({"required": "a"}, "`required` at `#`"),
        ({"anyOf": []}, "`anyOf` at `#`"),
        ({"$ref": "#/$defs/none"}, "`#/\\$defs/none`"),
        ({"pattern": "("}, "`pattern` at `#`: missing .* at 0: "),
        ({"pattern": "[a"}, "`pattern` at `#`: unterminated .* at 0: "),
        (3, "`schema` at `#`"),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place(schema: Any, said: str) -> None:
    with pytest.raises(BadSyntax, match=said):
        machine(schema)


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"enum": []},
        {"type": "string", "enum": [1]},
        {"type": "integer", "minimum": 3, "maximum": 2},
        {"type": "string", "minLength": 3, "maxLength": 2},
        {"type": "string", "pattern": "^abc$", "maxLength": 2},
        {"type": "object", "required": ["a"], "properties": {"a": False}},
        {"$defs": {"a": {"type": "array", "items": {"$ref": "#/$defs/a"}, "minItems": 1}},
         "$ref": "#/$defs/a"},
    ],
)  # fmt: skip
def test_a_schema_without_documents_is_an_error(schema: Any) -> None:
    with pytest.raises(EmptyLanguage):
        machine(schema)


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"$ref": "#"}, "#"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
         "#/$defs/a"),
        ({"type": "object", "allOf": [{"$ref": "#"}]}, "#"),
        ({"anyOf": [{"type": "string"}, {"$ref": "#"}]}, "#"),
        ({"properties": {"x": {"$ref": "#/properties/x"}}}, "#/properties/x"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}}, "#/$defs/a"),
        ({"items": {"$ref": "#/$defs/a"}, "$defs": {
            "a": {"anyOf": [{"type": "null"}, {"anyOf": [{"$ref": "#/$defs/a"}]}]}}}, "#/$defs/a"),
    ],
)  # fmt: skip
def test_a_reference_that_only_leads_to_itself_is_refused(schema: Any, place: str) -> None:
    with pytest.raises(BadSyntax, match=f"`\\$ref` leads from `{re.escape(place)}.*` back to it"):
        machine(schema)


def test_references_to_the_same_schema_twice_and_within_are_none_that_lead_to_themselves() -> None:
    twice = {"$defs": {"a": {"type": "null"}}, "allOf": [{"$ref": "#/$defs/a"}] * 2}
    assert accepts(machine(twice), "null")
    assert accepts(machine({"properties": {"x": {"$ref": "#"}}}), '{"x":{"x":{}}}')


def test_a_long_chain_of_schemas_is_no_recursion() -> None:
    defs = {f"a{i}": {"$ref": f"#/$defs/a{i + 1}"} for i in range(1500)}
    schema = {"$ref": "#/$defs/a0", "$defs": {**defs, "a1500": {"type": "null"}}}
    assert accepts(machine(schema), "null")


def test_notes_of_well_known_tools_are_no_reason_to_refuse() -> None:
    schema = {"type": "null", "javaType": "com.example.A", "markdownDescription": "*a*"}
    assert accepts(machine(schema), "null")
    assert accepts(machine({"type": "integer", "vendor": 3, "nullable": True}), "1")


@pytest.mark.parametrize("keyword", ["contentEncoding", "contentMediaType"])
def test_what_a_text_contains_is_refused_in_the_one_draft_in_which_it_may_be_checked(
    keyword: str, tmp_path: Path
) -> None:
    schema = {"type": "string", keyword: "base64"}
    assert accepts(machine(schema), '"%"')
    old = {"$schema": "http://json-schema.org/draft-07/schema#", **schema}
    with pytest.raises(Unsupported, match=f"`{keyword}` at `#`"):
        machine(old)
    file = tmp_path / "s.json"
    file.write_text(json.dumps(old), encoding="utf-8")
    with pytest.raises(Unsupported, match=f"s.json: `{keyword}` at `#`"):
        JsonSchema(str(file)).bind(BYTES)


def test_free_white_space_stands_wherever_json_has_it() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"const": 1}}}}
    one = machine(schema, form=Form("free"))
    for indent in (None, 1, 4):
        assert accepts(one, json.dumps({"a": [1, 1]}, indent=indent))
    assert accepts(one, '\n{ "a" : [ 1 ,\t1 ] , "b":{ } }\r\n')
    tight = machine(schema, form=Form("none"))
    assert accepts(tight, '{"a":[1,1]}')
    assert not accepts(tight, '{"a": [1,1]}')


@settings(max_examples=60, deadline=None)
@given(
    st.decimals("-30", "30", places=2),
    st.decimals("-30", "30", places=1),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**31),
)
def test_numbers_within_bounds_are_exactly_those(
    low: Any, high: Any, low_open: bool, high_open: bool, seed: int
) -> None:
    schema = {
        "type": "number",
        "exclusiveMinimum" if low_open else "minimum": float(low),
        "exclusiveMaximum" if high_open else "maximum": float(high),
    }
    valid = validator(schema)
    try:
        one = machine(schema)
    except EmptyLanguage:
        assert low > high or (low == high and (low_open or high_open))
        return
    rng = np.random.default_rng(seed)
    for _ in range(5):
        valid.validate(json.loads(text_of(one, sampled(one, 12, rng))))
    near = [float(low) + d for d in (-1, -0.01, 0, 0.01, 1)] + [
        float(high) + d for d in (-1, -0.01, 0, 0.01, 1)
    ]
    for value in (round(one, 2) for one in near):
        text = f"{value:.2f}" if rng.random() < 0.5 else repr(value)
        assert accepts(one, text) == valid.is_valid(json.loads(text)), text


@settings(max_examples=60, deadline=None)
@given(st.integers(-1200, 1200), st.integers(0, 300), st.sampled_from([1, 1, 2, 7, 10]))
def test_integers_within_bounds_are_exactly_those(low: int, width: int, multiple: int) -> None:
    schema = {"type": "integer", "minimum": low, "maximum": low + width, "multipleOf": multiple}
    within = {value for value in range(low, low + width + 1) if value % multiple == 0}
    if not within:
        with pytest.raises(EmptyLanguage):
            machine(schema)
        return
    one = machine(schema)
    for value in range(low - 12, low + width + 13):
        assert accepts(one, str(value)) == (value in within), value
    assert not accepts(one, "00")


WORDS = ["", "a", "ab", "ba", "aab", "bb", '"', "\\", "\n", "aé"]


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(["a", "^a", "b$", "^[ab]*$", "a|^b", "(^a|b$)", '["\\\\\\n]', "^.?$", ""]),
    st.sampled_from(["", "^.*$", "b", "[^a]", "^(a|b)+$"]),
    st.integers(0, 2),
    st.integers(1, 3),
)
def test_strings_are_those_that_re_finds(one: str, other: str, least: int, most: int) -> None:
    schema = {"pattern": one, "minLength": least, "maxLength": most, "type": "string"}
    both = {"allOf": [schema, {"pattern": other}]}
    try:
        made = machine(both)
    except EmptyLanguage:
        assert not any(validator(both).is_valid(word) for word in WORDS)
        return
    for word in WORDS:
        # Python's `$` is also before a last line break, ECMA's is not.
        found = all(re.search(each.replace("$", r"\Z"), word) for each in (one, other))
        expected = bool(found) and least <= len(word) <= most
        assert accepts(made, json.dumps(word, ensure_ascii=False)) == expected, word


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "minItems": 3, "maxItems": 2},
        {"type": "array", "minItems": 1, "maxItems": 0, "items": {"type": "null"}},
        {"type": "array", "minItems": 3, "maxItems": 2, "prefixItems": [{}], "items": {}},
        {"type": "array", "minItems": 3, "prefixItems": [{}, {}], "items": False},
        {"type": "array", "minItems": 2, "maxItems": 1, "uniqueItems": True},
        {
            "type": "object",
            "properties": {"a": {}},
            "additionalProperties": False,
            "minProperties": 2,
        },
        {"type": "string", "minLength": 2, "maxLength": 1},
    ],
)
def test_bounds_that_no_document_is_between_are_an_error(schema) -> None:
    with pytest.raises(EmptyLanguage):
        machine(schema)


def test_random_schemas_are_served_right_or_refused_and_most_are_served() -> None:
    served: list[bool] = []
    exact: list[bool] = []

    @settings(max_examples=100, deadline=None, derandomize=True)  # the share depends on them
    @given(st.data())
    def check(data: st.DataObject) -> None:
        schema = data.draw(schemas())
        given_documents = data.draw(st.lists(documents(), max_size=6))
        valid = validator(schema)
        try:
            one, wider = with_wider(schema)
        except EmptyLanguage:
            assert not any(valid.is_valid(document) for document in given_documents)
            return
        except Unsupported:
            served.append(False)
            return
        served.append(True)
        exact.append(not wider)
        rng = np.random.default_rng(data.draw(st.integers(0, 2**31)))
        for _ in range(0 if wider else 4):  # the decoder draws again what a wider one writes
            steps = sampled(one, one.needed(one.start()) + 25, rng)
            valid.validate(json.loads(text_of(one, steps)))
        for document in given_documents:
            if valid.is_valid(document) and in_order(schema, document):
                assert accepts(one, json.dumps(document)), document
            elif not wider and not valid.is_valid(document):
                assert not accepts(one, json.dumps(document)), document

    check()
    assert len(served) > 50
    assert sum(served) > 0.9 * len(served)
    assert sum(exact) > 0.5 * len(exact)


def documents() -> st.SearchStrategy[Any]:
    leaf = st.none() | st.booleans() | st.integers(-2, 6) | st.sampled_from(["", "a", "ab", "abc"])
    return st.recursive(
        leaf,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        ),
        max_leaves=4,
    )


def in_order(schema: Any, document: Any) -> bool:
    """Whether the properties of all objects are in alphabetical order, as in `schemas`."""
    if isinstance(document, dict):
        return list(document) == sorted(document) and all(
            in_order(schema, one) for one in document.values()
        )
    return not isinstance(document, list) or all(in_order(schema, one) for one in document)


def schemas() -> st.SearchStrategy[Any]:
    size = st.integers(0, 3)
    leaf = st.one_of(
        st.sampled_from([{}, True, {"type": "null"}, {"type": "boolean"}, {"type": "string"}]),
        st.fixed_dictionaries({"type": st.just("integer")}, optional={"minimum": size}),
        st.fixed_dictionaries({}, optional={"minLength": size, "maxLength": size, "minimum": size}),
        st.lists(st.sampled_from([None, 1, "a", True, "ab"]), min_size=1, max_size=3).map(
            lambda values: {"enum": values}
        ),
    )

    def more(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        some = st.lists(inner, min_size=1, max_size=3)
        named = st.tuples(inner, inner, inner).flatmap(
            lambda three: st.sampled_from(
                [dict(zip("abc", three, strict=True)), {"a": three[0], "b": three[1]}]
            )
        )
        return st.one_of(
            st.fixed_dictionaries(
                {"properties": named},
                optional={
                    "type": st.just("object"),
                    "required": st.lists(st.sampled_from("abc"), unique=True, max_size=2).map(
                        sorted
                    ),
                    "additionalProperties": inner | st.just(False),
                    "maxProperties": size,
                },
            ),
            st.fixed_dictionaries(
                {"items": inner},
                optional={
                    "type": st.just("array"),
                    "minItems": size,
                    "maxItems": size,
                    "prefixItems": some,
                },
            ),
            some.map(lambda options: {"anyOf": options}),
            some.map(lambda options: {"oneOf": options}),
            some.map(lambda options: {"allOf": options}),
            inner.map(lambda one: {"not": one}),
            st.tuples(inner, inner, inner).map(
                lambda three: {"if": three[0], "then": three[1], "else": three[2]}
            ),
            st.just({"dependentRequired": {"a": ["b"], "c": ["a"]}}),
            st.just({"items": {"type": "integer"}, "uniqueItems": True}),
            st.tuples(inner, some).map(
                lambda two: {**two[0], "anyOf": two[1]} if isinstance(two[0], dict) else two[0]
            ),
        )

    return st.recursive(leaf, more, max_leaves=6)
