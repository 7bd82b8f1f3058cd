"""Music on the command line: a tiny model is learned, measured and written with."""

import json

import numpy as np
import pytest
import scipy.io
import torch

from rnngen.bundles.bundle import load
from rnngen_music.likelihoods.nade import Nade
from tests.plugins.rnngen_music.midi_bytes import DRUMS, Note, midi, notes_of

TINY = ["-o", "model.hidden=16", "-o", "train.sample=8", "--epochs", "2", "-q"]
MAJOR = {0, 2, 4, 5, 7, 9, 11}


@pytest.fixture
def songs(tmp_path):
    """A folder of songs, one of them damaged."""
    folder = tmp_path / "songs"
    folder.mkdir()
    for number in range(6):
        notes = [Note(0, 60 + (number + step * 5) % 12, step * 480, 480, 80) for step in range(16)]
        (folder / f"{number}.mid").write_bytes(midi(notes))
    (folder / "bad.mid").write_bytes(b"MThd")
    return folder


def test_songs_are_learned_measured_and_written(run_cli, songs, tmp_path):
    run = tmp_path / "run"
    fit = ["fit", songs, "--domain", "music", "--run", run, *TINY]
    refused = run_cli(*fit)
    assert refused.exit_code == 1
    assert "bad.mid" in refused.stderr
    assert "music.damaged=skip" in refused.stderr
    done = run_cli(*[part for part in fit if part != "-q"], "-o", "music.damaged=skip")
    assert done.exit_code == 0, done.stderr
    assert "left out" in done.stderr
    measured = run_cli("evaluate", run, "--json")
    assert measured.exit_code == 0, measured.stderr
    report = json.loads(measured.stdout)
    assert {row["name"] for row in report["rows"]} == {"model", "unigram", "5-gram"}
    primer = songs / "1.mid"
    out = tmp_path / "tunes"
    written = run_cli("generate", run, f"{primer}:4", "-n", "2", "-l", "30", "--out", out)
    assert written.exit_code == 0, written.stderr
    assert len(list(out.iterdir())) == 6
    notes, beat = notes_of((out / "0001.mid").read_bytes())
    own = [(n.pitch, n.start / beat) for n in sorted(notes, key=lambda n: n.start)]
    assert own[:4] == [(61, 0), (66, 1), (71, 2), (64, 3)]
    shown = run_cli("generate", run, "-l", "10")
    assert all("_" in name for name in shown.stdout.split())


@pytest.mark.parametrize("tokens", ["remi", "tsd"])
def test_rules_hold_for_what_a_model_of_events_writes(run_cli, songs, tmp_path, tokens):
    (songs / "bad.mid").unlink()
    run = tmp_path / "run"
    made = run_cli(
        "fit", songs, "--domain", "music", "-o", f"music.tokens={tokens}", "--run", run, *TINY
    )
    assert made.exit_code == 0, made.stderr
    rules = "rule=notes,key:C major,range:C4-C5,bars:3x4,leap:7,cadence:C"
    out = tmp_path / "a.mid"
    done = run_cli(
        "generate", run, "--decoder", "constrained", "-o", rules, "-l", "120", "--out", out
    )
    assert done.exit_code == 0, done.stderr
    notes, beat = notes_of(out.read_bytes())
    pitched = [note for note in notes if note.program != DRUMS]
    assert pitched
    assert {note.pitch % 12 for note in pitched} <= MAJOR
    assert all(60 <= note.pitch <= 72 for note in pitched)
    assert all(note.start < 3 * 4 * beat for note in notes)
    last = max(note.start for note in pitched)
    assert any(note.pitch % 12 == 0 for note in pitched if note.start == last)


def test_without_a_rule_notes_are_whole_and_known(run_cli, songs, tmp_path):
    (songs / "bad.mid").unlink()
    run = tmp_path / "run"
    assert run_cli("fit", songs, "--domain", "music", "--run", run, *TINY).exit_code == 0
    done = run_cli("generate", run, "--decoder", "constrained", "-l", "60", "-n", "3")
    assert done.exit_code == 0, done.stderr
    assert "standard rule: whole notes" in done.stderr
    for text in done.stdout.split("---\n"):
        names = text.split()
        starts = [place for place, name in enumerate(names) if name.startswith("Pitch")]
        for place in starts:
            assert names[place - 1] == "Program_0"
            assert names[place + 1].startswith("Velocity_")
            assert names[place + 2] == "Duration_1.0.4"
        assert sum(name.startswith("Velocity") for name in names) == len(starts)


@pytest.mark.parametrize("distribution", ["nade", "bernoulli"])
def test_frames_of_a_mat_file_are_learned_measured_and_written(run_cli, tmp_path, distribution):
    cells = {}
    for name, count in (("train", 5), ("valid", 2), ("test", 2)):
        cell = np.empty((1, count), object)
        for number in range(count):
            cell[0, number] = (np.random.default_rng(number).random((9, 88)) < 0.05).astype("u1")
        cells[f"{name}data"] = cell
    scipy.io.savemat(tmp_path / "own.mat", cells)
    run = tmp_path / "run"
    options = ["--domain", "music", "-o", "music.steps=frames", "-o", "music.transpose=1"]
    options += ["-o", f"music.distribution={distribution}"]
    done = run_cli("fit", tmp_path / "own.mat", *options, "--run", run, *TINY)
    assert done.exit_code == 0, done.stderr
    likelihood = load(run).model.likelihood
    assert type(likelihood).__name__.lower() == distribution
    if distribution == "nade":
        torch.manual_seed(0)
        assert not torch.equal(likelihood.w, Nade(88).w), "its weights did not come back"
    measured = run_cli("evaluate", run, "--split", "test")
    assert measured.exit_code == 0, measured.stderr
    assert "16 frames of 2 pieces" in measured.stdout
    assert "nats/frame" in measured.stdout
    written = run_cli("generate", run, "-l", "6", "--out", tmp_path / "a.mid")
    assert written.exit_code == 0, written.stderr
    assert (tmp_path / "a.mid").read_bytes()[:4] == b"MThd"
    assert run_cli("generate", run, "-l", "6").exit_code == 0
    # What the model's distribution is, is its own, and no matter of the defaults.
    further = run_cli("fit", tmp_path / "own.mat", *options[:4], "--from", run, *TINY)
    assert further.exit_code == 0, further.stderr


def test_without_data_the_tunes_are_learned(run_cli, tmp_path):
    plan = run_cli("fit", "--domain", "music", "--dry-run", "--json", *TINY)
    assert plan.exit_code == 0, plan.stderr
    assert "tunes" in plan.stdout + plan.stderr
