"""`rnngen list`."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.usefixtures("without_bundled")


def test_all_kinds_are_listed_with_plugin_and_summary(run_cli, install):
    install("good")
    done = run_cli("list")
    assert done.exit_code == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["kind", "name", "plugin", "summary"]
    assert ["cell", "gru"] in [line[:2] for line in lines]
    assert ["strategy", "steady", "good"] in [line[:3] for line in lines]


@pytest.mark.parametrize("kind", ["strategy", "strategies"])
def test_kind_is_singular_or_plural(run_cli, install, kind):
    install("good")
    assert [line.split()[0] for line in run_cli("list", kind).stdout.splitlines()] == [
        "name",
        "steady",
        "watcher",
    ]


def test_json_is_the_same_for_programs(run_cli, install):
    install("good")
    found = json.loads(run_cli("list", "strategies", "--json").stdout)
    assert found[0] == {
        "kind": "strategy",
        "name": "steady",
        "summary": "adds a constant to the loss",
        "plugin": "good",
        "distribution": "rnngen-good",
        "version": "1.2.0",
    }


def test_name_of_a_clash_is_listed_as_it_has_to_be_typed(run_cli, install):
    install("good", "clash")
    names = [part["name"] for part in json.loads(run_cli("list", "decoders", "--json").stdout)]
    assert names == ["sample", "greedy", "beam", "clash:fixed", "good:fixed"]


def test_kind_without_components_says_so_and_stays_machine_readable(run_cli):
    done = run_cli("--no-plugins", "list", "strategies")
    assert done.exit_code == 0
    assert "no strategies: they come with plugins" in done.stderr
    assert json.loads(run_cli("--no-plugins", "list", "strategies", "--json").stdout) == []


def test_misspelt_kind_gets_a_suggestion(run_cli):
    done = run_cli("list", "cels")
    assert done.exit_code == 2
    assert "error: there is no kind of component called `cels`" in done.stderr
    assert "did you mean `cells`?" in done.stderr
