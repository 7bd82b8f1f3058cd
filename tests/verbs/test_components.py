"""A component is built with options as a user or a program gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import option
from rnngen.kernel.component import Component, Plugin
from rnngen.verbs.components import build


@dataclass(frozen=True)
class Options:
    """Of the component."""

    times: int = option(1, "How often.", min=1, max=9)
    words: tuple[str, ...] = option((), "Which.")


def made(**values: Any) -> dict[str, Any]:
    return values


def component(options: type | None) -> Component:
    return Component("cell", "counter", made, options, "", Plugin("mine", "mine", "1", "mine"))


@pytest.mark.parametrize(
    "options",
    [
        {"times": 3},
        {"times": "3"},
        {"counter.times": 3},
        ["times=3"],
        ["counter.times=2", "times=3"],
    ],
    ids=str,
)
def test_options_have_their_types_whatever_form_they_come_in(options: Any) -> None:
    assert build(component(Options), options) == {"times": 3, "words": ()}


def test_what_is_not_given_has_its_default() -> None:
    assert build(component(Options)) == {"times": 1, "words": ()}
    assert build(component(None)) == {}


@pytest.mark.parametrize("options", [{"time": 3}, ["time=3"]])
def test_a_misspelt_option_is_named_with_the_nearest(options: Any) -> None:
    with pytest.raises(UsageError, match="`time`") as caught:
        build(component(Options), options)
    assert "times" in str(caught.value.hint)


@pytest.mark.parametrize("options", [{"times": 0}, ["times=10"], {"times": "often"}])
def test_a_value_out_of_bounds_is_refused(options: Any) -> None:
    with pytest.raises(UsageError, match="times"):
        build(component(Options), options)


@pytest.mark.parametrize("options", [{"times": 3}, ["times=3"]])
def test_a_component_without_options_takes_none(options: Any) -> None:
    with pytest.raises(UsageError, match="times"):
        build(component(None), options)
