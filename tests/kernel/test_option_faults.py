"""Options that are written wrongly are refused at registration, in words for their author."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

import rnngen
from rnngen.contracts.options import describe, fault_of
from rnngen.kernel.catalog import get_catalog
from rnngen.kernel.component import PLURALS
from rnngen.kernel.core_options import SECTIONS

FIELDS = {
    "rnngen.option('x', 'how many')": "is 'x', expected integer",
    "rnngen.option(5, 'how many', max=3)": "is 5, expected at most 3",
    "rnngen.option(None, 'how many')": "is None, expected integer",
    "rnngen.option(0.5, 'how many', min=0)": "is 0.5, expected integer",
}

CODE = """
from dataclasses import dataclass

@dataclass(frozen=True)
class Options:
    size: {kind} = {field}

class Cell: pass

@rnngen.hookimpl
def register_cells(register):
    register("wrong", Cell, options={options})
"""


@pytest.mark.parametrize("field", FIELDS)
def test_a_default_that_is_none_is_refused_at_registration(field, make_plugin, run_cli) -> None:
    make_plugin("wrong", CODE.format(kind="int", field=field, options="Options"))
    done = run_cli("plugins", "wrong")
    said = f"the default of option `size` of cell `wrong` {FIELDS[field]}"
    assert said in " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("field", FIELDS)
def test_one_that_is_given_as_text_is_refused_when_it_is_used(field, make_plugin, run_cli) -> None:
    make_plugin("wrong", CODE.format(kind="int", field=field, options="'rnngen_wrong:Options'"))
    done = run_cli("fit", "--cell", "wrong", "--dry-run")
    assert done.exit_code == 3, done.stderr
    assert f"the default of option `size` of cell `wrong` {FIELDS[field]}" in done.stderr


def test_a_type_that_can_not_be_read_is_named(make_plugin, run_cli) -> None:
    make_plugin(
        "wrong", CODE.format(kind="dict", field="rnngen.option(None, 'x')", options="Options")
    )
    done = run_cli("plugins", "wrong")
    said = "option `size` of cell `wrong` has the type `dict`, expected int, float, bool, str"
    assert said in " ".join((done.stdout + done.stderr).split())
    assert "<class" not in done.stdout


def test_a_type_that_is_not_there_is_told() -> None:
    @dataclass(frozen=True)
    class Options:
        size: "Nowhere" = rnngen.option(1, "x")  # noqa: F821, RUF009, UP037

    assert "can't be read" in str(fault_of(Options, "cell `x`"))


def test_types_are_printed_as_a_person_writes_them() -> None:
    @dataclass(frozen=True)
    class Options:
        table: dict = rnngen.option(None, "x")  # noqa: RUF009

    assert [field.type_name for field in describe(Options)] == ["dict"]


def test_all_of_our_own_are_written_as_they_should_be() -> None:
    for name, options in SECTIONS.items():
        assert fault_of(options, name) is None
    for kind in PLURALS:
        for component in get_catalog().components(kind):
            component.load_options()
