"""Runs that version 0.1.0 wrote stay readable: each is shown, used and, with a checkpoint, resumed.

They lie in `made_by_0_1_0/`, whose README says how they were made. Every test works on a copy.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import rnngen
from rnngen.bundles.bundle import load
from rnngen.bundles.checkpoint import load_checkpoint
from rnngen.files.json import MARKED, TEXT, dump
from rnngen.files.json import load as parse
from tests import small_bundle
from tests.conftest import RunCli
from tests.plugins.rnngen_music.midi_bytes import Note, midi

OLD = Path(__file__).parent / "made_by_0_1_0"
NAMES = ("frames", "handwriting", "music", "series", "text")
PROMPTS = {"handwriting": ["hello you"]}

WEIGHTS = {"frames": 13937, "handwriting": 4857, "music": 11218, "series": 1291, "text": 1401}
"""Parameters of each model, as 0.1.0 counted them."""


@pytest.fixture
def old(tmp_path: Path) -> Callable[[str], Path]:
    """A copy of one of the runs, as it was written."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(OLD / name, tmp_path / name))

    return copy


def _data(name: str, folder: Path) -> Path:
    """A small file of the kind that a run learned from."""
    if name in ("music", "frames"):
        path = folder / "scale.mid"
        notes = [Note(0, 60 + place, 480 * place, 480, 80) for place in range(16)]
        path.write_bytes(midi(notes))
    elif name == "handwriting":
        path = folder / "word.svg"
        strokes = "<path d='M0 0 L0 9 L3 4'/><path d='M9 4 l3 5 l3 -5'/>"
        path.write_text(f"<svg><title>lv</title>{strokes}</svg>")
    elif name == "series":
        path = folder / "sales.csv"
        rows = [
            f"{2000 + month // 12}-{month % 12 + 1:02d}-01,{10 + 3 * math.sin(month):.2f}"
            for month in range(96)
        ]
        path.write_text("\n".join(["time,value", *rows]) + "\n")
    else:
        path = folder / "poem.txt"
        path.write_text("Tiger tiger, burning bright,\nIn the forests of the night;\n" * 40)
    return path


@pytest.mark.parametrize("name", NAMES)
def test_the_model_is_read_whole_with_every_file_as_it_was_saved(name: str) -> None:
    opened = rnngen.load(OLD / name)
    assert opened.step == 10
    assert sum(tensor.numel() for tensor in opened.model.tensors().values()) == WEIGHTS[name]
    assert opened.domain is not None
    assert opened.codec.files() == {
        logical: (OLD / name / file).read_bytes()
        for logical, file in opened.manifest["codec"].items()
    }
    assert opened.config["train"]["seed"] == 7
    for file, entry in opened.manifest["files"].items():
        assert hashlib.sha256((OLD / name / file).read_bytes()).hexdigest() == entry["sha256"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_now_is_spelled_byte_for_byte_as_then(name: str) -> None:
    for file, spelling in (("bundle", MARKED), ("checkpoint", MARKED), ("run", TEXT)):
        path = OLD / name / f"{file}.json"
        if not path.exists():
            continue
        then = path.read_text()
        assert dump(parse(then.encode(), path, spelling), spelling, indent=1) + "\n" == then
    for line in (OLD / name / "metrics.jsonl").read_text().splitlines():
        assert dump(parse(line.encode(), OLD, TEXT), TEXT) == line


@pytest.mark.parametrize("name", NAMES)
def test_its_card_is_shown(name: str, old: Callable[[str], Path], run_cli: RunCli) -> None:
    done = run_cli("show", old(name))
    assert done.exit_code == 0, done.stderr
    for text in ("the model of step 10", f"{WEIGHTS[name]:,} parameters", "rnngen 0.1.0"):
        assert text in done.stdout
    assert "!" not in done.stdout.split("\nfiles ")[1], "a file is not as it was saved"


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"series"}))
def test_it_generates_the_same_from_the_same_seed(
    name: str, old: Callable[[str], Path], run_cli: RunCli
) -> None:
    asked = (
        "generate",
        old(name),
        *PROMPTS.get(name, []),
        "-l",
        40,
        "-n",
        4,
        "--seed",
        1,
        "--json",
    )
    first, again = run_cli(*asked), run_cli(*asked)
    assert first.exit_code == 0, first.stderr
    lengths = [len(row["tokens"]) for row in json.loads(first.stdout)]
    assert len(lengths) == 4
    assert 0 < max(lengths) <= 40
    assert first.stdout == again.stdout


def test_a_model_of_series_forecasts(
    old: Callable[[str], Path], tmp_path: Path, run_cli: RunCli
) -> None:
    done = run_cli("generate", old("series"), _data("series", tmp_path), "-n", 4, "--seed", 1)
    assert done.exit_code == 0, done.stderr
    head, *rows = done.stdout.splitlines()
    assert head.startswith("series,time,mean")
    assert [row.split(",")[1] for row in rows] == [f"2008-{month:02d}-01" for month in range(1, 13)]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_evaluated_on_new_data(
    name: str, old: Callable[[str], Path], tmp_path: Path, run_cli: RunCli
) -> None:
    run = old(name)
    if name == "handwriting":
        # Its corpus, from which baselines are made, is drawn for longer than all of these tests.
        small_bundle.edit(run, lambda document: document["data"].update(sources=["gone.svg"]))
    done = run_cli("evaluate", run, _data(name, tmp_path), "--json")
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["nats_per_token"] > 0 if name == "text" else "model" in str(document)


def test_its_run_resumes_at_the_step_where_it_stopped(
    old: Callable[[str], Path], run_cli: RunCli
) -> None:
    run = old("music")
    before = load_checkpoint(run)
    assert before is not None
    done = run_cli("fit", "--resume", run, "--steps", 12)
    assert done.exit_code == 0, done.stderr
    assert "resuming at step 10" in done.stderr
    after = load_checkpoint(run)
    assert after is not None
    assert (before[1]["position"]["step"], after[1]["position"]["step"]) == (10, 12)
    assert after[1]["position"]["tokens"] > before[1]["position"]["tokens"]
    assert load(run).step == 12
    lines = (run / "metrics.jsonl").read_bytes()
    assert lines.startswith((OLD / "music" / "metrics.jsonl").read_bytes())


def test_a_run_whose_strategy_has_closed_its_task_says_how_to_train_further(
    old: Callable[[str], Path], run_cli: RunCli
) -> None:
    done = run_cli("fit", "--resume", old("text"), "--steps", 12)
    assert done.exit_code == 2
    assert "its strategy has finished with them" in done.stderr
    assert "--from" in done.stderr


@pytest.mark.parametrize("name", ["music", "text"])
def test_its_checkpoint_is_read(name: str) -> None:
    saved = load_checkpoint(OLD / name)
    assert saved is not None
    tensors, state = saved
    assert state["position"]["step"] == 10
    weights = rnngen.load(OLD / name).model.tensors()
    assert all(tensors[f"model.{key}"].shape == tensor.shape for key, tensor in weights.items())


def test_it_is_trained_further_on_other_data(
    old: Callable[[str], Path], tmp_path: Path, run_cli: RunCli
) -> None:
    run, new = old("text"), tmp_path / "new"
    text = _data("text", tmp_path)
    asked = ("--plugin", "ewc", "--steps", 2, "--device", "cpu", "--run", new)
    done = run_cli("fit", "--from", run, text, *asked)
    assert done.exit_code == 0, done.stderr
    made = load(new)
    assert made.step == 2
    assert made.manifest["continued"]
    known = set(load(run).codec.characters)
    assert set(made.codec.characters) == known | set(text.read_text()) - {"\n"}
    assert load(run).step == 10, "the model it began with stays as it was"
