"""When a run ends: its limits, the user's or those that stand in where the user gave none.

A small text is soon learned by heart. With 150 kB, a schedule of 12 passes brought the held-out
part to 1.31 nats per character; one of 34 passes reached 1.35 at its best, and then much worse.
With 430 kB, 8 passes were better than 12. So a limit of time alone also ends after `PASSES` passes,
but not before `STEPS` steps, which very small texts need.
"""

from __future__ import annotations

from dataclasses import replace

from rnngen.kernel.core_options import TrainOptions
from rnngen.training.run import Run
from rnngen.training.time_limit import TimeLimit

SECONDS = 180.0
PASSES = 10.0
STEPS = 600


def with_time(options: TrainOptions) -> TrainOptions:
    """The options, with a limit of time where there is no limit at all."""
    if options.time is None and options.steps is None and options.epochs is None:
        return replace(options, time=SECONDS)
    return options


def with_passes(options: TrainOptions, batches: int) -> TrainOptions:
    """The options, with a limit of passes where time is the only limit.

    Args:
        options: section `train`.
        batches: batches in a pass over the smallest task.
    """
    if options.steps is not None or options.epochs is not None:
        return options
    return replace(options, epochs=max(PASSES, STEPS * options.accumulate / batches))


def looked_at(run: Run) -> int:
    """How many held-out tokens a validation looks at."""
    valid, chosen = run.task.valid, run.position.looked_at
    if valid is None:
        return 0
    limit = min(run.options.validate_tokens, valid.targets)
    return limit if chosen is None else min(limit, chosen)


class Limits:
    """How much of a task's budget is used.

    Args:
        options: section `train`.
        tasks: how many share the run's steps and time.
    """

    def __init__(self, options: TrainOptions, tasks: int) -> None:
        self._tasks = tasks
        self._options = options
        self.time = TimeLimit(None if options.time is None else options.time / tasks)

    def progress(self, run: Run) -> float:
        """The share of the task's budget that is used, 0 to 1: the largest of all limits."""
        return min(max(self.shares(run).values(), default=0.0), 1.0)

    def shares(self, run: Run) -> dict[str, float]:
        """The share of each limit of the task that is used, by its name."""
        options, position = self._options, run.position
        shares = {}
        if options.steps is not None:
            shares["steps"] = position.task_step / max(options.steps // self._tasks, 1)
        if options.epochs is not None:
            epochs = position.batch / len(run.task.batches)
            shares["epochs"] = epochs / options.epochs if options.epochs else 1.0
        if options.time is not None:
            shares["time"] = self.time.share(position.task_seconds, looked_at(run))
        return shares

    def used_up(self, run: Run) -> bool:
        """Whether nothing is left of the budget."""
        return self.progress(run) >= 1.0

    def out_of_time(self, run: Run) -> bool:
        """Whether no step fits into the time that is left; if so, all of it counts as used.

        Else a run that is over would seem to have a moment left when it is resumed: the time that
        is kept free for the closing validation.
        """
        position = run.position
        used, held_out = position.task_seconds, looked_at(run)
        if not self.time.is_over(used, held_out) and self.time.share(used, held_out) < 1.0:
            return False
        assert self.time.seconds is not None
        position.task_seconds = max(self.time.seconds, used)
        return True

    def reopen(self, run: Run) -> bool:
        """Makes the last task unfinished again, where a limit is now larger than it was.

        Returns:
            whether a finished run continues.
        """
        position, reopened = run.position, False
        if position.task == len(run.tasks):
            position.task -= 1
            position.waiting = 0
            if self.used_up(run):
                position.task += 1
                return False
            reopened = True
        position.last_validation = min(position.last_validation, self.progress(run))
        return reopened
