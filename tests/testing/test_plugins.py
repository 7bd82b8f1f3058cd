"""The contract a plugin's author can test: it holds for a good one, and names what is wrong."""

from __future__ import annotations

import pytest

from rnngen.kernel.catalog import Catalog
from rnngen.kernel.discovery import Policy
from rnngen.testing.cells import CHECKS as CELL_CHECKS
from rnngen.testing.plugins import CHECKS, plugin_checks


@pytest.mark.parametrize("check", plugin_checks("peephole"), ids=str)
def test_peephole_plugin_keeps_the_contract(check, install):
    install("peephole")
    check()


@pytest.mark.parametrize("check", CELL_CHECKS.values(), ids=CELL_CHECKS.keys())
def test_peephole_cell_keeps_the_contract_of_cells(check, install):
    install("peephole")
    cell = Catalog(Policy()).find("cell", "peephole").load()
    check(lambda: cell(5, 7))


@pytest.mark.parametrize("check", plugin_checks("good"), ids=str)
def test_strategy_plugin_keeps_the_contract(check, install):
    install("good")
    check()


OPTIONS = """
from dataclasses import dataclass

@dataclass(frozen=True)
class Options:
    size: int = {field}

class Cell:
    def __init__(self, size=0): pass

@rnngen.hookimpl
def register_cells(register):
    register("wrong", "rnngen_wrong:Cell", options={options}, summary={summary!r})
"""
FINE = {"field": "rnngen.option(1, 'how many')", "options": "Options", "summary": "a cell"}


def wrong(**changes: str) -> str:
    return OPTIONS.format(**{**FINE, **changes})


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("loads", "1 / 0", "ZeroDivisionError"),
        ("imports_nothing_heavy", "import torch\n" + wrong(), "imports numpy, torch|imports torch"),
        ("components_have_summaries", wrong(summary=""), "has the summary ''"),
        ("components_have_summaries", wrong(summary="x" * 81), "expected one short line"),
        ("targets_can_be_imported", wrong(options="'rnngen_wrong:Nothing'"), "AttributeError"),
        ("options_are_documented", wrong(field="1"), "has no help"),
        ("options_are_documented", wrong(field="rnngen.option(1, 'x', min=2)"), "at least 2"),
        (
            "options_are_documented",
            wrong().replace("(frozen=True)", "(frozen=False)"),
            "can be changed",
        ),
        (
            "targets_take_their_options",
            wrong().replace("size=0", "length=0"),
            "does not take its options",
        ),
        (
            "strategies_can_be_active",
            wrong().replace("register_cells", "register_strategies"),
            "has no lifecycle hook",
        ),
    ],
)
def test_check_finds_what_it_looks_for(make_plugin, name, code, message):
    make_plugin("wrong", code)
    (check,) = (check for check in plugin_checks("wrong") if check.name == name)
    with pytest.raises(Exception, match=message):
        check()


def test_plugin_without_a_requirement_is_found(make_plugin):
    path = make_plugin("wrong", wrong(), requires="click")
    assert path.exists()
    (check,) = (
        check for check in plugin_checks("wrong") if check.name == "says_which_versions_it_fits"
    )
    with pytest.raises(AssertionError, match="does not require rnngen"):
        check()


def test_same_plugin_without_a_fault_passes_every_check(make_plugin):
    make_plugin("wrong", wrong())
    for check in plugin_checks("wrong"):
        check()


def test_plugin_that_is_not_installed_is_told():
    with pytest.raises(AssertionError, match="0 plugins called `nobody` are installed"):
        plugin_checks("nobody")[0]()


def test_check_is_left_out_by_name_and_with_a_reason():
    left = plugin_checks("x", exclude={"imports_nothing_heavy": "needs numpy for its hook"})
    assert [check.name for check in left] == [
        name for name in CHECKS if name != "imports_nothing_heavy"
    ]
    with pytest.raises(ValueError, match="no check named `nothing`"):
        plugin_checks("x", exclude={"nothing": "why not"})
    with pytest.raises(ValueError, match="without a reason"):
        plugin_checks("x", exclude={"loads": " "})
