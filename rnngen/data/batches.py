"""What a batch is, and which kind of batches suits a store."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import torch

from rnngen.data.store import Steps, Store

MANY = 4
"""Documents are many if each lane gets this many."""

MOST = 4_000_000
"""Documents above this number are read in lanes: sorting them would take too much memory."""

SHORT = 16
"""Documents are short if they have this many chunks or fewer, on average."""

WASTE = 0.1
"""Padding that is put up with."""

ALL_BITS = (1 << 64) - 1


class Batch(NamedTuple):
    """One chunk of steps of every lane, time first.

    Args:
        inputs: `[T, B]` int64 ids, or `[T, B, ...]` float32 vectors.
        targets: the step that follows each input, of the same shape.
        weights: `[T, B]` float32, 0 where a target is padding; None where all count.
        resets: `[T, B]` bool, where the lane's state is set back before the input is read; None
            where nowhere.
        condition: `[B, U]` int64, what the documents that begin in this batch hang on; None where
            they hang on nothing.
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
    """Batches by address: what `batch` gives depends on its arguments and nothing else.

    The state of the lanes is carried from one index to the next; index 0 resets all lanes.
    """

    lanes: int
    """How many sequences are read side by side, B."""

    chunk: int
    """How many steps a batch has at most, T."""

    note: str | None
    """What had to be other than asked for, as a sentence; None where nothing."""

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


def choose(store: Store, lanes: int, chunk: int, seed: int) -> Batches:
    """`Documents` where documents are many and short, else `Lanes`.

    Short documents side by side begin at the first row of a batch together, so that fused kernels
    run over whole chunks; in lanes their boundaries would fall anywhere.

    Args:
        store: what to learn from; documents with conditions are always read whole.
        lanes: sequences read side by side.
        chunk: steps of a batch.
        seed: of the order.

    Raises:
        DataError: the store has no step to predict.
    """
    from rnngen.data.documents import Documents
    from rnngen.data.lanes import Lanes

    if documents_suit(store, lanes, chunk):
        documents = Documents(store, lanes, chunk, seed)
        # What a document hangs on is read where it begins, which lanes may skip.
        if documents.waste <= WASTE or store.conditions is not None:
            return documents
    return Lanes(store, lanes, chunk, seed)


def documents_suit(store: Store, lanes: int, chunk: int) -> bool:
    """Whether there are several groups of documents, of a few chunks each."""
    if store.conditions is not None:
        return True
    count = len(store.documents)
    return MANY * lanes <= count <= MOST and len(store) / count <= SHORT * chunk
