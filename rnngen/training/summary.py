"""Tells the user about a training, before and after."""

from __future__ import annotations

from rnngen.bundles.run_folder import RunFolder
from rnngen.contracts.codec import Codec
from rnngen.contracts.reporter import Reporter
from rnngen.contracts.steps import loss_unit
from rnngen.metrics.shown import fixed
from rnngen.training.plan import Plan
from rnngen.training.run import Position


def describe(plan: Plan, folder: RunFolder, reporter: Reporter) -> None:
    """Device, model, data and strategies, before the first step."""
    model, place = plan.settings["model"], plan.place
    lines = [
        f"device {place.device} ({place.device_reason}), {place.precision_reason}, "
        f"{place.threads} threads, seed {plan.train.seed}",
        f"model {model.layers} x {model.hidden} {model.cell}, "
        f"{plan.model.parameter_count:,} parameters, {_steps(plan.codec)}",
    ]
    for task in plan.tasks:
        held_out = task.valid.targets if task.valid else 0
        lines.append(
            f"data {task.name}: {task.train.targets:,} {plan.codec.steps_are} to learn, "
            f"{held_out:,} held out"
        )
    if plan.lifecycle:
        lines.append(f"strategy {' + '.join(plan.lifecycle.names)}")
    lines.append(f"run {folder.path}")
    for line in lines:
        reporter.note(line)
        folder.log(line)


def _steps(codec: Codec) -> str:
    shape = codec.step_shape
    if shape:
        return f"{codec.steps_are} of {shape[0]} numbers"
    return f"{codec.size} different {codec.steps_are}"


def tell_result(plan: Plan, position: Position, folder: RunFolder, reporter: Reporter) -> None:
    """What the training came to."""
    enough, asked = plan.train.epochs, plan.settings["train"].epochs
    if enough and asked is None and position.batch >= enough * len(plan.tasks[-1].batches):
        line = (
            f"ended after {enough:.0f} passes over the text, to avoid overfitting; more would "
            "mostly memorize it (`--epochs` for more)"
        )
        reporter.note(line)
        folder.log(line)
    speed = position.tokens / max(position.seconds, 1e-9)
    steps = plan.codec.steps_are
    line = f"trained {position.step} steps, {position.tokens:,} {steps}, {speed:,.0f} {steps}/s"
    if position.best is not None:
        unit = loss_unit(steps, bool(plan.codec.step_shape))
        line += f"; best validation {fixed(position.best, 4)} {unit} at step {position.best_step}"
    reporter.note(line)
    folder.log(line)
