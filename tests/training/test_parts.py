"""The parts of a training, each alone: when it acts, and what it remembers."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from rnngen.bundles.checkpoint import load_checkpoint
from rnngen.bundles.run_folder import RunFolder
from rnngen.contracts.errors import RunError
from rnngen.contracts.reporter import Silent
from rnngen.kernel.strategies import Lifecycle
from rnngen.training.carried import Carried
from rnngen.training.checkpoints import CHECKPOINT_SECONDS, Checkpoints
from rnngen.training.guard import EXPLODED, EXPLODED_DENSITY, Exploded, Guard
from rnngen.training.history import History
from rnngen.training.limits import Limits
from rnngen.training.randomness import Randomness
from rnngen.training.run import Position
from rnngen.training.validation import Validation
from rnngen.training.watch import Watch
from tests.plugins.rnngen_continual.stage import model, run, task, text

CPU = torch.device("cpu")


class Told(Silent):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)

    warn = note


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path):
    with RunFolder.create(tmp_path / "run", "test") as made:
        yield made


def a_run(tasks: int = 1, **options):
    return run(model(), [task(text(), str(number)) for number in range(tasks)], **options)


def checkpoints_of(moving, folder: RunFolder, clock=None) -> tuple[Checkpoints, Carried, History]:
    carried = Carried(moving.model, CPU)
    history = History([], Lifecycle([]), Watch(Silent()), CPU)
    parts = {
        "position": moving.position,
        "optimizer": moving.optimizer,
        "lanes": carried,
        "strategies": Lifecycle([]),
        "stream": history,
        "random": Randomness(moving.generator, CPU),
    }
    return Checkpoints(folder, moving.model, parts, clock or Clock()), carried, history


def validation_of(moving, folder: RunFolder, told: Told) -> tuple[Validation, Limits]:
    limits = Limits(moving.options, len(moving.tasks))
    made = Validation(
        limits,
        None,
        Lifecycle([]),
        Watch(told),
        steps_are="tokens",
        save_model=lambda position, valid: None,
        preview=lambda step: "",
        folder=folder,
        reporter=told,
    )
    return made, limits


def test_a_checkpoint_is_the_sum_of_what_its_parts_remember(folder) -> None:
    moving = a_run()
    checkpoints, carried, _ = checkpoints_of(moving, folder)
    carried.begin(4, anew=True)
    checkpoints.save(moving)
    tensors, state = load_checkpoint(folder.path)
    # The names of version 0.1.0, whose runs are resumed.
    assert set(state) == {"position", "optimizer", "lanes", "strategies", "stream", "random"}
    prefixes = {name.split(".")[0] for name in tensors}
    assert prefixes == {"model", "lanes", "random"}  # plain descent remembers nothing


def test_what_is_restored_is_what_was_saved_in_every_part(folder) -> None:
    moving = a_run()
    checkpoints, carried, _ = checkpoints_of(moving, folder)
    carried.begin(4, anew=True)
    moving.position.step = 5
    moving.position.history.append({"learned": None})
    weights = {name: tensor.clone() for name, tensor in moving.model.tensors().items()}
    checkpoints.save(moving)
    expected = torch.rand(3), torch.rand(3, generator=moving.generator)

    position = moving.position
    moving.position.step, moving.position.batch = 9, 7
    moving.position.history.clear()
    carried.forget()
    with torch.no_grad():
        for parameter in moving.model.parameters():
            parameter.add_(1.0)
    checkpoints.restore(checkpoints.last())
    assert moving.position is position
    assert (position.step, position.batch, position.history) == (5, 0, [{"learned": None}])
    assert carried.state is not None
    for name, tensor in moving.model.tensors().items():
        assert torch.equal(tensor, weights[name])
    found = torch.rand(3), torch.rand(3, generator=moving.generator)
    assert all(torch.equal(*pair) for pair in zip(found, expected, strict=True))


def test_a_checkpoint_is_due_after_a_minute_or_after_as_many_steps_as_asked(folder) -> None:
    clock = Clock()
    moving = a_run()
    checkpoints, _, _ = checkpoints_of(moving, folder, clock)
    clock.now = CHECKPOINT_SECONDS - 1
    assert not checkpoints.due(moving)
    clock.now = CHECKPOINT_SECONDS
    assert checkpoints.due(moving)
    checkpoints.save(moving)
    assert not checkpoints.due(moving)

    moving.options = replace(moving.options, checkpoint_every=3)
    due = []
    for moving.position.step in range(1, 8):
        due.append(checkpoints.due(moving))
    assert due == [False, False, True, False, False, True, False]


@pytest.mark.parametrize(
    ("first", "loss", "norm", "density", "explodes"),
    [
        (None, 100.0, 1.0, False, False),  # nothing to compare with
        (3.0, 3.0 * EXPLODED, 1.0, False, False),
        (3.0, 3.0 * EXPLODED + 0.1, 1.0, False, True),
        (0.1, EXPLODED, 1.0, False, False),  # a small loss may rise to that of a worse guess
        (-20.0, EXPLODED_DENSITY - 20.0, 1.0, True, False),
        (-20.0, EXPLODED_DENSITY - 19.0, 1.0, True, True),
        (3.0, math.nan, 1.0, False, True),
        (3.0, math.inf, 1.0, False, True),
        (3.0, 2.0, math.inf, False, True),
    ],
)
def test_a_loss_explodes_far_above_the_first_of_its_task(
    first, loss, norm, density, explodes, folder
) -> None:
    moving = a_run()
    moving.position.first_loss = first
    moving.model.likelihood.density = density
    guard = Guard(checkpoints_of(moving, folder)[0], folder, Silent())
    if explodes:
        with pytest.raises(Exploded):
            guard.check(moving, loss, norm)
    else:
        guard.check(moving, loss, norm)
        assert moving.position.first_loss == (loss if first is None else first)


def test_each_roll_back_halves_the_rate_until_there_were_too_many(folder) -> None:
    moving = a_run(recoveries=2)
    checkpoints, _, _ = checkpoints_of(moving, folder)
    moving.position.step = 4
    checkpoints.save(moving)
    told = Told()
    guard = Guard(checkpoints, folder, told)
    for count, scale in ((1, 0.5), (2, 0.25)):
        moving.position.step = 8
        guard.roll_back(moving, "the loss exploded")
        position = moving.position
        assert (position.step, position.recoveries, position.rate_scale) == (4, count, scale)
        assert told.lines[-1].startswith("the loss exploded at step 8: back to step 4")
    with pytest.raises(RunError, match="at step 4, after going back 2 times"):
        guard.roll_back(moving, "the loss exploded")


@pytest.mark.parametrize(
    ("options", "position", "expected"),
    [
        ({"steps": 20}, {"task_step": 5}, 0.5),  # ten steps for each of two tasks
        ({"epochs": 4.0}, {"batch": 12}, 3 / 12),
        ({"steps": 20, "epochs": 4.0}, {"task_step": 1, "batch": 24}, 0.5),
        ({"time": 20.0}, {"task_seconds": 4.0}, 0.4),
        ({"steps": 20}, {"task_step": 50}, 1.0),
        ({}, {"task_step": 50}, 0.0),
    ],
)
def test_progress_is_the_largest_share_of_a_limit_that_a_task_has_used(
    options, position, expected
) -> None:
    moving = a_run(tasks=2, **options)
    assert len(moving.task.batches) == 12
    moving.position.load_state_dict(position)
    limits = Limits(moving.options, 2)
    assert limits.progress(moving) == pytest.approx(expected)
    assert limits.used_up(moving) == (expected == 1.0)


def test_time_too_short_for_a_step_counts_as_used() -> None:
    moving = a_run(time=10.0)
    limits = Limits(moving.options, 1)
    moving.position.task_seconds = 9.5
    assert not limits.out_of_time(moving)  # nobody knows yet how long a step takes
    limits.time.add_step(1.0, 32)
    assert limits.out_of_time(moving)
    assert limits.used_up(moving)


@pytest.mark.parametrize(("steps", "goes_on"), [(10, False), (12, True)])
def test_a_finished_run_goes_on_only_with_a_larger_limit(steps, goes_on) -> None:
    moving = a_run(steps=steps)
    moving.position.load_state_dict(
        {"task": 1, "task_step": 10, "waiting": 3, "last_validation": 1.0}
    )
    limits = Limits(moving.options, 1)
    assert limits.reopen(moving) == goes_on
    assert moving.position.task == (0 if goes_on else 1)
    assert moving.position.last_validation == (pytest.approx(10 / 12) if goes_on else 1.0)


def test_a_validation_is_due_at_each_tenth_or_as_often_as_asked(folder) -> None:
    moving = a_run(steps=16)
    validation, limits = validation_of(moving, folder, Told())
    due = []
    for step in range(1, 17):
        moving.position.task_step = step
        if validation.due(moving):
            due.append(step)
            moving.position.last_validation = limits.progress(moving)
    assert due == list(range(2, 17, 2))  # a sixteenth is less than a tenth
    assert not validation.stale(moving)

    moving.options = replace(moving.options, validate_every=7)
    found = []
    for moving.position.task_step in range(1, 21):
        if validation.due(moving):
            found.append(moving.position.task_step)
    assert found == [7, 14]


def test_patience_ends_after_as_many_validations_as_asked(folder) -> None:
    moving = a_run(patience=2)
    told = Told()
    validation, _ = validation_of(moving, folder, told)
    moving.position.waiting = 1
    assert not validation.out_of_patience(moving)
    moving.position.waiting = 2
    assert validation.out_of_patience(moving)
    assert told.lines == ["stopped early: 2 validations without a better one"]


def test_a_new_task_counts_from_zero_and_the_run_goes_on_counting() -> None:
    history = [{"learned": 0}]
    used = Position(1, 5, 40, 20, 999, 8.0, 4.0, 0.5, 1, 3.0, 2.0, 38, 2, 1.0, False, 7, True)
    used.history = history
    used.start_task()
    kept = Position(task=1, step=40, tokens=999, seconds=8.0, rate_scale=0.5, recoveries=1)
    kept.best_step, kept.history = 38, history
    assert used == kept


def test_lanes_carry_their_state_and_only_theirs() -> None:
    moving = a_run()
    carried = Carried(moving.model, CPU)
    state = carried.begin(2, anew=False)
    later = [torch.full((3, *part.shape[1:]), 7.0) for part in state]
    carried.keep(later, 2)
    assert all(
        part.shape[0] == 2 and bool((part == 7).all()) for part in carried.begin(2, anew=False)
    )
    assert not any(bool((part == 7).any()) for part in carried.begin(2, anew=True))
    carried.keep(later, 2)
    # Another number of lanes: a state of so many rows belongs to nobody.
    assert all(part.shape[0] == 5 for part in carried.begin(5, anew=False))
