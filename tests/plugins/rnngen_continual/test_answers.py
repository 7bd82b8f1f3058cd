"""The old model's answers to the memory are the same whether cached or computed again."""

from __future__ import annotations

import pytest
import torch

from rnngen_continual import answers
from rnngen_continual.answers import Answers
from rnngen_continual.kept_data import Memory, Size
from rnngen_continual.teacher import Teacher
from tests.plugins.rnngen_continual import stage

ROWS = 3


class Counting(Teacher):
    """Counts the windows that it reads."""

    read = 0

    def answers(self, run, batch):
        self.read += batch.inputs.shape[1]
        return super().answers(run, batch)


@pytest.fixture
def scene():
    """A run, and a memory of 50 windows of 8 steps."""
    task = stage.task(stage.text(1000, seed=3))
    run = stage.run(stage.model(), [task])
    memory = Memory(Size.read("50 %", "memory"), 8)
    memory.add(stage.text(8 * 100 + 1), 0, 0)
    assert len(memory) == 50
    assert len(task.batches) * ROWS > 50
    return run, memory


def ask(said, run, memory, turn, steps=8):
    batch = memory.draw(steps, ROWS, 5, turn)
    return said.to(run, memory.chosen(ROWS, 5, turn), batch)


@pytest.mark.parametrize("steps", [8, 5, 11])
def test_kept_answers_are_those_of_the_old_model_to_what_is_drawn(steps, scene):
    run, memory = scene
    said = Answers(Teacher(run.model), memory)
    for turn in range(40):
        batch = memory.draw(steps, ROWS, 5, turn)
        expected, _ = run.model(batch.inputs, run.model.initial_state(ROWS), batch.resets)
        torch.testing.assert_close(ask(said, run, memory, turn, steps), expected)


def test_each_window_is_read_once_however_often_it_is_drawn(scene):
    run, memory = scene
    teacher = Counting(run.model)
    said = Answers(teacher, memory)
    for turn in range(60):
        ask(said, run, memory, turn)
    assert teacher.read == len(memory)


def test_answers_are_the_same_to_the_bit_when_nothing_was_asked_before(scene):
    run, memory = scene
    said = Answers(Teacher(run.model), memory)
    for turn in range(40):
        afresh = Answers(Teacher(run.model), memory)
        assert torch.equal(ask(said, run, memory, turn), ask(afresh, run, memory, turn))


@pytest.mark.parametrize("reason", ["too many bytes", "seldom drawn"])
def test_nothing_is_kept_where_it_is_not_worth_it(reason, scene, monkeypatch):
    run, memory = scene
    if reason == "too many bytes":
        # 50 windows of 8 steps with 5 numbers of 4 bytes each.
        monkeypatch.setattr(answers, "MOST", 50 * 8 * 5 * 4 - 1)
    else:
        run.tasks = [stage.task(stage.text(300))]
        assert len(run.task.batches) * ROWS < 50
    teacher = Counting(run.model)
    said = Answers(teacher, memory)
    for turn in range(60):
        ask(said, run, memory, turn)
    assert teacher.read == 60 * ROWS
