"""What a resumed run shows, why one has nothing to do, and that a refused one changes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import rnngen
from rnngen.bundles.checkpoint import load_checkpoint
from rnngen.bundles.records import read_metrics, read_record
from rnngen.contracts.errors import RnngenError, RunError, UsageError
from rnngen.training.checkpoints import Checkpoints
from rnngen.verbs import card, compare
from tests.continual_runs import Killed, KilledAt, write_tasks

SMALL = {"cell": "gru", "hidden": 8, "precision": "fp32", "device": "cpu"}
OPTIONS = [
    "train.lanes=4",
    "train.chunk=16",
    "train.checkpoint_every=5",
    "train.validate_every=4",
    "train.sample=0",
]


class Told(KilledAt):
    """Keeps what it is told, calls something at a step, and may end a run there."""

    def __init__(self, step: int = -1, action=None) -> None:
        super().__init__(step if action is None else -1)
        self.lines: list[str] = []
        self.shown: list[tuple[int, dict]] = []
        self._at, self._action = step, action

    def note(self, text: str) -> None:
        self.lines.append(text)

    warn = note

    def progress(self, step, total, metrics, eta):
        self.shown.append((step, dict(metrics)))
        if self._action is not None and step == self._at:
            self._action()
        super().progress(step, total, metrics, eta)


def contents(run: Path) -> dict[str, bytes]:
    return {str(p.relative_to(run)): p.read_bytes() for p in run.rglob("*") if p.is_file()}


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_tasks(tmp_path, "a")
    return tmp_path


def fit(run: str, steps: int = 20, **more):
    given = {"options": OPTIONS, **SMALL, "steps": steps, **more}
    return rnngen.fit(["a.txt"], run=run, **given)


def stopped(run: str, at: int = 12, **more) -> None:
    with pytest.raises(Killed):
        fit(run, reporter=Told(at), **more)


def test_best_validation_and_every_loss_are_those_of_an_unbroken_run(place) -> None:
    fit("whole")
    stopped("run")
    told = Told()
    rnngen.fit(resume="run", reporter=told)
    broken, whole = card.read(Path("run")), card.read(Path("whole"))
    assert broken.measured == whole.measured
    assert "best_valid" in broken.measured
    first, second = compare.compare(["run", "whole"], draw=False).runs
    assert first.best_valid == second.best_valid is not None
    assert not broken.curve.tasks

    def losses(run):
        return [
            (r["step"], r["task"], r["epoch"], r["loss"])
            for r in read_metrics(Path(run))
            if r["split"] == "train"
        ]

    # The running mean goes on from where it was, also in the line of progress.
    assert losses("run") == losses("whole")
    after = Told()
    fit("again", reporter=after)
    mean = {step: numbers["loss"] for step, numbers in after.shown}
    assert [numbers["loss"] for _, numbers in told.shown] == [mean[s] for s, _ in told.shown]


@pytest.mark.parametrize(
    ("breaks", "said"),
    [
        (lambda: Path("a.txt").unlink(), "is gone"),
        (lambda: Path("a.txt").write_text("other words than those before. " * 30), "has changed"),
        (lambda: edit("config.toml", "[gru]", "[grru]"), "grru"),
        (lambda: edit("config.toml", "cell = ", "cell = ["), "not TOML"),
        (lambda: edit("config.toml", "[fit]", "[model]"), ""),
        (lambda: edit("config.toml", 'cell = "gru"', 'cell = "gone"'), "no cell named `gone`"),
        (lambda: Path("run/config.toml").unlink(), "can't be read"),
        (lambda: edit("checkpoint.json", "{", "["), ""),
    ],
    ids=range(8),
)
def test_resume_that_is_refused_changes_nothing_of_the_run(place, breaks, said) -> None:
    stopped("run")
    breaks()
    before = contents(Path("run"))
    with pytest.raises(RnngenError) as caught:
        rnngen.fit(resume="run", steps=30)
    assert said in caught.value.message
    assert contents(Path("run")) == before


def edit(name: str, old: str, new: str) -> None:
    path = Path("run") / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("first", "then", "reason"),
    [
        ({}, {}, "all 20 steps are done; give a larger `--steps`"),
        ({}, {"steps": 20}, "all 20 steps are done"),
        ({}, {"time": 900.0}, "all 20 steps are done; give a larger `--steps`"),
        ({"steps": None, "time": 0.3}, {"steps": 4000}, "its 0.3 seconds are used; give a larger"),
        ({"steps": None, "epochs": 0.5}, {}, "all 0.5 passes over the data are done"),
        (
            {"steps": 400, "options": [*OPTIONS, "train.learning_rate=0", "train.patience=1"]},
            {},
            "stopped early, after 1 validations without a better one",
        ),
    ],
)
def test_resume_without_anything_to_do_says_why_and_changes_nothing(
    place, first, then, reason
) -> None:
    fit("run", **{"steps": 20, **first})
    before, told = contents(Path("run")), Told()
    rnngen.fit(resume="run", reporter=told, **then)
    assert any(reason in line for line in told.lines), told.lines
    assert contents(Path("run")) == before


def test_patience_that_ended_starts_anew_with_a_larger_limit(place) -> None:
    fit("run", 400, options=[*OPTIONS, "train.learning_rate=0", "train.patience=1"])
    at = load_checkpoint(Path("run"))[1]["position"]["step"]
    rnngen.fit(resume="run", steps=500)
    assert load_checkpoint(Path("run"))[1]["position"]["step"] > at


def test_run_with_a_model_and_without_a_checkpoint_is_offered_as_a_start(place) -> None:
    fit("run", 5)
    shutil.rmtree("run/checkpoints")
    Path("run/checkpoint.json").unlink()
    with pytest.raises(UsageError, match="has a model, but no checkpoint") as caught:
        rnngen.fit(resume="run", steps=9)
    assert "--from run" in str(caught.value.hint)
    assert "delete" not in str(caught.value.hint)


def test_folder_moved_while_it_trains_is_the_only_one_and_the_run_ends_in_it(place) -> None:
    told = Told(6, lambda: Path("runs").rename("old"))
    bundle = fit("runs/x", reporter=told)
    assert not Path("runs").exists()
    assert bundle.path == Path("old/x")
    assert any("`old/x`" in line for line in told.lines)
    assert read_record(Path("old/x"))["status"] == "finished"
    assert load_checkpoint(Path("old/x"))[1]["position"]["step"] == 20
    fit("whole")
    assert [r["loss"] for r in read_metrics(Path("old/x"))] == [
        r["loss"] for r in read_metrics(Path("whole"))
    ]


def test_folder_deleted_while_it_trains_ends_the_run_without_a_claim(place) -> None:
    told = Told(6, lambda: shutil.rmtree("run"))
    with pytest.raises(RunError, match="was deleted or moved away"):
        fit("run", reporter=told)
    assert not Path("run").exists()
    assert not any("saved" in line for line in told.lines)


def test_disk_that_fills_during_a_checkpoint_leaves_the_one_before(place, monkeypatch) -> None:
    real = Checkpoints.save

    def full(self, run):
        if run.position.step < 10:
            return real(self, run)
        with monkeypatch.context() as patch:
            patch.setattr("rnngen.files.atomic.os.fsync", no_space)
            return real(self, run)

    def no_space(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Checkpoints, "save", full)
    with pytest.raises(RunError, match="No space left") as caught:
        fit("run")
    assert caught.value.exit_code == 1
    assert "step 8 is whole" in caught.value.message
    monkeypatch.undo()
    monkeypatch.chdir(place)
    assert load_checkpoint(Path("run"))[1]["position"]["step"] == 8
    rnngen.fit(resume="run")
    assert load_checkpoint(Path("run"))[1]["position"]["step"] == 20
