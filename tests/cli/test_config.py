"""`rnngen config`."""

from __future__ import annotations

import tomllib

import pytest


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_defaults_are_all_sections_and_can_be_read_again(run_cli, install, tmp_path):
    install("good")
    done = run_cli("config", "--defaults")
    assert (done.exit_code, done.stderr) == (0, "")
    tables = tomllib.loads(done.stdout)
    assert {"model", "train", "text", "gru", "sample", "adamw", "steady"} <= set(tables)
    assert tables["steady"] == {"strength": 0.5}
    (tmp_path / "rnngen.toml").write_text(done.stdout, encoding="utf-8")
    again = run_cli("config")
    assert again.exit_code == 0
    assert tomllib.loads(again.stdout) == tables
    assert "(rnngen.toml)" in again.stdout


def test_defaults_know_nothing_of_here(run_cli, tmp_path, monkeypatch):
    monkeypatch.setenv("RNNGEN_SEED", "7")
    (tmp_path / "rnngen.toml").write_text("[train]\nlanes = 5\n")
    here = tomllib.loads(run_cli("config").stdout)["train"]
    assert (here["seed"], here["lanes"]) == (7, 5)
    defaults = tomllib.loads(run_cli("config", "--defaults").stdout)["train"]
    assert (defaults["seed"], defaults["lanes"]) == (0, 32)


def test_origin_of_a_value_is_a_comment(run_cli, monkeypatch):
    monkeypatch.setenv("RNNGEN_SEED", "7")
    lines = run_cli("config").stdout.splitlines()
    assert lines[lines.index("seed = 7") - 1].endswith("(environment RNNGEN_SEED)")


def test_named_file_is_read_and_its_command_tables_are_kept(run_cli, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[fit]\ndata = ['a.txt']\n[train]\nseed = 3\n")
    tables = tomllib.loads(run_cli("config", "--config", path).stdout)
    assert tables["fit"] == {"data": ["a.txt"]}
    assert tables["train"]["seed"] == 3


def test_wrong_file_is_a_usage_error_with_a_hint(run_cli, tmp_path):
    (tmp_path / "rnngen.toml").write_text("[train]\nsede = 3\n")
    done = run_cli("config")
    assert done.exit_code == 2
    assert "no option named `sede` in section `train` (rnngen.toml)" in done.stderr
    assert "did you mean `seed`?" in done.stderr
    assert run_cli("config", "--defaults", "--config", "x").exit_code == 2


def test_component_that_can_not_be_imported_is_a_warning(run_cli, make_plugin):
    make_plugin(
        "lost",
        "@rnngen.hookimpl\n"
        "def register_cells(register):\n"
        "    register('lost', 'a_package_nobody_has:A', options='a_package_nobody_has:B')\n",
    )
    done = run_cli("config", "--defaults")
    assert done.exit_code == 0
    assert "warning: cell `lost` of plugin `lost`" in done.stderr
