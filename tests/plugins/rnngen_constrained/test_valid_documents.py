"""Documents are checked whole: no key twice, exact numbers, formats by their standards."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from rnngen.contracts.decoder import Request
from rnngen.contracts.errors import PluginError
from rnngen.testing.decoders import MarkovEngine
from rnngen_constrained.decoder.decoder import Constrained
from rnngen_constrained.decoder.options import Options as ConstrainedOptions
from rnngen_constrained.errors import (
    BadSyntax,
    ConstraintError,
    EmptyLanguage,
    Invalid,
    Unsupported,
)
from rnngen_constrained.grammar.machine import GrammarMachine
from rnngen_constrained.json_schema.distinct import DistinctKeys
from rnngen_constrained.json_schema.form import Form
from rnngen_constrained.json_schema.format_checks import CHECKS
from rnngen_constrained.json_schema.kind import JsonSchema
from rnngen_constrained.json_schema.lower import schema_rules
from rnngen_constrained.json_schema.validator import Validator
from tests.plugins.rnngen_constrained.grammars import characters, sampled, text_of

SIGNS = characters('{}[]":,0123456789.-+eEabidvtTzZ @')


def written(folder: Path, schema: Any) -> JsonSchema:
    path = folder / "s.json"
    path.write_text(schema if isinstance(schema, str) else json.dumps(schema), encoding="utf-8")
    return JsonSchema(str(path))


def documents(made: JsonSchema, count: int = 20, room: int = 25) -> list[str]:
    """Texts of the decoder, each read with no key twice."""
    decoder = Constrained([made])
    decoder.bind(SIGNS)
    single = made.bind(SIGNS)
    length = single.needed(single.start()) + room
    request = Request([[0]] * count, length, seed=3, ends=frozenset({0}))
    texts = [b""] * count
    for emission in decoder.decode(MarkovEngine(len(SIGNS)), request):
        texts[emission.row] += SIGNS.tokens[emission.step]
    for text in texts:
        pairs: list[list[tuple[str, Any]]] = []
        json.loads(text, object_pairs_hook=pairs.append)
        assert all(len(dict(one)) == len(one) for one in pairs), text
    return [text.decode() for text in texts]


@pytest.mark.parametrize("least", [2, 3])
def test_as_many_different_keys_are_written_as_a_schema_demands(tmp_path: Path, least: int) -> None:
    schema = {
        "type": "object",
        "additionalProperties": {"type": "integer"},
        "minProperties": least,
        "maxProperties": 3,
    }
    for text in documents(written(tmp_path, schema)):
        assert least <= len(json.loads(text)) <= 3


def test_more_keys_than_there_are_names_is_unsatisfiable(tmp_path: Path) -> None:
    schema = {
        "type": "object",
        "minProperties": 3,
        "maxProperties": 4,
        "patternProperties": {"^(id|v)$": {"type": "integer"}},
        "additionalProperties": False,
    }
    with pytest.raises(EmptyLanguage):
        written(tmp_path, schema).bind(SIGNS)
    schema["minProperties"] = 2
    assert all(set(json.loads(one)) == {"id", "v"} for one in documents(written(tmp_path, schema)))


def test_keys_differ_in_open_objects_within_others(tmp_path: Path) -> None:
    value = {"type": "object", "minProperties": 2, "additionalProperties": {"type": "null"}}
    schema = {"type": "array", "items": value, "minItems": 2, "maxItems": 2}
    words = characters('{}[]":,nulab')
    made = written(tmp_path, schema).bind(words)
    assert isinstance(made, DistinctKeys)
    rng = np.random.default_rng(0)
    for _ in range(20):
        document = json.loads(text_of(made, sampled(made, 90, rng)))
        assert all(len(one) >= 2 for one in document)


def test_a_schema_with_keywords_of_tools_stays_in_the_own_core(tmp_path: Path) -> None:
    schema = {"type": "integer", "minimum": 9007199254740993, "maximum": 9007199254740999}
    made = written(tmp_path, {**schema, "vendor": "an id", "x-a": 1, "nullable": True})
    assert isinstance(made.bind(SIGNS), GrammarMachine)
    for text in documents(made):
        assert 9007199254740993 <= int(text) <= 9007199254740999


@pytest.mark.parametrize("name", ["email", "date-time"])
def test_formats_are_written_beside_a_keyword_that_nobody_knows(tmp_path: Path, name: str) -> None:
    made = written(tmp_path, {"type": "string", "format": name, "vendor": "x"})
    for text in documents(made, 5):
        assert CHECKS[name](json.loads(text))


FORMS = [
    ("date-time", "2016-12-31T23:59:60Z", True),
    ("date-time", "2016-12-31t23:59:60z", True),
    ("date-time", "2017-01-01T01:59:60+02:00", True),
    ("date-time", "1998-06-30T15:59:60-08:00", True),
    ("date-time", "2016-12-31T08:01:60z", False),
    ("date-time", "2016-12-30T23:59:60Z", False),
    ("date-time", "2017-01-01T23:59:60+02:00", False),
    ("date-time", "2017-02-29T00:00:00Z", False),
    ("date-time", "2016-12-31 23:59:59Z", False),
    ("date-time", "2016-12-31T23:59:59", False),
    ("date-time", "", False),
    ("time", "23:59:60Z", True),
    ("time", "08:01:60z", False),
    ("time", "00:29:60+00:30", True),
    ("time", "24:00:00Z", False),
    ("date", "2024-02-29", True),
    ("date", "20240229", False),
    ("duration", "P1Y2M3DT4H", True),
    ("duration", "P1YT", False),
    ("duration", "P", False),
    ("email", "a.b@c.de", True),
    ("email", "a..b@c.de", False),
    ("email", "@", False),
    ("email", "a" * 65 + "@b.c", False),
    ("hostname", "a-b.c", True),
    ("hostname", "-a", False),
    ("hostname", "a" * 64, False),
    ("ipv4", "1.2.3.4", True),
    ("ipv4", "1.2.3.04", False),
    ("ipv6", "::1", True),
    ("ipv6", "fe80::1%a", False),
    ("uri", "http://a.b/c?d#e", True),
    ("uri", "/a", False),
    ("uri", "http://a b", False),
    ("uri-reference", "/a", True),
    ("uri-reference", "%", False),
    ("uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d16380", True),
    ("uuid", "2eb8aa08aa9811eab4aa73b441d16380", False),
    ("json-pointer", "/a~0b/~1", True),
    ("json-pointer", "/a~", False),
    ("relative-json-pointer", "1/a", True),
    ("relative-json-pointer", "01", False),
]


@pytest.mark.parametrize(("name", "text", "valid"), FORMS)
def test_formats_are_those_of_their_standards(name: str, text: str, valid: bool) -> None:
    assert CHECKS[name](text) is valid


@pytest.mark.parametrize(
    ("schema", "text", "said"),
    [
        ({"type": "object"}, '{"a":1,"a":1}', "the key `a` twice"),
        ({"type": "object"}, '{"a":1,"\\u0061":1}', "the key `a` twice"),
        ({"type": "number"}, "NaN", "`NaN` is not JSON"),
        ({"maximum": 9007199254740992}, "9007199254740993", "`#`.*`maximum`"),
        ({"maximum": 0.3}, "0.30000000000000001", "`maximum`"),
        ({"multipleOf": 0.01}, "0.07", None),
        ({"multipleOf": 0.01}, "1e2", None),
        ({"multipleOf": 0.01}, "0.075", "`multipleOf`"),
        ({"type": "integer"}, "10e-1", None),
        ({"type": "integer"}, "10.5", "`type`"),
        ({"const": 1}, "1.0", None),
        ({"properties": {"a/b": {"items": {"minimum": 2}}}}, '{"a/b":[2,1]}', "`#/a~1b/1`, `1`"),
        ({"format": "date-time"}, '"2016-12-31T08:01:60z"', "`format`"),
        ({"format": "nobody's"}, '"x"', None),
    ],
)
def test_a_fault_names_place_value_and_keyword(schema: Any, text: str, said: str | None) -> None:
    import re

    from rnngen_constrained.json_schema.strict import read_exactly

    fault = Validator(read_exactly(json.dumps(schema)), "s.json", 2020).fault(text)
    if said is None:
        assert fault is None
    else:
        assert fault is not None
        assert re.search(said, fault), fault


def test_a_schema_is_refused_where_its_documents_can_not_be_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rnngen_constrained.json_schema import validator

    validator._kind.cache_clear()
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    with pytest.raises(PluginError, match="`jsonschema`, which is not installed") as caught:
        written(tmp_path, {"type": "null"})
    assert caught.value.hint == "pip install 'rnngen[grammar]'"
    validator._kind.cache_clear()


@pytest.mark.parametrize("options", [{}, {"sampling": "exact"}, {"base": "beam"}])
def test_documents_that_are_never_valid_are_an_error_and_are_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    made = written(tmp_path, {"enum": [1, 2]})
    monkeypatch.setattr(Validator, "fault", lambda self, text: "at `#`: wrong")
    decoder = Constrained([made], ConstrainedOptions(**options))
    decoder.bind(SIGNS)
    request = Request([[0]], 3, ends=frozenset({0}))
    found = []
    with pytest.raises(Invalid, match=r"no valid text was found.*at `#`: wrong") as caught:
        found += decoder.decode(MarkovEngine(len(SIGNS)), request)
    assert isinstance(caught.value, ConstraintError)
    assert not found


WIDER = [
    {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 20},
     "uniqueItems": True, "minItems": 3, "maxItems": 3},
    {"type": "array", "items": {"enum": [*range(10)]}, "uniqueItems": True, "minItems": 2},
    {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 2, "maximum": 9}]},
    {"type": "number", "multipleOf": 0.25, "minimum": 0, "maximum": 3},
    {"type": "array", "items": {"type": "integer"}, "maxItems": 2,
     "not": {"items": {"minimum": 3}}},
    {"enum": [[1, 1], [1, 2]], "uniqueItems": True},
]  # fmt: skip


@pytest.mark.parametrize("schema", WIDER, ids=lambda schema: "-".join(schema))
def test_what_a_grammar_does_not_keep_exactly_is_kept_by_the_whole_check(
    tmp_path: Path, schema: dict[str, Any]
) -> None:
    assert schema_rules(schema, "s.json", Form()).wider
    valid = jsonschema.Draft202012Validator(schema)
    for text in documents(written(tmp_path, schema), 12):
        valid.validate(json.loads(text))


def test_many_conditions_are_left_to_the_whole_check_and_make_few_rules() -> None:
    names = [f"p{number}" for number in range(40)]
    needs = {one: [other] for one, other in pairwise(names)}
    found = schema_rules({"type": "object", "dependentRequired": needs}, "s.json", Form())
    assert len(found.rules) < 100
    assert any("dependentRequired/p38" in one for one in found.wider)


def test_a_reference_out_of_a_document_within_is_refused_by_its_name() -> None:
    schema = {"items": {"$id": "https://a.example/b", "$ref": "c#/$defs/d"}}
    with pytest.raises(Unsupported, match="`c#/\\$defs/d` is in another document"):
        schema_rules(schema, "s.json", Form())


def test_values_that_look_like_addresses_name_no_document() -> None:
    value, reference = {"$id": "https://a.example/b"}, {"$ref": "https://a.example/b"}
    with pytest.raises(Unsupported, match="is in another document"):
        schema_rules({"properties": {"a": {"enum": [value]}, "b": reference}}, "s.json", Form())


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"not": 3}, "`schema` at `#/not`"),
        ({"if": {}, "then": 1}, "`schema` at `#/then`"),
        ({"dependentRequired": {"a": "b"}}, "`dependentRequired` at `#`"),
        ({"dependentSchemas": []}, "`dependentSchemas` at `#`"),
        ({"not": {"$ref": "#"}}, "back to itself"),
    ],
)
def test_conditions_that_are_no_schemas_are_named(schema: Any, said: str) -> None:
    with pytest.raises(BadSyntax, match=said):
        schema_rules(schema, "s.json", Form())
