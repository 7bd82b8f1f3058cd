"""`rnngen completion`, and what the shell is offered."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from rnngen.cli.complete import RUNS
from rnngen.cli.shells import words_of


@pytest.fixture
def complete(capsys, monkeypatch):
    """`complete("rnngen show ")`: what bash would offer."""
    from rnngen.cli import main

    def offers(line: str) -> list[str]:
        monkeypatch.setenv("COMP_LINE", line)
        monkeypatch.setenv("COMP_WORDBREAKS", " \t\n\"'@><=;|&(:")
        monkeypatch.setenv("_RNNGEN_COMPLETE", "bash_complete")
        capsys.readouterr()
        assert main([]) == 0
        written = capsys.readouterr()
        assert written.err == ""
        offered = written.out.splitlines()
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
    assert complete("rnngen co") == [
        "compare",
        "continual",
        "constrain",
        "corpus",
        "config",
        "completion",
    ]
    assert "--no-plugins" in complete("rnngen --no")
    assert complete("rnngen list --j") == ["--json"]


def test_kinds_and_names_of_components_are_offered(complete, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
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


def test_runs_are_offered_newest_first_else_folders(complete, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere/one").mkdir(parents=True)
    (tmp_path / "elsewhere/text").write_text("")
    assert complete("rnngen show runs") == []
    assert complete("rnngen generate else") == ["elsewhere/"]
    assert complete("rnngen generate elsewhere/") == ["elsewhere/one/"]
    for name in ("2026-01-01-a", "2026-02-02-b", "2026-03-03-unfinished"):
        (tmp_path / RUNS / name).mkdir(parents=True)
    for name in ("2026-01-01-a", "2026-02-02-b"):
        (tmp_path / RUNS / name / "bundle.json").write_text("{}")
    assert complete("rnngen show runs/") == ["runs/2026-02-02-b", "runs/2026-01-01-a"]
    assert complete("rnngen generate runs/2026-01") == ["runs/2026-01-01-a"]


def test_files_are_offered_where_files_go_as_their_own_names(complete, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("small.txt", "my file.txt", "my:x=1.txt", ".hidden"):
        (tmp_path / name).write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/inner.txt").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path / "folder"))
    assert complete("rnngen fit ") == [
        "corpus:",
        "folder/",
        "my file.txt",
        "my:x=1.txt",
        "small.txt",
    ]
    assert complete("rnngen fit s") == ["small.txt"]
    assert complete("rnngen fit small.txt folder/i") == ["folder/inner.txt"]
    assert complete("rnngen fit ~/") == ["~/inner.txt"]
    assert complete("rnngen fit .h") == [".hidden"]
    for before in (
        "fit --config ",
        "fit --valid ",
        "generate --prompt-file ",
        "generate --out ",
        "generate r --primer ",
        "compare --out ",
        "evaluate r ",
        "--plugin-path ",
    ):
        assert "small.txt" in complete(f"rnngen {before}s"), before
    assert complete("rnngen fit nowhere/s") == []


def test_a_word_begins_where_bash_thinks_that_it_does(complete, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("my file.txt", "my:x=1.txt"):
        (tmp_path / name).write_text("")
    assert complete("rnngen fit my\\ f") == ["my file.txt"]
    assert complete("rnngen fit 'my f") == ["my file.txt"]
    assert complete("rnngen fit my:x") == ["x=1.txt"]
    assert complete("rnngen fit my\\:x") == ["my:x=1.txt"]
    assert complete("rnngen fit my:x=") == ["1.txt"]
    assert complete("rnngen fit corpus:po") == ["poems"]
    assert complete("rnngen fit --cell=g") == ["gru"]
    assert complete("rnngen fit --config=my\\ ") == ["my file.txt"]


def test_names_and_values_of_options_are_offered(complete):
    assert "train.learning_rate=" in complete("rnngen fit -o tr")
    assert complete("rnngen fit -o train.lear") == ["train.learning_rate="]
    assert complete("rnngen fit -o lear") == ["learning_rate="]
    assert complete("rnngen fit --cell gru -o gru.") == ["gru.reset="]
    assert "replay.memory=" in complete("rnngen fit --plugin replay -o replay.")
    assert complete("rnngen fit -o model.cell=l") == ["lstm"]
    assert complete("rnngen fit -o train.optimizer=") == ["adamw", "sgd"]
    assert complete("rnngen fit -o model.tied=") == ["true", "false"]
    assert complete("rnngen fit -o schedule=c") == ["cosine", "constant"]
    assert complete("rnngen generate -o temp") == ["temperature="]
    assert complete("rnngen generate --decoder beam -o beam.") == [
        "beam.width=",
        "beam.n_best=",
        "beam.length_penalty=",
    ]
    assert "constrained.regex=" in complete("rnngen chat --decoder constrained -o c")
    assert complete("rnngen fit --precision ") == ["auto", "fp32", "bf16"]
    assert complete("rnngen fit --tokens b") == ["byte", "bpe:"]
    assert complete("rnngen continual --compare ewc,repl") == ["ewc,replay"]


def test_a_value_that_may_be_a_file_is_completed_as_one(complete, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "person.json").write_text("")
    assert complete("rnngen generate --decoder constrained -o json_schema=per") == ["person.json"]


@pytest.mark.parametrize(
    "line", ["", "rnngen", "rnngen 'fit \"", "rnngen nothing at all", "rnngen fit -o =x", "\\"]
)
def test_any_line_is_answered_without_a_traceback(complete, line):
    complete(line)


def test_words_are_those_of_bash(tmp_path):
    lines = ['rnngen fit \'a b\'"c\\""d e\\ f', "rnngen fit a ", "  rnngen  x\\\\y''z"]
    for line in lines:
        program = [shutil.which("bash"), "-c", f"printf '%s\\n' {line}"]
        done = subprocess.run(program, capture_output=True, text=True, check=True)
        words = [word.text for word in words_of(line)]
        assert (words[:-1] if not words[-1] else words) == done.stdout.splitlines()


def test_completion_imports_neither_torch_nor_numpy(tmp_path):
    code = (
        "import sys; from rnngen.cli import main; main([]);"
        "sys.exit(bool({'torch', 'numpy'} & set(sys.modules)))"
    )
    for line in ("rnngen fit -o gru.", "rnngen show ", "rnngen fit corpus:"):
        environment = {**os.environ, "COMP_LINE": line, "_RNNGEN_COMPLETE": "bash_complete"}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, env=environment, check=False
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout
