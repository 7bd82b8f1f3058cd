"""A resumed run learns with the settings it began with, whatever is set around it."""

from __future__ import annotations

from dataclasses import asdict

import pytest
import torch

import rnngen
from rnngen.bundles.checkpoint import load_checkpoint
from rnngen.contracts.errors import ExitCode, UsageError
from rnngen.kernel.config_file import read_config
from rnngen.kernel.core_options import ModelOptions, TrainOptions
from rnngen.kernel.settings import resolve, to_toml
from tests.continual_runs import Killed, KilledAt, write_tasks

AROUND = {
    "RNNGEN_SEED": "5",
    "RNNGEN_TRAIN_LEARNING_RATE": "0.5",
    "RNNGEN_TRAIN_STEPS": "12",
    "RNNGEN_TRAIN_PATIENCE": "1",
    "RNNGEN_MODEL_DROPOUT": "0.9",
    "RNNGEN_MODEL_HIDDEN": "16",
    "RNNGEN_TEXT_TOKENS": "byte",
}
FILE = """
[fit]
plugins = ["naive"]
[train]
clip = 0.001
[model]
layers = 2
"""


class Told(KilledAt):
    """Keeps what it is told, and ends a run at a step."""

    def __init__(self, step: int = -1) -> None:
        super().__init__(step)
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)


@pytest.fixture
def stopped(tmp_path, monkeypatch):
    """Two runs that are alike, one of them stopped: `whole` and `run` in the working folder."""
    monkeypatch.chdir(tmp_path)
    for name in AROUND:
        monkeypatch.delenv(name, raising=False)
    (data,) = write_tasks(tmp_path, "a")
    options = {
        "cell": "gru",
        "hidden": 8,
        "steps": 20,
        "precision": "fp32",
        "device": "cpu",
        "options": ["train.lanes=4", "train.chunk=16", "train.checkpoint_every=5"],
    }
    rnngen.fit([data], run="whole", **options)
    with pytest.raises(Killed):
        rnngen.fit([data], run="run", reporter=Told(12), **options)
    return tmp_path


def resumed(run: str, **limits: int) -> list[str]:
    told = Told()
    rnngen.fit(resume=run, reporter=told, **limits)
    return told.warnings


def weights(run):
    return load_checkpoint(run)[0]


def test_environment_and_file_change_nothing_in_a_resumed_run_and_are_named(stopped, monkeypatch):
    for name, value in AROUND.items():
        monkeypatch.setenv(name, value)
    (stopped / "rnngen.toml").write_text(FILE)
    config = read_config(stopped / "run" / "config.toml").sections
    (line,) = resumed("run")
    for name in (*AROUND, "train.clip of rnngen.toml", "model.layers of rnngen.toml"):
        assert name in line
    assert "fit.plugins of rnngen.toml" in line
    assert read_config(stopped / "run" / "config.toml").sections == config
    expected = weights(stopped / "whole")
    for name, tensor in weights(stopped / "run").items():
        assert torch.equal(tensor, expected[name]), name


def test_settings_like_the_run_s_own_are_not_spoken_of(stopped, monkeypatch):
    monkeypatch.setenv("RNNGEN_SEED", "0")
    monkeypatch.setenv("RNNGEN_MODEL_CELL", "gru")
    (stopped / "rnngen.toml").write_text("[train]\nlanes = 4\n")
    assert resumed("run") == []


def test_limit_of_the_command_line_counts_and_that_of_the_environment_does_not(
    stopped, monkeypatch
):
    monkeypatch.setenv("RNNGEN_TRAIN_STEPS", "3")
    assert resumed("run", steps=22) == []
    assert load_checkpoint(stopped / "run")[1]["position"]["step"] == 22


def test_broken_file_in_the_working_folder_does_not_keep_a_run_from_going_on(stopped):
    (stopped / "rnngen.toml").write_text("[train\n")
    (line,) = resumed("run")
    assert "rnngen.toml" in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cell", "rnn"),
        ("seed", 0),
        ("options", ["train.lanes=2"]),
        ("plugins", ["ewc"]),
        ("config", "rnngen.toml"),
        ("data", ["a.txt"]),
        ("arrangement", [[0]]),
    ],
)
def test_function_refuses_beside_resume_what_the_command_refuses(stopped, name, value):
    with pytest.raises(UsageError, match=f"but {name} was given too"):
        rnngen.fit(resume="run", **{name: value})


def test_dry_run_beside_resume_is_refused(stopped, run_cli):
    outcome = run_cli("fit", "--resume", "run", "--dry-run")
    assert outcome.exit_code == ExitCode.USAGE
    assert "--dry-run" in outcome.stderr


def test_other_threads_are_said_once(stopped, monkeypatch):
    now = torch.get_num_threads()
    monkeypatch.setattr("rnngen.training.place.use_threads", lambda wanted: now + 1)
    (line,) = resumed("run")
    assert f"threads {now} (now {now + 1})" in line


def test_values_that_are_none_are_recorded_so_that_no_other_default_replaces_them(tmp_path):
    sections = {"model": ModelOptions, "train": TrainOptions}
    settings = resolve(sections, environment={})
    other = {"model": {"embedding": 7}, "train": {"patience": 2, "validate_every": 9}}

    path = tmp_path / "config.toml"
    path.write_text(to_toml(settings, complete=True))
    found = resolve(sections, environment={}, file=read_config(path), inherited=other)
    for section in sections:
        assert asdict(found[section]) == asdict(settings[section])


def test_run_that_went_on_from_a_model_knows_so_when_it_is_resumed(tmp_path, monkeypatch):
    # Killed before its first step: the teacher is the model that it began with.
    monkeypatch.chdir(tmp_path)
    first, second = write_tasks(tmp_path, "ab")
    small = {"cell": "gru", "hidden": 8, "steps": 10, "precision": "fp32", "device": "cpu"}
    options = ["train.lanes=4", "train.chunk=16"]
    rnngen.fit([first], run="old", options=options, **small)
    small.pop("cell"), small.pop("hidden")
    given = {"start": "old", "plugins": ["lwf"], "options": options, **small}
    rnngen.fit([second], run="whole", **given)
    with monkeypatch.context() as patch:
        patch.setattr("rnngen.training.loop._begin_task", _killed)
        with pytest.raises(Killed):
            rnngen.fit([second], run="run", **given)
    bundle = rnngen.fit(resume="run")
    assert bundle.manifest["continued"]
    expected = weights(tmp_path / "whole")
    for name, tensor in weights(tmp_path / "run").items():
        assert torch.equal(tensor, expected[name]), name


def _killed(*arguments):
    raise Killed


def test_generate_and_evaluate_take_nothing_of_a_model_or_its_training_from_around(
    stopped, monkeypatch, run_cli
):
    def outcomes():
        written = run_cli("generate", "whole", "-l", "30", "--seed", "1")
        measured = run_cli("evaluate", "whole", "--json", "--seed", "1")
        assert written.exit_code == measured.exit_code == ExitCode.OK, written.stderr
        return written.stdout, measured.stdout.split('"seconds"')[0]

    # `RNNGEN_SEED` is also the variable of their own `--seed`, so that one is given; the seed of
    # training is not theirs.
    before = outcomes()
    for name, value in {**AROUND, "RNNGEN_TRAIN_SEED": "7"}.items():
        monkeypatch.setenv(name, value)
    (stopped / "rnngen.toml").write_text(FILE)
    assert outcomes() == before


def test_a_run_from_before_line_ends_were_read_alike_goes_on_with_those_it_learned(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_bytes(b"one line\r\nand another one\r\n" * 40)
    options = {"hidden": 8, "steps": 4, "options": {"text.line_ends": "keep"}}
    rnngen.fit("a.txt", run="run", **options)
    config = tmp_path / "run" / "config.toml"
    kept = [line for line in config.read_text().splitlines(True) if "line_ends" not in line]
    config.write_text("".join(kept))
    resumed = rnngen.fit(resume="run", steps=6)
    assert resumed.manifest.domain.options["line_ends"] == "keep"
    assert "\r" in resumed.codec.decode(range(1, resumed.codec.size))
