"""Constraints that programs give: schemas as dicts and models, compiled expressions."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from rnngen import Checking, UsageError, build_options
from rnngen_constrained.decoder.decoder import Constrained
from rnngen_constrained.decoder.options import Options

SCHEMA = {"type": "object", "properties": {"n": {"const": 7}}, "required": ["n"]}


class Model:
    """What a Pydantic model has of it."""

    @classmethod
    def model_json_schema(cls) -> dict[str, Any]:
        return {**SCHEMA, "additionalProperties": False}


def written(**options: Any) -> list[str]:
    made = build_options(Options, options, "decoder `constrained`")
    return list(Constrained(options=made).check(Checking(samples=4)).samples)


@pytest.mark.parametrize("schema", [SCHEMA, Model, [SCHEMA], json.dumps(SCHEMA)])
def test_a_schema_may_be_a_dict_a_model_or_a_text(schema: Any) -> None:
    texts = written(json_schema=schema)
    assert texts
    assert all(json.loads(text)["n"] == 7 for text in texts)


@pytest.mark.parametrize(
    "expression",
    [
        re.compile("a{2,5}|é"),
        re.compile("ab|cd", re.IGNORECASE),
        re.compile("(?i)a . b", re.VERBOSE),
        re.compile("a.{3}b", re.DOTALL),
        re.compile(r"\d{2}", re.ASCII),
    ],
)
def test_a_compiled_expression_keeps_its_flags(expression: re.Pattern[str]) -> None:
    texts = written(regex=expression)
    assert all(expression.fullmatch(text) for text in texts)
    found = build_options(Options, {"regex": expression}, "it").regex
    assert found is not None
    kept = re.compile(found[0]).flags
    assert kept == expression.flags


@pytest.mark.parametrize(
    "options", [{"regex": re.compile(b"a")}, {"regex": 3}, {"json_schema": {"const": {1, 2}}}]
)
def test_what_is_neither_is_refused_by_the_name_of_the_option(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(options))):
        build_options(Options, options, "decoder `constrained`")


def test_a_text_that_is_a_broken_schema_is_told_with_its_place() -> None:
    with pytest.raises(UsageError, match=r"the schema` is not JSON.*line 1 column"):
        written(json_schema="{nothing}")
