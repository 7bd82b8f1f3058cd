"""The task matrix: how well each task is done after each of them was learned, and its summaries.

R[i][j] is the loss on the held-out part of task j after learning the i-th, in bits per token; row 0
is from before anything was learned. Lower is better. With T tasks, numbered as they were learned,

    average             mean_j R[T][j]
    learning            mean_j R[j][j]
    backward transfer   mean_{j<T} (R[j][j] - R[T][j])
    forward transfer    mean_{j>1} (b_j - R[j-1][j])
    forgetting          mean_{j<T} (R[T][j] - min_{i>=j} R[i][j])

(Lopez-Paz and Ranzato, "Gradient episodic memory for continual learning", 2017, with the signs
turned so that a positive transfer is good although these are losses; forgetting is that of
Chaudhry et al., "Riemannian walk for incremental learning", 2018.) b_j is the entropy of task j
under its unigram frequencies: what one knows of it without having learned anything before.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnngen.contracts.errors import BundleError

Bits = float | None


@dataclass(frozen=True)
class TaskMatrix:
    """Bits per token of every task, from before the first was learned to after the last.

    Tasks may also have been learned together, several in one row; then the j-th row of the formulas
    is the one after task j was learned. A summary is None where it has no meaning, or where a
    number is missing.

    Args:
        tasks: names, in the order of the data.
        learned: which tasks were learned together, in the order of learning.
        bits: `[1 + len(learned)][len(tasks)]`, columns in the order of the data; None where nothing
            was held out. A run that was stopped has fewer rows.
    """

    tasks: Sequence[str]
    learned: Sequence[Sequence[int]]
    bits: Sequence[Sequence[Bits]]

    @classmethod
    def of(cls, history: Mapping[str, Any]) -> TaskMatrix:
        """The matrix of a bundle's `history`.

        Raises:
            BundleError: its parts do not fit together.
        """
        tasks, learned, rows = history["tasks"], history["learned"], history["rows"]
        numbers = {number for group in learned for number in group}
        whole = (
            0 < len(rows) <= 1 + len(learned)
            and all(len(row["nats"]) == len(tasks) for row in rows)
            and numbers <= set(range(len(tasks)))
        )
        if not whole:
            raise BundleError(
                f"the history of the run has {len(rows)} rows for {len(learned)} learned tasks of "
                f"{len(tasks)}, which do not fit together",
                hint="the file was changed or is not ours; use an earlier copy of the folder",
            )
        bits = [[None if n is None else n / math.log(2) for n in row["nats"]] for row in rows]
        return cls(tuple(tasks), tuple(map(tuple, learned)), tuple(map(tuple, bits)))

    @property
    def order(self) -> list[int]:
        """The tasks that were learned, in the order of learning, each where it was learned last."""
        return sorted(
            (task for task in range(len(self.tasks)) if self.row_of(task) is not None),
            key=lambda task: self.row_of(task) or 0,
        )

    def row_of(self, task: int) -> int | None:
        """The row after `task` was learned (for the last time); None if it was not."""
        done = self.learned[: len(self.bits) - 1]
        found = [row for row, group in enumerate(done, start=1) if task in group]
        return found[-1] if found else None

    @property
    def average(self) -> Bits:
        """Bits per token over all tasks, in the end."""
        return _mean(self.bits[-1])

    @property
    def learning(self) -> Bits:
        """Bits per token of each task when it had just been learned."""
        return _mean(self._when_learned(task) for task in self.order)

    @property
    def backward_transfer(self) -> Bits:
        """What learning later tasks did to the earlier ones; negative: they were forgotten."""
        return _mean(
            _less(self._when_learned(task), self.bits[-1][task]) for task in self._earlier()
        )

    @property
    def forgetting(self) -> Bits:
        """How much worse earlier tasks are in the end than at their best since then."""
        return _mean(
            _less(self.bits[-1][task], self._best_since_learned(task)) for task in self._earlier()
        )

    def forward_transfer(self, unigram: Sequence[Bits]) -> Bits:
        """What is known of a task before it is learned, beyond its unigram frequencies.

        Args:
            unigram: bits per token of each task under its own frequencies, in the order of the
                data; None where steps have none, as vectors.
        """
        later = [(task, self.row_of(task) or 0) for task in self.order]
        return _mean(
            _less(unigram[task], self.bits[row - 1][task]) for task, row in later if row > 1
        )

    def _earlier(self) -> list[int]:
        return [task for task in self.order if (self.row_of(task) or 0) < len(self.bits) - 1]

    def _when_learned(self, task: int) -> Bits:
        return self.bits[self.row_of(task) or 0][task]

    def _best_since_learned(self, task: int) -> Bits:
        found = [row[task] for row in self.bits[self.row_of(task) or 0 :]]
        return min((bits for bits in found if bits is not None), default=None)


@dataclass(frozen=True)
class Change:
    """What a run did to one task, in bits per token; None where it is not known.

    Args:
        task: its name.
        before: before the run.
        learned: when it had just been learned.
        now: in the end.
        forgotten: what later tasks added.
        kept: the share of what the run taught of it that is left in the end.
    """

    task: str
    before: Bits
    learned: Bits
    now: Bits
    forgotten: Bits
    kept: float | None


def changes(history: Mapping[str, Any]) -> list[Change]:
    """What was learned and what was forgotten of each task.

    Raises:
        BundleError: the parts of the history do not fit together.
    """
    matrix = TaskMatrix.of(history)
    found = []
    for task, name in enumerate(matrix.tasks):
        row = matrix.row_of(task)
        before, now = matrix.bits[0][task], matrix.bits[-1][task]
        learned = None if row is None else matrix.bits[row][task]
        lost = kept = None
        if row != len(matrix.bits) - 1:
            lost = _less(now, learned)
            kept = _ratio(_less(before, now), _less(before, learned))
        found.append(Change(name, before, learned, now, lost, kept))
    return found


def _mean(values: Iterable[Bits]) -> Bits:
    found = list(values)
    numbers = [value for value in found if value is not None]
    return sum(numbers) / len(numbers) if numbers and len(numbers) == len(found) else None


def _less(minuend: Bits, subtrahend: Bits) -> Bits:
    return None if minuend is None or subtrahend is None else minuend - subtrahend


def _ratio(part: Bits, whole: Bits) -> float | None:
    return None if part is None or whole is None or whole <= 0 else part / whole
