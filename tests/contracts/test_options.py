"""Options: read from text and TOML, assigned by name, refused with a suggestion."""

from __future__ import annotations

import typing
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import build, describe, option
from rnngen.kernel.assignments import Assignment, assign, parse_assignments
from rnngen.kernel.config_file import Config
from rnngen.kernel.core_options import TrainOptions
from rnngen.kernel.settings import resolve, to_toml


@dataclass(frozen=True)
class Cell:
    """Options of a cell."""

    depth: int = option(2, "gates above each other", min=1, max=9)
    scale: float = option(1.0, "of the weights", min=0)
    bias: bool = option(True, "whether there is one")
    kind: Literal["tanh", "relu"] = option("tanh", "nonlinearity")
    words: tuple[str, ...] = option((), "some words")
    sizes: tuple[int, ...] = option((1,), "some sizes", min=1)
    limit: int | None = option(None, "at most so many")
    path: Path | None = option(None, "where")  # noqa: RUF009
    text: str = option("", "anything")


@dataclass(frozen=True)
class Strategy:
    """Options of a strategy."""

    strength: float = option(0.5, "of the penalty", min=0)
    scale: float = option(1.0, "of something else")


SECTIONS = {"gru": Cell, "ewc": Strategy}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("depth", "3", 3),
        ("depth", " 3 ", 3),
        ("scale", "1e-3", 0.001),
        ("bias", "no", False),
        ("bias", "TRUE", True),
        ("kind", "relu", "relu"),
        ("words", "a, b", ("a", "b")),
        ("words", "", ()),
        ("words", "a", ("a",)),
        ("sizes", "3,4", (3, 4)),
        ("limit", "none", None),
        ("limit", "1_000", 1000),
        ("path", "a/b", Path("a/b")),
        ("text", "a=b", "a=b"),
    ],
)
def test_text_is_read_by_the_type_of_the_option(name, text, value):
    built = assign(SECTIONS, parse_assignments([f"gru.{name}={text}"]))
    assert built == {"gru": {name: value}}
    assert type(built["gru"][name]) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("depth", "x", "expected integer"),
        ("depth", "2.5", "expected integer"),
        ("depth", "0", "expected between 1 and 9"),
        ("depth", "10", "expected between 1 and 9"),
        ("scale", "-1", "expected at least 0"),
        ("scale", "nan", "expected number"),
        ("bias", "maybe", "expected true or false"),
        ("kind", "sine", "expected one of tanh, relu"),
        ("sizes", "3,0", "expected at least 1"),
        ("sizes", "3,x", "expected integer, ..."),
        ("limit", "few", "expected integer or none"),
    ],
)
def test_wrong_value_is_refused_with_what_was_expected(name, text, expected):
    with pytest.raises(UsageError, match=expected) as caught:
        assign(SECTIONS, parse_assignments([f"gru.{name}={text}"]))
    assert f"`{name}` of section `gru`" in caught.value.message


def test_assignment_is_section_name_and_text():
    assert parse_assignments(["a.b-c=d=e", "online-ewc.x=", "y= 1 "]) == [
        Assignment("a", "b_c", "d=e"),
        Assignment("online-ewc", "x", ""),
        Assignment(None, "y", "1"),
    ]


@pytest.mark.parametrize("text", ["depth", "gru.depth", "=3", "gru.=3"])
def test_assignment_without_name_or_value_is_refused_with_how_to_write_it(text):
    with pytest.raises(UsageError) as caught:
        parse_assignments([text])
    assert caught.value.hint == "write it as `-o name=value` or `-o section.name=value`"


def test_section_may_be_left_out_where_only_one_has_the_option():
    assert assign(SECTIONS, parse_assignments(["depth=3", "strength=1"])) == {
        "gru": {"depth": 3},
        "ewc": {"strength": 1.0},
    }


def test_option_of_two_sections_needs_its_section():
    with pytest.raises(UsageError, match="is in several sections: ewc, gru") as caught:
        assign(SECTIONS, parse_assignments(["scale=2"]))
    assert caught.value.hint == "write `-o ewc.scale=2`"


def test_later_assignment_wins():
    assert assign(SECTIONS, parse_assignments(["depth=3", "gru.depth=4"]))["gru"]["depth"] == 4


def test_assignments_of_an_option_with_several_values_are_added_up():
    values = assign(SECTIONS, parse_assignments(["sizes=1,2", "gru.sizes=3"]))
    assert values["gru"]["sizes"] == (1, 2, 3)


@dataclass(frozen=True)
class Whole:
    texts: tuple[str, ...] | None = option(None, "texts with commas in them", cut=False)


def test_a_text_that_is_not_cut_keeps_its_commas():
    assert build(Whole, {"texts": "a{1,2}"}, "w").texts == ("a{1,2}",)
    assert build(Whole, {"texts": ["a{1,2}", " b "]}, "w").texts == ("a{1,2}", " b ")
    assert build(Whole, {"texts": "none"}, "w").texts is None
    twice = assign({"w": Whole}, parse_assignments(["texts=a{1,2}", "w.texts=b"]))
    assert twice["w"]["texts"] == ("a{1,2}", "b")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("ewc.strenght=1", "did you mean `ewc.strength`?"),
        ("strenght=1", "did you mean `ewc.strength`?"),
        ("ewk.strength=1", "did you mean `ewc.strength`?"),
        ("gru.strength=1", "did you mean `ewc.strength`?"),
        ("lstm.scale=1", "did you mean `ewc.scale` or `gru.scale`?"),
        ("gru.dept=1", "did you mean `gru.depth`?"),
        ("zzzzzz=1", "sections used here: ewc, gru"),
    ],
)
def test_misspelt_option_gets_the_nearest_of_all_sections(text, hint):
    with pytest.raises(UsageError, match="no option named") as caught:
        assign(SECTIONS, parse_assignments([text]))
    assert caught.value.hint == hint


def test_build_takes_toml_values_and_names_the_component():
    assert build(Cell, {"depth": 3, "sizes": [2, 3]}, "cell `gru`") == Cell(depth=3, sizes=(2, 3))
    with pytest.raises(UsageError, match="no option named `dept` in cell `gru`"):
        build(Cell, {"dept": 3}, "cell `gru`")
    with pytest.raises(UsageError, match="expected true or false"):
        build(Cell, {"bias": 3}, "cell `gru`")


def test_description_has_the_type_as_a_person_says_it():
    assert {field.name: field.type_name for field in describe(Cell)} == {
        "depth": "integer",
        "scale": "number",
        "bias": "true or false",
        "kind": "one of tanh, relu",
        "words": "text, ...",
        "sizes": "integer, ...",
        "limit": "integer or none",
        "path": "path or none",
        "text": "text",
    }


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text_is_an_assignment_or_a_usage_error(text):
    with suppress(UsageError):
        (found,) = parse_assignments([text])
        values = assign(SECTIONS, [found])
        assert len(values) == 1


@settings(max_examples=100, deadline=None)
@given(
    depth=st.integers(1, 9),
    scale=st.floats(0, 1e300),
    bias=st.booleans(),
    limit=st.none() | st.integers(),
)
def test_value_written_as_text_is_read_to_the_same_value(depth, scale, bias, limit):
    texts = [f"depth={depth}", f"gru.scale={scale!r}", f"bias={bias}"]
    texts.append(f"limit={'none' if limit is None else limit}")
    values = assign(SECTIONS, parse_assignments(texts))["gru"]
    assert values == {"depth": depth, "scale": scale, "bias": bias, "limit": limit}


def test_a_field_named_after_a_word_of_python_is_written_without_its_underscore():
    @dataclass(frozen=True)
    class Penalty:
        lambda_: float = option(1.0, "strength", min=0)

    assert [field.name for field in describe(Penalty)] == ["lambda"]
    assert build(Penalty, {"lambda": "2"}, "x") == Penalty(lambda_=2.0)
    settings = resolve({"ewc": Penalty}, assignments=["lambda=3"])
    assert settings["ewc"].lambda_ == 3.0
    assert "lambda = 3.0" in to_toml(settings)


def test_an_option_of_a_component_is_meant_before_one_of_the_core():
    @dataclass(frozen=True)
    class Table:
        time: str = option("", "the column of time")

    @dataclass(frozen=True)
    class Train:
        time: float = option(0.0, "seconds")

    sections = {"train": Train, "series": Table}
    given = parse_assignments(["time=date", "train.time=5"])
    assert assign(sections, given) == {"series": {"time": "date"}, "train": {"time": 5.0}}
    with pytest.raises(UsageError, match="several sections"):
        assign({**sections, "other": Table}, given)


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "1e999", float("inf"), float("nan")])
@pytest.mark.parametrize("name", ["depth", "scale", "limit", "sizes"])
def test_number_that_is_not_finite_is_refused_wherever_it_comes_from(name, value):
    given = [value] if name == "sizes" and not isinstance(value, str) else value
    with pytest.raises(UsageError, match=f"option `{name}` of it is"):
        build(Cell, {name: given}, "it")


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), -1.0, -1e300])
def test_every_number_of_training_is_bounded_or_finite(number):
    """In a file, a variable and on the command line alike."""
    for option_ in describe(TrainOptions):
        if not {int, float} & set(typing.get_args(option_.type) or (option_.type,)):
            continue
        for said in (
            {"assignments": [f"train.{option_.name}={number}"]},
            {"environment": {f"RNNGEN_TRAIN_{option_.name.upper()}": str(number)}},
            {"file": Config("a.toml", {"train": {option_.name: number}})},
        ):
            with pytest.raises(UsageError, match=option_.name):
                resolve({"train": TrainOptions}, **{"environment": {}, **said})
