"""A task is added a month later by one command; ten in a row; the same twice; other characters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rnngen
from rnngen.contracts.errors import ExitCode
from tests.continual_runs import write_tasks

SMALL = ["--cell", "gru", "--hidden", "8", "--steps", "4", "--precision", "fp32"]
SMALL += ["-o", "train.lanes=2", "-o", "train.chunk=16", "-o", "train.sample=0"]
LATER = ["--steps", "4", "--precision", "fp32", "-o", "train.lanes=2", "-o", "train.chunk=16"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, cache):
    """Ten texts, and a run that learned the first with replay and EWC."""
    from rnngen.cli import main

    folder = tmp_path_factory.mktemp("month")
    names = write_tasks(folder, "abcdefghij", 900)
    (folder / "note.txt").write_text("Ölkännchen: 3 €; später mehr! " * 30)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNGEN_CACHE", str(cache))
        patch.chdir(folder)
        strategies = ["--plugin", "replay", "-o", "replay.memory=20%", "--plugin", "ewc"]
        words = ["fit", names[0], *strategies, "-o", "ewc.lambda=3", "--run", "mine", *SMALL, "-q"]
        assert main(words) == ExitCode.OK
    return folder


@pytest.fixture
def here(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return folder


def memory(run) -> set[str]:
    """The windows that a run keeps, as text."""
    bundle = rnngen.load(run)
    steps = bundle.strategy_state["replay"]["memory"]["steps"]
    return {bundle.codec.decode(row[row > 0].numpy()) for row in steps}


def test_one_command_goes_on_with_strategies_options_and_memory(here, tmp_path, run_cli):
    outcome = run_cli("fit", "b.txt", "--from", "mine", "--run", tmp_path / "later", *LATER)
    assert outcome.exit_code == ExitCode.OK, outcome.stderr
    assert "going on with `replay` and `ewc`, as `mine` learned" in outcome.stderr
    assert "warning" not in outcome.stderr
    config = rnngen.load(tmp_path / "later").config
    assert config["fit"]["plugins"] == ["replay", "ewc"]
    assert (config["replay"]["memory"], config["ewc"]["lambda"]) == ("20%", 3.0)
    first, both = memory("mine"), memory(tmp_path / "later")
    assert first < both
    assert all(window in Path("b.txt").read_text() for window in both - first)
    state = rnngen.load(tmp_path / "later").strategy_state
    assert state["replay"]["tasks"] == 2


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (["--plugin", "replay"], {"replay"}),
        (["--plugin", "naive"], set()),
        (["-o", "replay.memory=50%"], {"replay", "ewc"}),
    ],
)
def test_what_is_named_on_the_command_line_comes_before_what_the_run_had(
    words, kept, here, tmp_path, run_cli
):
    run = tmp_path / "run"
    outcome = run_cli("fit", "b.txt", "--from", "mine", "--run", run, *LATER, *words)
    assert outcome.exit_code == ExitCode.OK, outcome.stderr
    assert rnngen.load(run).strategy_state.keys() == kept
    if "-o" in words:
        assert rnngen.load(run).config["replay"]["memory"] == "50%"
    missing = {"replay", "ewc"} - kept
    assert ("this run leaves it behind" in outcome.stderr) == bool(missing)


def test_ten_tasks_are_learned_kept_evenly_and_measured_each(here, tmp_path, run_cli):
    names = [f"{name}.txt" for name in "abcdefghij"]
    run = tmp_path / "ten"
    plugins = ["--plugin", "replay", "--plugin", "ewc", "-o", "ewc.batches=2"]
    steps = ["--steps", "20", "-o", "replay.memory=20%"]
    outcome = run_cli("fit", *names, *plugins, "--run", run, *SMALL, *steps)
    assert outcome.exit_code == ExitCode.OK, outcome.stderr
    table = [line.split()[0] for line in outcome.stdout.splitlines() if ".txt" in line]
    assert table == names
    history = rnngen.load(run).manifest["history"]
    assert np.shape([row["nats"] for row in history["rows"]]) == (11, 10)
    texts = {name: Path(name).read_text() for name in names}
    counts = [sum(window in text for window in memory(run)) for text in texts.values()]
    windows = (900 - 90) // 16
    assert all(abs(count - 0.2 * windows) <= 1 for count in counts), counts
    outcome = run_cli("evaluate", run, "--no-baselines", "--sample", "0")
    rows = [line.split() for line in outcome.stdout.splitlines() if ".txt" in line]
    assert [row[0] for row in rows] == names


def test_same_task_twice_is_two_rows_of_learning_and_one_of_data(here, tmp_path, run_cli):
    run = tmp_path / "twice"
    outcome = run_cli("fit", "a.txt", "b.txt", "a.txt", "--plugin", "replay", "--run", run, *SMALL)
    assert outcome.exit_code == ExitCode.OK, outcome.stderr
    rows = rnngen.load(run).manifest["history"]["rows"]
    assert len(rows) == 4
    for row in rows:
        assert row["nats"][0] == row["nats"][2]
    found = rnngen.evaluate(run, baselines=False, sample=0).tasks
    assert [name for name, _ in found] == ["a.txt", "b.txt", "a.txt"]
    assert found[0][1].nats_per_token == found[2][1].nats_per_token
    outcome = run_cli("fit", "a.txt", "--from", "mine", "--run", tmp_path / "again", *LATER)
    assert outcome.exit_code == ExitCode.OK, outcome.stderr


def test_task_of_other_characters_grows_the_vocabulary_and_is_learned(here, tmp_path, run_cli):
    outcome = run_cli("fit", "note.txt", "--from", "mine", "--run", tmp_path / "note", *LATER)
    assert outcome.exit_code == ExitCode.OK, outcome.stderr
    assert "the vocabulary grows" in outcome.stderr
    first, last = rnngen.load(tmp_path / "note").manifest["history"]["rows"]
    assert last["nats"][0] < first["nats"][0]
    assert memory("mine") < memory(tmp_path / "note")
    assert rnngen.load(tmp_path / "note").generate("Öl €", length=5, documents=0)[0].text
