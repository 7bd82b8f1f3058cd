"""A run of several tasks, measured again: task by task, with the numbers of its own table."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

import rnngen
from rnngen.contracts.errors import DataError, ExitCode
from rnngen.data.measuring import evaluation
from rnngen.metrics import task_history
from rnngen.verbs.context import ModelContext
from tests.continual_runs import write_tasks

ALPHABET = "abc"


@pytest.fixture(scope="module")
def learned(tmp_path_factory, cache):
    """A folder with three texts, and the run that learned them in a row."""
    folder = tmp_path_factory.mktemp("evaluate-tasks")
    names = write_tasks(folder, ALPHABET)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNGEN_CACHE", str(cache))
        patch.chdir(folder)
        rnngen.fit(
            names,
            run="run",
            plugins=["ewc"],
            cell="gru",
            hidden=16,
            steps=60,
            device="cpu",
            options=["train.lanes=4", "train.chunk=16", "model.dropout=0.1", "train.sample=0"],
        )
    return folder


@pytest.fixture
def here(learned: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(learned)
    return learned


def test_each_task_is_in_its_own_row_with_the_numbers_of_the_runs_table(here, run_cli):
    outcome = run_cli("evaluate", "run", "--sample", "0", "--no-baselines")
    assert outcome.exit_code == ExitCode.OK, outcome.stderr
    lines = [line.split() for line in outcome.stdout.splitlines()]
    rows = {line[0]: line for line in lines if line and line[0].endswith(".txt")}
    assert list(rows) == ["a.txt", "b.txt", "c.txt"]
    card = run_cli("show", "run").stdout.splitlines()
    for name in rows:
        (shown,) = [line for line in card if line.strip().startswith(name) and "%" in line] or [
            line for line in card if line.strip().startswith(name) and line.rstrip().endswith("-")
        ]
        now = shown.split()[2]
        assert rows[name][3] == now, "bits per token, to the last digit printed"


def test_json_of_evaluate_show_and_the_bundle_agree(here, run_cli):
    found = json.loads(run_cli("evaluate", "run", "--json", "--sample", "300").stdout)
    shown = json.loads(run_cli("show", "run", "--json").stdout)
    last = shown["history"]["rows"][-1]["nats"]
    assert [task["task"] for task in found["tasks"]] == shown["history"]["tasks"]
    for task, nats in zip(found["tasks"], last, strict=True):
        assert task["nats_per_token"] == pytest.approx(nats, rel=1e-6)
        assert task["bits_per_token"] == pytest.approx(nats / math.log(2), rel=1e-6)
        assert {row["name"] for row in task["baselines"]} >= {"unigram", "order-5 n-gram"}
    sizes = [len(Path(f"{name}.txt").read_text()) for name in ALPHABET]
    # What is compared with is the text of all three tasks.
    assert found["copied"]["training_size"] == pytest.approx(0.9 * sum(sizes), rel=0.02)


def test_every_row_of_the_matrix_is_measured_in_one_lane_over_the_whole_held_out_part(
    here, monkeypatch
):
    asked = []

    def watched(store, chunk, lanes=1, limit=None):
        found = evaluation(store, chunk, lanes, limit)
        asked.append((found.exact, lanes, store.targets))
        return found

    monkeypatch.setattr("rnngen.metrics.scoring.evaluation", watched)
    bundle = rnngen.fit(
        ["a.txt", "b.txt"], run="watched", plugins=["naive"], hidden=4, steps=2, precision="fp32"
    )
    rows = len(bundle.manifest["history"]["rows"])
    assert len(asked) == 2 * rows
    assert all(exact and lanes == 1 for exact, lanes, _ in asked)


def test_what_the_matrix_did_not_look_at_is_said(here, monkeypatch):
    monkeypatch.setattr("rnngen.verbs.evaluate.MEASURED", 100)
    result = rnngen.evaluate("run", baselines=False, sample=0)
    assert len(result.warnings) == 3
    assert "the first 100 of 300 held-out tokens of a.txt" in result.warnings[0]
    assert task_history.MEASURED == 65_536


@pytest.mark.parametrize("what", ["gone", "changed", "of other characters"])
def test_data_that_is_no_longer_what_it_was_is_named(what, here, tmp_path, run_cli):
    path = Path("b.txt")
    before = path.read_text()
    if what == "gone":
        Path("away").mkdir()
        path.rename("away/b.bin")
    else:
        path.write_text(before + ("!" if what == "of other characters" else "and more\n"))
    try:
        with pytest.raises(DataError, match="what the run held out can't be read again") as caught:
            rnngen.evaluate("run")
        assert "b.txt" in caught.value.message
        assert "rnngen evaluate RUN FILE" in caught.value.hint
        outcome = run_cli("evaluate", "run", "a.txt", "--sample", "0")
        assert outcome.exit_code == ExitCode.OK, outcome.stderr
        assert "no baselines" in outcome.stderr
    finally:
        Path("away/b.bin").rename(path) if what == "gone" else path.write_text(before)


def test_baselines_of_a_named_file_are_fitted_on_the_text_of_all_tasks(here):
    result = rnngen.evaluate("run", ["a.txt"], sample=0)
    assert result.baselines
    assert not result.warnings


def test_a_decoder_that_looks_at_the_training_text_sees_that_of_every_task(here):
    bundle = rnngen.load("run")
    blocks = list(ModelContext(bundle, lambda text: None).learned())
    text = "".join(bundle.codec.decode(block) for block in blocks)
    for name in ALPHABET:
        assert Path(f"{name}.txt").read_text()[:2000] in text
