"""`rnngen fit` as a user types it: what it prints, makes, refuses and survives."""

import gzip
import json
import os
import subprocess
import sys

import pytest

from rnngen.bundles.records import is_run, newest
from rnngen.contracts.errors import ExitCode

SMALL = ["--hidden", 8, "--steps", 3, "-o", "train.sample=0", "-o", "train.lanes=2"]


@pytest.fixture
def text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "book.txt"
    path.write_text("It was a bright cold day in the valley, and nobody came. " * 40)
    return path


def test_a_run_is_made_and_named_on_stderr_only(text, run_cli):
    outcome = run_cli("fit", text, *SMALL)
    assert outcome.exit_code == ExitCode.OK, outcome.stderr
    assert outcome.stdout == ""
    run = newest()
    assert "book-lstm" in run.name
    assert f"next: rnngen generate {run}" in outcome.stderr
    for name in ("bundle.json", "config.toml", "metrics.jsonl", "run.json", "log.txt"):
        assert (run / name).is_file(), name


def test_fit_then_generate_without_naming_anything_is_a_complete_first_try(text, run_cli):
    assert run_cli("fit", *SMALL, "--cell", "gru").exit_code == ExitCode.OK
    outcome = run_cli("generate", "--length", 30)
    assert outcome.exit_code == ExitCode.OK
    assert len(outcome.stdout.rstrip("\n")) >= 1
    assert "runs/" in outcome.stderr


def test_quiet_says_nothing_when_all_is_well(text, run_cli):
    outcome = run_cli("fit", text, *SMALL, "-q")
    assert (outcome.exit_code, outcome.stdout, outcome.stderr) == (ExitCode.OK, "", "")


def test_json_gives_the_run_and_its_numbers(text, run_cli):
    outcome = run_cli("fit", text, *SMALL, "--run", "r", "--json")
    found = json.loads(outcome.stdout)
    assert found["run"] == "r"
    assert found["valid_nats_per_token"] > 0


def test_dry_run_shows_the_configuration_and_makes_nothing(text, run_cli, tmp_path):
    outcome = run_cli("fit", text, "--dry-run", "-o", "train.learning_rate=0.003", *SMALL)
    assert outcome.exit_code == ExitCode.OK, outcome.stderr
    assert "learning_rate = 0.003" in outcome.stdout
    assert "parameters" in outcome.stdout
    assert os.listdir(tmp_path) == ["book.txt"]


def test_dry_run_as_json_has_every_shape(text, run_cli):
    outcome = run_cli("fit", text, "--dry-run", "--json", *SMALL)
    facts = json.loads(outcome.stdout)
    assert facts["tensors"]["readout.weight"][1] == 8
    assert facts["parameters"] == sum(
        shape[0] * (shape[1] if len(shape) > 1 else 1) for shape in facts["tensors"].values()
    )


def test_a_configuration_file_is_found_and_flags_win_over_it(text, run_cli, tmp_path):
    (tmp_path / "rnngen.toml").write_text(
        f'[fit]\ndata = ["{text}"]\n[model]\ncell = "gru"\nhidden = 5\n[train]\nsteps = 2\n'
    )
    outcome = run_cli("fit", "--hidden", 9, "--dry-run", "--json")
    facts = json.loads(outcome.stdout)
    assert (facts["model"]["cell"], facts["model"]["hidden"]) == ("gru", 9)
    assert "(rnngen.toml)" in facts["config"]
    assert "(flag)" in facts["config"]


def test_compressed_files_globs_and_folders_are_one_corpus(text, run_cli, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    (folder / "a.txt").write_text("alpha beta gamma. " * 20)
    with gzip.open(folder / "b.txt.gz", "wt") as file:
        file.write("delta epsilon. " * 20)
    sizes = []
    for argument in ("many", "many/*"):
        outcome = run_cli("fit", argument, "--dry-run", "--json", *SMALL)
        task = json.loads(outcome.stdout)["tasks"][0]
        sizes.append(task["train_tokens"] + task["valid_tokens"])
    assert sizes[0] == sizes[1] >= 20 * 33


def test_standard_input_is_read_and_the_run_can_be_resumed(text):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "rnngen", "fit"]
    first = subprocess.run(
        [*command, "-", "--tokens", "byte", "--run", "r", *map(str, SMALL)],
        input=gzip.compress(text.read_bytes()),
        env=environment,
        capture_output=True,
        check=False,
    )
    assert first.returncode == ExitCode.OK, first.stderr
    second = subprocess.run(
        [*command, "--resume", "r", "--steps", "5"],
        stdin=subprocess.DEVNULL,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert second.returncode == ExitCode.OK, second.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message", "hint"),
    [
        (["nope.txt"], ExitCode.USAGE, "nope.txt", "hint:"),
        (["boook.txt"], ExitCode.USAGE, "boook.txt", "did you mean `book.txt`"),
        (["book.txt", "--cell", "gruu"], ExitCode.USAGE, "gruu", "did you mean `gru`"),
        (["book.txt", "--plugin", "nosuch"], ExitCode.PLUGIN, "nosuch", "hint:"),
        (
            ["book.txt", "-o", "train.learning_rat=1"],
            ExitCode.USAGE,
            "learning_rat",
            "learning_rate",
        ),
        (["book.txt", "-o", "learning_rate"], ExitCode.USAGE, "learning_rate", "hint:"),
        (["book.txt", "--time", "soon"], ExitCode.USAGE, "soon", "2m"),
        (["book.txt", "--tokens", "bqe:300"], ExitCode.USAGE, "bqe", "bpe"),
        (["book.txt", "--device", "tpu"], ExitCode.USAGE, "tpu", "hint:"),
        (["book.txt", "--layers", "0"], ExitCode.USAGE, "layers", "between 1 and 64"),
        (["--resume", "book.txt"], ExitCode.USAGE, "book.txt", "hint:"),
        (["--resume", "r", "--hidden", "3"], ExitCode.USAGE, "hidden", "--from"),
        (["--from", "nothing", "book.txt"], ExitCode.FAILED, "nothing", "hint:"),
        (["book.txt", "--config", "none.toml"], ExitCode.USAGE, "none.toml", ""),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_way_out(
    text, run_cli, tmp_path, arguments, code, message, hint
):
    outcome = run_cli("fit", *arguments, "--steps", 1)
    assert outcome.exit_code == code, outcome.stderr
    assert message in outcome.stderr
    assert hint in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (b"good text, " * 30 + b"\xff\xfe bad", "offset 330", "--tokens byte"),
        (b"", "empty", ""),
        (b"abc", "expected at least", "more text"),
    ],
)
def test_data_that_cannot_be_used_is_refused(text, run_cli, tmp_path, content, message, hint):
    (tmp_path / "bad.txt").write_bytes(content)
    outcome = run_cli("fit", "bad.txt", "--steps", 1)
    assert outcome.exit_code == ExitCode.FAILED, outcome.stderr
    assert message in outcome.stderr
    assert hint in outcome.stderr
    assert "bad.txt" in outcome.stderr
    assert not (tmp_path / "runs").exists()


def test_a_folder_that_already_holds_a_run_is_never_overwritten(text, run_cli, tmp_path):
    assert run_cli("fit", text, *SMALL, "--run", "r").exit_code == ExitCode.OK
    before = (tmp_path / "r" / "bundle.json").read_bytes()
    outcome = run_cli("fit", text, *SMALL, "--run", "r")
    assert outcome.exit_code == ExitCode.USAGE
    assert "--resume r" in outcome.stderr
    assert (tmp_path / "r" / "bundle.json").read_bytes() == before
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("precious")
    assert run_cli("fit", text, *SMALL, "--run", "full").exit_code == ExitCode.USAGE
    assert not is_run(tmp_path / "full")


def test_another_validation_file_is_used(text, run_cli, tmp_path):
    (tmp_path / "valid.txt").write_text("It was a cold day, and nobody came. ")
    outcome = run_cli("fit", text, "--valid", "valid.txt", "--dry-run", "--json", *SMALL)
    task = json.loads(outcome.stdout)["tasks"][0]
    assert 36 <= task["valid_tokens"] <= 38
    assert task["train_tokens"] >= 40 * 57


def test_tensorboard_gets_the_metrics_when_asked(text, run_cli):
    outcome = run_cli("fit", text, *SMALL, "--run", "r", "--tracker", "tensorboard")
    assert outcome.exit_code == ExitCode.OK, outcome.stderr
    from pathlib import Path

    assert list(Path("r").rglob("events.out.tfevents.*"))


def test_a_run_stopped_before_its_first_checkpoint_says_to_begin_again(text, run_cli, tmp_path):
    assert run_cli("fit", text, *SMALL, "--run", "r").exit_code == ExitCode.OK
    for name in ("bundle.json", "checkpoint.json"):
        (tmp_path / "r" / name).unlink()
    outcome = run_cli("fit", "--resume", "r")
    assert outcome.exit_code == ExitCode.USAGE, outcome.stderr
    assert "start it again" in outcome.stderr
