"""A task as Avalanche's plugins get it: a data set of windows of equal length.

It has the batches of the task's first epoch, or as many of them as wanted, evenly spread: window
`i` of the data set is lane `i mod B` of batch `i div B`. So a pass in order, B at a time, sees the
very batches that the loop learns from.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from avalanche.benchmarks import DatasetExperience
from avalanche.benchmarks.utils import DataAttribute, TaskAwareSupervisedClassificationDataset
from torch import Tensor
from torch.utils.data import TensorDataset

from rnngen import Batch, Batches
from rnngen_avalanche.chunk import IGNORED, PADDING

Windows = Any
"""An Avalanche data set of `(x [W], y [W], 0)`."""


def of_tensors(x: Tensor, y: Tensor, task: int) -> Windows:
    """A data set of windows `[n,W]`.

    Avalanche wants one class for each item; the number of the task stands there. There are no task
    labels (all 0), since a model of text is not told which text it reads.
    """
    return TaskAwareSupervisedClassificationDataset(
        [TensorDataset(x, y)],
        data_attributes=[
            DataAttribute([task] * len(x), "targets"),
            DataAttribute([0] * len(x), "targets_task_labels", use_in_getitem=True),
        ],
    )


def of_task(batches: Batches, most: int | None, task: int) -> Windows:
    """The windows of a task.

    Args:
        batches: of the task.
        most: how many of them; None: all.
        task: its number.
    """
    count = len(batches)
    wanted = count if most is None else min(most, count)
    chosen = [batches.batch(0, number * count // wanted) for number in range(wanted)]
    pairs = [_padded(batch, batches.chunk) for batch in chosen]
    return of_tensors(torch.cat([x for x, _ in pairs]), torch.cat([y for _, y in pairs]), task)


def experience(dataset: Windows, number: int) -> Any:
    """What Avalanche calls a task."""
    return DatasetExperience(dataset=dataset, current_experience=number)


def tensors(dataset: Windows) -> tuple[Tensor, Tensor]:
    """The windows `[n,W]` of a data set, copied out of it."""
    items = [dataset[number] for number in range(len(dataset))]
    if not items:
        return torch.zeros(0, 0, dtype=torch.int64), torch.zeros(0, 0, dtype=torch.int64)
    longest = max(len(item[0]) for item in items)
    return (
        torch.stack([_long(item[0], longest, PADDING) for item in items]),
        torch.stack([_long(item[1], longest, IGNORED) for item in items]),
    )


def tasks(dataset: Windows) -> list[int]:
    """The number of the task of each window."""
    return [int(task) for task in dataset.targets]


def of_windows(x: Tensor, y: Tensor, numbers: Sequence[int]) -> Windows:
    """A data set of windows of several tasks."""
    dataset = of_tensors(x, y, 0)
    return dataset.update_data_attribute("targets", DataAttribute(list(numbers), "targets"))


def detached(dataset: Windows) -> Windows:
    """The same windows, but no longer a view of the whole task's."""
    return of_windows(*tensors(dataset), tasks(dataset))


@contextmanager
def quiet() -> Iterator[None]:
    """Hides numpy's deprecation warning about SI's `np.square` of a tensor."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*__array_wrap__")
        yield


def _padded(batch: Batch, length: int) -> tuple[Tensor, Tensor]:
    x, y = batch.inputs.t(), batch.targets.t()
    if batch.weights is not None:
        padding = batch.weights.t() == 0
        x, y = x.masked_fill(padding, PADDING), y.masked_fill(padding, IGNORED)
    x, y = _long(x, length, PADDING), _long(y, length, IGNORED)
    counts = (y != IGNORED).any(1)
    return x[counts], y[counts]


def _long(rows: Tensor, length: int, fill: int) -> Tensor:
    return torch.nn.functional.pad(rows, (0, length - rows.shape[-1]), value=fill)
