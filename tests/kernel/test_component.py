"""A component is given its options as one object, or field by field as in 0.1.0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

import rnngen
from rnngen.contracts.errors import PluginError
from rnngen.kernel.catalog import Catalog
from rnngen.kernel.component import RESERVED_NAMES, Component, Plugin
from rnngen.kernel.config_file import COMMANDS
from rnngen.kernel.core_options import SECTIONS, ModelOptions, TrainOptions
from rnngen.kernel.discovery import Policy
from rnngen.kernel.strategies import build_strategy

PLUGIN = Plugin("strange", "strange-distribution", "1", "rnngen_strange")


@dataclass(frozen=True)
class Options:
    """Of everything below."""

    width: int = rnngen.option(3, "a number", min=1)
    lambda_: float = rnngen.option(0.5, "another")


def component(target: Callable[..., Any], options: type | None = Options) -> Component:
    return Component("cell", "odd", target, options, "", PLUGIN)


class Whole:
    def __init__(self, inputs: int, options: Options) -> None:
        self.got = (inputs, options)


class Named:
    def __init__(self, inputs: int, *, options: Options = Options(9)) -> None:
        self.got = (inputs, options)


class Fields:
    def __init__(self, inputs: int, width: int = 7, lambda_: float = 0.25) -> None:
        self.got = (inputs, Options(width, lambda_))


def everything(inputs: int, **options: Any) -> Fields:
    return Fields(inputs, **options)


def function(inputs: int, options: Options) -> Whole:
    return Whole(inputs, options)


TAKEN = {"whole": Whole, "by keyword": Named, "function": function}

BY_FIELD = {"fields": Fields, "any": everything, "partial": partial(Fields, lambda_=0.25)}


@pytest.mark.parametrize("target", TAKEN.values(), ids=TAKEN.keys())
def test_a_target_with_a_parameter_options_is_given_the_object(target: Callable[..., Any]) -> None:
    given = Options(5)
    made = component(target).build_with(given, 2)
    assert made.got[0] == 2
    assert made.got[1] is given
    assert component(target).build(2, width=4).got == (2, Options(4))
    assert component(target).build_with(None, 2).got == (2, Options())


@pytest.mark.parametrize("target", BY_FIELD.values(), ids=BY_FIELD.keys())
def test_a_target_of_0_1_0_is_given_the_fields_by_name(target: Callable[..., Any]) -> None:
    assert component(target).build_with(Options(5, 1.5), 2).got == (2, Options(5, 1.5))
    assert component(target).build(2, width=4).got == (2, Options(4, 0.25))
    assert component(target).build_with(None, 2).got == (2, Options(7, 0.25))


def test_an_option_that_is_called_options_is_a_field_like_any_other() -> None:
    @dataclass(frozen=True)
    class Own:
        options: int = rnngen.option(1, "how many")

    class Target:
        def __init__(self, options: int = 0) -> None:
            self.options = options

    assert component(Target, Own).build_with(Own(4)).options == 4


def test_a_parameter_options_without_declared_options_is_left_alone() -> None:
    assert component(lambda options="own": options, None).build() == "own"


def test_a_target_that_does_not_say_what_it_takes_is_given_fields() -> None:
    @dataclass(frozen=True)
    class Own:
        a: int = rnngen.option(1, "a key")

    assert component(dict, Own).build_with(Own(3)) == {"a": 3}


def test_what_a_strangers_constructor_raises_names_the_plugin_either_way() -> None:
    def whole(options: Options) -> None:
        raise ZeroDivisionError

    def fields(width: int = 1, lambda_: float = 1) -> None:
        raise ZeroDivisionError

    for target in (whole, fields):
        with pytest.raises(PluginError, match=r"`odd` of plugin `strange`.*ZeroDivisionError"):
            component(target).build_with(Options())
    with pytest.raises(PluginError, match="no_such"):
        component(whole).build(no_such=1)


def test_a_strategy_is_built_from_an_object_and_from_values() -> None:
    class Strategy:
        def __init__(self, options: Options) -> None:
            self.options = options

    strategy = component(Strategy)
    assert build_strategy(strategy, Options(8)).instance.options == Options(8)
    assert build_strategy(strategy, {"width": 8}).instance.options == Options(8)
    assert build_strategy(strategy, None).instance.options == Options()


def test_the_sections_of_the_core_are_named_once() -> None:
    assert {"model": ModelOptions, "train": TrainOptions} == SECTIONS
    assert {*SECTIONS, *COMMANDS} == RESERVED_NAMES
    catalog = Catalog(Policy(enabled=False), warn=lambda text: None)
    assert set(SECTIONS) < catalog.sections()
    sections = catalog.option_sections(warn=lambda text: None)
    assert {name: sections[name] for name in SECTIONS} == SECTIONS
