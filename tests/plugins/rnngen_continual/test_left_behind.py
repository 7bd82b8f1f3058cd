"""What `--from` does not take over is reported, and what it does is not."""

from __future__ import annotations

import pytest

import rnngen
from rnngen.contracts.reporter import Silent
from tests.continual_runs import write_tasks


class Told(Silent):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)

    def warn(self, text: str) -> None:
        self.lines.append(text)

    def of(self, start: str) -> list[str]:
        """Lines about what is left behind from the model it continues."""
        return [line for line in self.lines if f"`{start}`" in line]


@pytest.fixture(scope="module")
def tasks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tasks")
    return [str(folder / name) for name in write_tasks(folder, "ab")]


@pytest.fixture
def learn(tasks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def fit(number, run, plugins, *options, start=None):
        told = Told()
        shape = {"cell": "gru", "hidden": 8} if start is None else {"start": start}
        small = ["train.lanes=4", "train.chunk=16"]
        rnngen.fit(
            [tasks[number]],
            run=run,
            plugins=plugins,
            steps=4,
            device="cpu",
            reporter=told,
            options=[*small, *options],
            **shape,
        )
        return told

    return fit


def test_memory_of_a_strategy_that_is_not_named_again_is_said_to_be_left(learn):
    learn(0, "old", ["replay", "ewc", "lwf"])
    (line,) = learn(1, "new", ["replay"], start="old").of("old")
    assert "`ewc`" in line
    assert "add `--plugin ewc` to keep it" in line
    assert "lwf" not in line, "it remembers nothing"
    (line,) = learn(1, "plain", ["naive"], start="old").of("old")
    assert "add `--plugin ewc --plugin replay`" in line


def test_nothing_is_said_where_everything_goes_on(learn):
    learn(0, "old", ["replay", "ewc"], "ewc.lambda=2", "train.clip=0.5")
    told = learn(1, "new", ["ewc", "replay"], "ewc.lambda=3", "train.clip=0.5", start="old")
    assert told.of("old") == []


def test_settings_that_were_set_for_the_old_run_and_not_for_the_new_are_named(learn):
    learn(0, "old", ["ewc"], "ewc.lambda=2", "train.clip=0.5", "train.seed=7", "model.dropout=0.1")
    (line,) = learn(1, "new", ["ewc"], start="old").of("old")
    assert "ewc.lambda=2.0" in line
    assert "train.clip=0.5" in line
    assert "seed" not in line
    assert "dropout" not in line, "it goes on with the model"


def test_smaller_memory_says_how_much_it_gives_up(learn):
    learn(0, "old", ["replay"], "replay.memory=50%")
    lines = learn(1, "new", ["replay"], "replay.memory=10%", start="old").of("old")
    (line,) = [line for line in lines if "windows" in line]
    assert "`replay.memory` is now 10 % of the past" in line
    assert "will be dropped" in line
