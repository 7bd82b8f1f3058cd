"""`rnngen completion`, and what the shell is offered."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from rnngen.cli.complete import RUNS


@pytest.fixture
def complete(capsys, monkeypatch):
    """`complete("rnngen show ")`: what bash would offer."""
    from rnngen.cli import main

    def offers(line: str) -> list[str]:
        words = line.split(" ")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        monkeypatch.setenv("_RNNGEN_COMPLETE", "bash_complete")
        capsys.readouterr()
        assert main([]) == 0
        offered = capsys.readouterr().out.splitlines()
        return [line.partition(",")[2] for line in offered if line]

    return offers


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_is_for_the_shell(run_cli, shell):
    done = run_cli("completion", shell)
    assert done.exit_code == 0
    assert f"_RNNGEN_COMPLETE={shell}_complete" in done.stdout
    assert done.stderr == ""


def test_bash_accepts_its_script(run_cli):
    bash = shutil.which("bash")
    assert bash, "this test needs bash"
    script = run_cli("completion", "bash").stdout
    done = subprocess.run([bash, "-n"], input=script, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_unknown_shell_is_a_usage_error(run_cli):
    assert run_cli("completion", "csh").exit_code == 2


def test_commands_and_flags_are_offered(complete):
    assert complete("rnngen l") == ["list"]
    assert complete("rnngen co") == ["compare", "continual", "corpus", "config", "completion"]
    assert "--no-plugins" in complete("rnngen --no")
    assert complete("rnngen list --j") == ["--json"]


def test_kinds_and_names_of_components_are_offered(complete):
    assert complete("rnngen list d") == ["domains", "decoders"]
    assert complete("rnngen show cell ") == ["gru", "lstm", "rnn"]
    assert complete("rnngen show decoders g") == ["greedy"]
    assert complete("rnngen show be") == ["beam", "bernoulli"]


def test_names_of_plugins_are_offered_without_loading_them(complete, install):
    install("good", "importerror", "slow")
    assert {"good", "importerror", "slow"} <= set(complete("rnngen plugins "))
    assert "good" in complete("rnngen fit --plugin g")


def test_cells_are_offered_where_a_cell_is_named(complete):
    assert complete("rnngen fit --cell ") == ["gru", "lstm", "rnn"]
    assert complete("rnngen generate --decoder s") == ["sample"]


def test_corpora_are_offered(complete):
    from rnngen.data import corpora

    assert set(complete("rnngen corpus show ")) == set(corpora.names())


def test_runs_are_offered_newest_first_then_nothing_else(complete, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert complete("rnngen show runs") == []
    for name in ("2026-01-01-a", "2026-02-02-b", "2026-03-03-unfinished"):
        (tmp_path / RUNS / name).mkdir(parents=True)
    for name in ("2026-01-01-a", "2026-02-02-b"):
        (tmp_path / RUNS / name / "bundle.json").write_text("{}")
    assert complete("rnngen show runs/") == ["runs/2026-02-02-b", "runs/2026-01-01-a"]
    assert complete("rnngen generate runs/2026-01") == ["runs/2026-01-01-a"]
