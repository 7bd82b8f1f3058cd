"""Checks whether a new task was learned, or blocked by the protection of the old ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rnngen.training.run import Run

LITTLE = 0.05
"""A task whose loss falls by less than this share of what the first one's fell isn't learned ..."""

WORSE = 1.25
"""... if it also ends this many times above where the tasks before it ended."""


def warn_if_not_learned(run: Run, strategy: str, option: str, value: float, default: float) -> None:
    """Warns if a strategy blocked the new task; called by the hook `tasks_measured`.

    Args:
        run: in which the task was just measured.
        strategy: by which the old is protected.
        option: how strongly, by name; `value` is what it is, `default` what it is unless said.
        value: 0 protects nothing, and warns of nothing.
        default: no smaller value is proposed, unless it is not much larger itself.
    """
    if value and learned_little(run):
        run.warn(too_strong(strategy, option, value, default, run.task.name))


def learned_little(run: Run) -> bool:
    """Whether next to nothing was learned of the task that was just measured.

    Reads the run's history, in which the last row is the one after that task; False for the first.
    """
    history, number = run.position.history, run.position.task
    if number == 0 or len(history) != number + 2:
        return False

    def nats(row: int, task: int) -> float | None:
        return _mean([history[row]["nats"][member] for member in run.tasks[task].members])

    before, after = nats(-2, number), nats(-1, number)
    ended = _mean([nats(task + 1, task) for task in range(number)])
    begun, first = nats(0, 0), nats(1, 0)
    if before is None or after is None or ended is None or begun is None or first is None:
        return False
    return before - after < LITTLE * (begun - first) and after > WORSE * ended


def too_strong(strategy: str, option: str, value: float, default: float, task: str) -> str:
    """A warning that a strategy's option is too large, with a smaller value to try."""
    smaller = max(default, value / 1000) if value > 10 * default else value / 10
    if math.isinf(smaller):
        smaller = default
    return (
        f"{strategy}: {task} was hardly learned because {option} {value:g} protects the old "
        f"tasks too strongly; try `-o {strategy}.{option}={smaller:g}`"
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None
