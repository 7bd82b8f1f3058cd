"""The contract of batches: one chunk of steps for every lane."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

ALL_BITS = (1 << 64) - 1


class Batch(NamedTuple):
    """One chunk of steps of every lane, time first.

    Args:
        inputs: `[T, B]` int64 ids, or `[T, B, ...]` float32 vectors.
        targets: the step that follows each input, of the same shape.
        weights: `[T, B]` float32, 0 where a target is padding; None where all count.
        resets: `[T, B]` bool, where the lane's state is set back before the input is read; None
            where nowhere.
        condition: `[B, U]` int64, what the documents that begin in this batch are conditioned on;
            None if nothing.
    """

    inputs: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor | None
    resets: torch.Tensor | None
    condition: torch.Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """The batch on a device."""
        weights = None if self.weights is None else self.weights.to(device)
        resets = None if self.resets is None else self.resets.to(device)
        condition = None if self.condition is None else self.condition.to(device)
        return Batch(self.inputs.to(device), self.targets.to(device), weights, resets, condition)


class Batches(Protocol):
    """Batches by address: the result of `batch` depends on its arguments alone.

    The state of the lanes is carried from one index to the next; index 0 resets all lanes.
    """

    lanes: int
    """Number of sequences read side by side, B."""

    chunk: int
    """Most steps in a batch, T."""

    note: str | None
    """A sentence on what differs from the request; None if nothing does."""

    def __len__(self) -> int:
        """Batches per epoch."""

    def batch(self, epoch: int, index: int) -> Batch:
        """Batch `index` of `epoch`, both counted from 0."""


def generator(*numbers: int) -> np.random.Generator:
    """Random numbers that are a function of these integers alone."""
    return np.random.default_rng([number & ALL_BITS for number in numbers])


def tensor(steps: Steps) -> torch.Tensor:
    """A copy of steps as a batch holds them: int64 for ids, float32 for vectors."""
    wide = np.float32 if steps.dtype.kind == "f" else np.int64
    return torch.from_numpy(steps.astype(wide))


Steps = NDArray[Any]
