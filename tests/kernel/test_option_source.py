"""Options read from source are those that importing gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rnngen.contracts.options import describe, option, option_choices
from rnngen.kernel.catalog import get_catalog
from rnngen.kernel.component import PLURALS
from rnngen.kernel.option_source import Known, known_options, options_of


@dataclass(frozen=True)
class Options:
    """Read from the class itself."""

    kind_: Literal["a", "b"] | None = option("a", "one of two")
    on: bool = option(False, "on or off")


def test_names_and_choices_are_those_of_the_imported_class() -> None:
    catalog = get_catalog()
    parts = [part for kind in PLURALS for part in catalog.components(kind) if part.options]
    assert len(parts) > 20
    for part in parts:
        imported = part.load_options()
        assert imported is not None
        read = {known.name: known.choices for known in options_of(part)}
        fields = {field.name: option_choices(field) for field in describe(imported)}
        assert list(read) == list(fields), part
        for name, choices in read.items():
            assert choices in ((), fields[name]), (part, name)


def test_a_class_is_described_as_it_is() -> None:
    assert known_options(Options) == [
        Known("kind", ("a", "b"), "one of two"),
        Known("on", ("true", "false"), "on or off"),
    ]


def test_what_can_not_be_read_has_no_options() -> None:
    for named in (None, "", "no_such_package.module:Options", "json:Nothing", "sys:Options"):
        assert known_options(named) == []
