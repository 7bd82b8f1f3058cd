"""From the histories of trainings to the numbers of the table.

Gap recovered is the share of what is lost by learning in a row, beside learning all at once, that a
method wins back: (naive - method) / (naive - joint), in the average bits per token over all tasks.
Intransigence is how much worse new tasks are learned than by fine-tuning (after Chaudhry et al.,
"Riemannian walk for incremental learning", 2018).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnngen.metrics.task_matrix import TaskMatrix

NO_GAP = 1e-3
"""Bits per token between naive and joint below which nothing was lost that could be recovered."""

Scores = dict[str, float | None]


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation; a single value has no deviation (None)."""

    mean: float
    deviation: float | None
    count: int

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Spread | None:
        """The spread of all values; None where there are none, or one is missing."""
        found = list(values)
        numbers = [value for value in found if value is not None]
        if not numbers or len(numbers) < len(found):
            return None
        deviation = statistics.stdev(numbers) if len(numbers) > 1 else None
        return cls(statistics.fmean(numbers), deviation, len(numbers))


def in_a_row(history: Mapping[str, Any], unigram: Sequence[float | None]) -> Scores:
    """The scores of one training, on its own: of a row of tasks, or of all at once.

    Args:
        history: what the run left.
        unigram: bits per token of each task under its own frequencies.
    """
    matrix = TaskMatrix.of(history)
    rows = history["rows"]
    later = rows[2:]
    return {
        "average": matrix.average,
        "learning": matrix.learning,
        "backward_transfer": matrix.backward_transfer,
        "forward_transfer": matrix.forward_transfer(unigram),
        "forgetting": matrix.forgetting,
        "after_switch": _bits(_mean(row["after_switch"] for row in later)),
        "recovered": _mean(row["recovered"] for row in later),
        "steps": sum(row["steps"] for row in rows),
        "tokens": rows[-1]["tokens"],
        "seconds": rows[-1]["seconds"],
        "memory_bytes": max(row["memory_bytes"] for row in rows),
        "memory_tokens": max(row["memory_tokens"] for row in rows),
    }


def alone(histories: Sequence[Mapping[str, Any]], model_bytes: int) -> Scores:
    """The scores of a model for each task; its memory is all of them but one.

    Args:
        histories: in the order of the data.
        model_bytes: of one model.
    """
    own = [TaskMatrix.of(history).bits[-1][task] for task, history in enumerate(histories)]
    average = _mean(own)
    return {
        "average": average,
        "learning": average,
        "steps": sum(row["steps"] for history in histories for row in history["rows"]),
        "tokens": sum(history["rows"][-1]["tokens"] for history in histories),
        "seconds": math.fsum(history["rows"][-1]["seconds"] for history in histories),
        "memory_bytes": model_bytes * (len(histories) - 1),
        "memory_tokens": 0,
    }


def relative(scores: Scores, naive: Scores, joint: Scores) -> Scores:
    """Gap recovered, intransigence and cost, beside the baselines of the same seed and order."""
    gap = _difference(naive["average"], joint["average"])
    won = _difference(naive["average"], scores["average"])
    seconds, base = scores["seconds"], naive["seconds"]
    return {
        "gap_recovered": None if gap is None or won is None or gap < NO_GAP else won / gap,
        "intransigence": _difference(scores["learning"], naive["learning"]),
        "cost": seconds / base if seconds is not None and base else None,
    }


def differs(history: Mapping[str, Any], naive: Mapping[str, Any]) -> bool:
    """Whether a strategy changed anything at all, beside fine-tuning of the same seed and order."""
    pairs = zip(history["rows"], naive["rows"], strict=True)
    return any(row["nats"] != other["nats"] for row, other in pairs)


def _difference(minuend: float | None, subtrahend: float | None) -> float | None:
    return None if minuend is None or subtrahend is None else minuend - subtrahend


def _mean(values: Iterable[float | None]) -> float | None:
    spread = Spread.of(values)
    return None if spread is None else spread.mean


def _bits(nats: float | None) -> float | None:
    return None if nats is None else nats / math.log(2)
