"""Options and commands as users of other tools type them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import small_bundle


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("the cat sat on the mat. " * 90)
    return "a.txt"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return small_bundle.train(Path("runs/one"))


def plan(run_cli, *arguments: str) -> dict:
    done = run_cli("fit", *arguments, "--dry-run", "--json", "--hidden-size", "8")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        (["--lr", "0.25"], "learning_rate = 0.25"),
        (["--learning-rate", "0.25"], "learning_rate = 0.25"),
        (["--batch-size", "3"], "lanes = 3"),
        (["--seq-len", "17"], "chunk = 17"),
        (["--sequence-length=17"], "chunk = 17"),
        (["--dropout", "0.125"], "dropout = 0.125"),
        (["--num-layers", "2"], "layers = 2"),
        (["--epochs", "4"], "epochs = 4.0"),
        (["--num-epochs", "4"], "epochs = 4.0"),
        (["--max-steps", "9"], "steps = 9"),
        (["--seed", "5"], "seed = 5"),
    ],
    ids=str,
)
def test_an_option_of_training_is_set_by_the_name_that_others_know(
    text: str, run_cli, typed: list[str], line: str
) -> None:
    config = plan(run_cli, text, *typed)["config"].splitlines()
    assert line in config
    assert "hidden = 8" in config


@pytest.mark.parametrize(
    "typed",
    [
        ["--temperature", "0"],
        ["--top-k", "1"],
        ["--top-p=0"],
        ["--min-p", "1"],
        ["--num-beams", "1", "--decoder", "beam"],
    ],
    ids=str,
)
def test_an_option_of_a_decoder_is_set_by_the_name_that_others_know(
    run: Path, run_cli, typed: list[str]
) -> None:
    """Each of these leaves only the most probable step, whatever the seed."""
    expected = run_cli("generate", run, "--decoder", "greedy", "--max-tokens", "30").stdout
    for seed in ("1", "2"):
        done = run_cli("generate", run, "--max-length", "30", "--seed", seed, *typed)
        assert (done.exit_code, done.stdout) == (0, expected)


def test_an_option_given_both_ways_is_a_usage_error(text: str, run: Path, run_cli) -> None:
    for command, name, assignment in (
        (["fit", text], ["--lr", "0.1"], "learning_rate=0.2"),
        (["fit", text], ["--lr", "0.1"], "train.learning-rate=0.2"),
        (["generate", run], ["--temperature", "0.1"], "temperature=0.2"),
        (["generate", run], ["--temperature", "0.1"], "sample.temperature=0.2"),
        (["chat", run], ["--top-k", "1"], "top_k=2"),
    ):
        done = run_cli(*command, *name, "-o", assignment)
        assert done.exit_code == 2
        assert f"`{name[0]} {name[1]}`" in done.stderr
        assert "set the same option" in done.stderr


def test_what_a_decoder_does_not_have_is_refused_with_what_it_has(run: Path, run_cli) -> None:
    for command in ("generate", "chat"):
        done = run_cli(command, run, "--decoder", "beam", "--temperature", "0.5")
        assert done.exit_code == 2
        assert "the decoder `beam` has no option `temperature` (`--temperature`)" in done.stderr
        assert "it has: width, n_best, length_penalty" in done.stderr


def test_a_wrong_value_is_a_usage_error_like_that_of_the_option(text: str, run_cli) -> None:
    done = run_cli("fit", text, "--batch-size", "many")
    assert done.exit_code == 2
    assert "option `lanes` of section `train` is 'many', expected integer" in done.stderr


def test_a_resumed_run_takes_none_of_them(run: Path, run_cli) -> None:
    done = run_cli("fit", "--resume", run, "--lr", "1")
    assert done.exit_code == 2
    assert "`--resume` takes everything from the run" in done.stderr


def test_help_shows_them_beside_what_they_set_with_the_default(run_cli, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    fit = " ".join(run_cli("fit", "--help").stdout.split())
    assert "Highest learning rate (`-o train.learning_rate=`). [default: 0.008]" in fit
    assert "--layers, --num-layers" in fit
    for default in ("lstm", "1", "512", "char", "text", "auto", "0", "3m, where no limit is given"):
        assert f"[default: {default}]" in fit
    assert "those of plugins (`rnngen list cells`)" in fit
    generate = " ".join(run_cli("generate", "--help").stdout.split())
    assert "(`-o temperature=`). [default: 1.0]" in generate


@pytest.mark.parametrize(
    ("typed", "name"),
    [("train", "fit"), ("sample", "generate"), ("eval", "evaluate"), ("test", "evaluate"),
     ("ls", "runs"), ("info", "show")],
)  # fmt: skip
def test_a_command_is_found_by_the_name_that_others_know(run_cli, typed: str, name: str) -> None:
    assert run_cli(typed, "--help").stdout.startswith(f"Usage: rnngen {name}")
    assert run_cli("help", typed).stdout == run_cli(name, "--help").stdout


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("resume", "fit --resume RUN"), ("finetune", "fit --from RUN"), ("predict", "generate"),
     ("version", "--version"), ("trian", "train"), ("Fit", "fit"), ("HELP", "help")],
)  # fmt: skip
def test_a_command_that_there_is_not_leads_to_one(run_cli, typed: str, meant: str) -> None:
    done = run_cli(typed)
    assert done.exit_code == 2
    assert done.stderr.splitlines()[1] == f"hint: did you mean `rnngen {meant}`?"


def test_help_of_a_subcommand_and_of_nothing(run_cli) -> None:
    assert run_cli("help").stdout == run_cli("--help").stdout == run_cli().stdout
    assert run_cli("help", "corpus", "show").stdout.startswith("Usage: rnngen corpus show")
    assert run_cli("help", "nothing").exit_code == 2
    assert "`rnngen fit` has no command `more`" in run_cli("help", "fit", "more").stderr


@pytest.mark.parametrize("group", [["corpus"], ["cache"]])
def test_a_group_by_itself_shows_its_help_and_suggests(run_cli, group: list[str]) -> None:
    done = run_cli(*group)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == run_cli(*group, "--help").stdout
    wrong = run_cli(*group, "lst")
    assert wrong.exit_code == 2
    assert f"did you mean `rnngen {group[0]} list`?" in wrong.stderr
