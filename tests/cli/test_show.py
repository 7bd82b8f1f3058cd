"""`rnngen show` of components; the model card has tests of its own."""

from __future__ import annotations

import json

import pytest


def test_component_is_shown_with_options_bounds_and_source(run_cli, install):
    install("good")
    done = run_cli("show", "strategy", "steady")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[:4] == [
        "strategy steady",
        "  adds a constant to the loss",
        "  plugin   good (rnngen-good 1.2.0)",
        "  target   rnngen_good_strategies:Steady",
    ]
    assert "rnngen_good_strategies.py" in done.stdout
    assert done.stdout.endswith(
        "Options\n"
        "  -o steady.strength=...\n"
        "      how much is added\n"
        "      (number, default 0.5, at least 0, at most 10)\n"
    )


def test_kind_may_be_left_out(run_cli, install):
    install("good")
    assert run_cli("show", "steady").stdout == run_cli("show", "strategies", "steady").stdout
    assert "It has no options." in run_cli("show", "watcher").stdout


def test_built_in_component_is_shown_without_loading_plugins(run_cli, install):
    install("importerror")
    done = run_cli("show", "gru")
    assert done.stderr == ""
    assert "-o gru.reset=..." in done.stdout


def test_json_has_every_option(run_cli):
    (found,) = json.loads(run_cli("show", "cell", "gru", "--json").stdout)
    assert found["target"] == "rnngen.components.cells.gru:GRU"
    assert found["file"].endswith("gru.py")
    assert found["error"] is None
    (reset,) = (option for option in found["options"] if option["name"] == "reset")
    assert set(reset) == {"name", "type", "default", "min", "max", "help"}


def test_component_that_can_not_be_imported_says_why(run_cli, make_plugin):
    make_plugin(
        "lost",
        "@rnngen.hookimpl\n"
        "def register_cells(register): register('lost', 'a_package_nobody_has:Cell')\n",
    )
    done = run_cli("show", "cell", "lost")
    assert done.exit_code == 0
    assert "It can't be used: cell `lost` of plugin `lost` (rnngen-lost 1.0)" in done.stdout
    (found,) = json.loads(run_cli("show", "cell", "lost", "--json").stdout)
    assert "No module named 'a_package_nobody_has'" in found["error"]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["cell", "grru"], "no cell named `grru`", "did you mean `gru`?"),
        (["cel", "gru"], "no kind of component called `cel`", "did you mean `cell`?"),
        (["grru"], "no run and no component called `grru`", "did you mean `gru`?"),
        (["a", "b", "c"], "too much to show at once", "name a run"),
    ],
)
def test_what_is_not_there_gets_a_suggestion(run_cli, arguments, message, hint):
    done = run_cli("--no-plugins", "show", *arguments)
    assert done.exit_code == 2
    assert message in done.stderr
    assert hint in done.stderr


def test_folder_goes_before_a_component_of_the_same_name(run_cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gru").mkdir()
    done = run_cli("show", "gru")
    assert done.exit_code != 0
    assert "`gru`" in done.stderr
    assert run_cli("show", "cell", "gru").exit_code == 0
