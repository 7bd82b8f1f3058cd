"""Learning curves, read from the rows of `metrics.jsonl`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rnngen.files.json import is_number


@dataclass(frozen=True)
class Point:
    """A loss, and where in the run it was measured."""

    step: float
    loss: float
    tokens: float = math.nan
    seconds: float = math.nan


@dataclass(frozen=True)
class Curve:
    """The learning curve of one run.

    Args:
        train: losses of training, smoothed as the run wrote them.
        valid: losses of validation.
        tasks: name and first step of each task, where there are several.
    """

    train: Sequence[Point] = ()
    valid: Sequence[Point] = ()
    tasks: Sequence[tuple[str, float]] = field(default=())

    @property
    def best(self) -> Point | None:
        """The lowest validation; None where there is none, or where tasks are not comparable."""
        if not self.valid or self.tasks:
            return None
        return min(self.valid, key=lambda point: point.loss)

    def __bool__(self) -> bool:
        return bool(self.train or self.valid)


def curve(rows: Iterable[Mapping[str, Any]]) -> Curve:
    """The curve in rows of metrics; losses that are not finite numbers are left out."""
    parts: dict[str, list[Point]] = {"train": [], "valid": []}
    tasks: list[tuple[str, float]] = []
    task = None
    for row in rows:
        split, step = row.get("split"), _number(row.get("step"))
        if split not in parts or not math.isfinite(step):
            continue
        if row.get("task") != task:
            task = row.get("task")
            tasks.append((str(task), step))
        loss = _number(row.get("loss"))
        if math.isfinite(loss):
            tokens, seconds = _number(row.get("tokens")), _number(row.get("seconds"))
            parts[split].append(Point(step, loss, tokens, seconds))
    return Curve(parts["train"], parts["valid"], tasks if len(tasks) > 1 else ())


def _number(value: Any) -> float:
    return float(value) if is_number(value) else math.nan
