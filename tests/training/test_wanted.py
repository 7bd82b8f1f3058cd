"""What can be told to a training is said in one place, and means the same wherever it is said."""

from __future__ import annotations

import types
import typing
from dataclasses import fields
from pathlib import Path

import click
import pytest

import rnngen
from rnngen.cli.continual import command as continual_command
from rnngen.cli.fit import command as fit_command
from rnngen.cli.spelled import TRAINING
from rnngen.training.wanted import SharedArguments, Wanted, WantedArguments
from rnngen.verbs.continual.verb import continual

UNFLAGGED = {"data", "arrangement", "options"}
"""An argument, what only Python can say, and `-o`."""


def options_of(command: click.Command) -> dict[str, click.Option]:
    return {each.name: each for each in command.params if isinstance(each, click.Option)}


def alternatives(kind: typing.Any) -> set[typing.Any]:
    """The members of `A | B`; one otherwise."""
    return set(typing.get_args(kind)) if isinstance(kind, types.UnionType) else {kind}


def test_type_checkers_know_the_keywords_that_wanted_has() -> None:
    assert set(WantedArguments.__annotations__) == {each.name for each in fields(Wanted)} - {"data"}
    kept, said = typing.get_type_hints(Wanted), typing.get_type_hints(WantedArguments)
    for name in said:
        assert alternatives(kept[name]) <= alternatives(said[name]), name


def test_every_field_is_an_option_of_fit_with_the_help_text_of_the_field() -> None:
    options = options_of(fit_command)
    for each in fields(Wanted):
        if each.name not in UNFLAGGED:
            help, _, _ = options[each.name].help.partition("  [default: ")
            assert help == each.metadata["help"].partition("  [default: ")[0]
            assert options[each.name].opts[0] == f"--{each.metadata['flag'] or each.name}"


def test_what_continual_is_told_is_what_its_command_can_say() -> None:
    own = {"compare", "seeds", "orders", "time", "assignments", "as_json", "verbose", "quiet"}
    own |= {spelling.parameter for spelling in TRAINING}
    said = {name for name in options_of(continual_command) if name not in own}
    assert said == set(SharedArguments.__annotations__) - {"options"}


@pytest.mark.parametrize(
    ("verb", "keyword"), [(rnngen.fit, "cel"), (continual, "cel"), (continual, "plugins")]
)
def test_an_unknown_keyword_is_refused_as_python_refuses_it(verb, keyword) -> None:
    with pytest.raises(TypeError) as refused:
        verb(["a.txt", "b.txt"], **{keyword: "gru"})
    assert str(refused.value) == (
        f"{verb.__name__}() got an unexpected keyword argument '{keyword}'"
    )


def test_one_name_is_a_list_of_one_and_paths_may_be_text() -> None:
    loose = Wanted.of("a.txt", valid="b.txt", run="runs/a", options={"train.seed": 3})
    strict = Wanted(
        data=("a.txt",), valid=("b.txt",), run=Path("runs/a"), options=("train.seed=3",)
    )
    assert loose == strict
    assert Wanted.of(Path("a.txt")) == Wanted(data=("a.txt",))


def test_what_was_said_is_told_from_what_was_not() -> None:
    assert Wanted().given() == set()
    assert Wanted.of([], plugins=[], options={}, cell=None).given() == set()
    assert Wanted.of("a.txt", seed=0, time=60.0).given() == {"data", "seed", "time"}


def test_fields_go_to_the_sections_of_their_options() -> None:
    flags = Wanted(cell="gru", hidden=8, tokens="byte", seed=1, steps=5).flags
    said = {
        section: {name: value for name, value in values.items() if value is not None}
        for section, values in flags.items()
    }
    assert said == {
        "model": {"cell": "gru", "hidden": 8},
        "text": {"tokens": "byte"},
        "train": {"seed": 1, "steps": 5},
    }
