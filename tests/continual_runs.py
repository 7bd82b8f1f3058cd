"""Made-up histories, small tasks, and runs that end at a step, for tests of learning in a row."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rnngen.contracts.reporter import Silent

SMALL = ["--cell", "gru", "--hidden", "8", "--steps", "30", "--precision", "fp32"]
SMALL += ["-o", "train.lanes=4", "-o", "train.chunk=16", "-o", "model.embedding=8"]
"""Options of a training that takes a fraction of a second."""


def history(
    bits: Sequence[Sequence[float]], learned: Sequence[Sequence[int]], **last: Any
) -> dict[str, Any]:
    """A run's history with these bits per token, ten steps and two seconds a task."""
    rows = [
        {
            "learned": number - 1 if number else None,
            "nats": [b * math.log(2) for b in row],
            "steps": 10 if number else 0,
            "tokens": 100 * number,
            "seconds": 2.0 * number,
            "after_switch": 3.0 * math.log(2) if number else None,
            "recovered": 10 * number if number else None,
            "memory_bytes": 0,
            "memory_tokens": 0,
        }
        for number, row in enumerate(bits)
    ]
    rows[-1].update(last)
    tasks = list("abcdef"[: len(bits[0])])
    return {"tasks": tasks, "learned": [list(group) for group in learned], "rows": rows}


def write_tasks(folder: Path, names: str = "abc", length: int = 3000) -> list[str]:
    """A text for each name, in a language of its own; gives the names of the files."""
    for name in names:
        draw = random.Random(name)
        words = ["".join(draw.choices("eatoinshr", k=4)) for _ in range(8)]
        text = ""
        while len(text) < length:
            text += draw.choice(words) + draw.choice("   \n")
        (folder / f"{name}.txt").write_text(text[:length], "utf-8")
    return [f"{name}.txt" for name in names]


class Killed(BaseException):
    """As if the process had ended here."""


class KilledAt(Silent):
    """Ends a run at a step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def progress(self, step, total, metrics, eta):
        if step == self.step:
            raise Killed
