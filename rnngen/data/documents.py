"""Batches of many short documents: similar lengths side by side, all starting in the first row.

Documents are shuffled, sorted by length within pools, and put together in groups of as many as
there are lanes. A group is read in one chunk, or, where it is longer, in several with the state
carried. After the last step of a document its lane is padding, which has weight 0.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from rnngen.contracts.batch import Batch, generator, tensor
from rnngen.contracts.errors import DataError
from rnngen.data.store import Store

POOL = 64
"""Groups sorted together: more groups mean less padding, fewer mean more randomness."""

PADDING = 0.05
"""Largest share of padding at which short documents get more lanes than requested."""

Integers = NDArray[np.int64]


class Documents:
    """Batches of whole documents.

    Each document is read from its boundary to its last step, and the boundary is the last target.

    Args:
        store: at least one document with a step.
        lanes: documents read side by side, where they are about as long as a chunk; more where
            they are shorter, so that a batch has as many steps.
        chunk: steps of a batch at most.
        seed: of the order.
        measuring: True to give each step of the store once, in the same order in all epochs:
            then documents without steps count, and the boundary after the last one does not.

    Raises:
        DataError: the store has no document with a step.
    """

    def __init__(
        self, store: Store, lanes: int, chunk: int, seed: int, *, measuring: bool = False
    ) -> None:
        ends = np.append(store.documents[1:], len(store))
        lengths = ends - store.documents  # targets: the steps of a document, and the boundary
        wanted = np.flatnonzero(lengths > (0 if measuring else 1))
        if not len(wanted):
            raise DataError("every document is empty, so there is nothing to learn from")
        self.store = store
        self.seed = seed
        self._measuring = measuring
        self._starts = store.documents[wanted]
        self._conditions = None if store.conditions is None else store.conditions[wanted]
        self._lengths = lengths[wanted]
        self.lanes = min(_width(self._lengths, lanes, chunk), len(wanted))
        self.chunk = int(min(chunk, self._lengths.max()))
        self.note = None
        if self.lanes < lanes:
            self.note = f"there are few documents: {self.lanes} lanes instead of {lanes}"
        elif self.lanes > lanes:
            self.note = f"the documents are short: {self.lanes} lanes instead of {lanes}"
        # A group's place decides how many chunks it has, whatever the shuffling: documents are
        # ordered by their number of chunks, and shuffled among those that have as many.
        self._chunks = -(-self._lengths // self.chunk)
        self._by_chunks = np.argsort(-self._chunks, kind="stable")
        self._group_chunks = self._chunks[self._by_chunks[:: self.lanes]]
        self._epoch = -1
        self._groups: list[Integers] = []
        self._first = np.zeros(0, np.int64)
        self.waste = _padding(self._lengths[self._order(0)], self.lanes)
        """Share of the inputs that are padding."""

    def __len__(self) -> int:
        """Batches per epoch."""
        return int(self._group_chunks.sum())

    def batch(self, epoch: int, index: int) -> Batch:
        """Batch `index` of `epoch`; IndexError past the last one."""
        if not 0 <= index < len(self):
            raise IndexError(f"batch {index} of {len(self)}")
        self._arrange(epoch)
        number = int(np.searchsorted(self._first, index, "right")) - 1
        return self._chunk(self._groups[number], index - int(self._first[number]))

    def _arrange(self, epoch: int) -> None:
        """The groups of an epoch, and the index of the first batch of each."""
        epoch = 0 if self._measuring else epoch
        if self._epoch == epoch:
            return
        order = self._order(epoch)
        groups = [order[start : start + self.lanes] for start in range(0, len(order), self.lanes)]
        sequence = np.arange(len(groups))
        if not self._measuring:
            generator(self.seed, epoch, 1).shuffle(sequence)
        self._groups = [groups[number] for number in sequence]
        counts = self._group_chunks[sequence]
        self._first = np.cumsum(counts) - counts
        self._epoch = epoch

    def _order(self, epoch: int) -> Integers:
        """All documents, most chunks first; neighbors have similar lengths."""
        order = self._by_chunks
        if self._measuring:
            return order[np.argsort(-self._lengths[order], kind="stable")]
        order = generator(self.seed, epoch, 0).permutation(order)
        # Stable sorts, the least important first: length, then pool, then chunks.
        order = order[np.argsort(-self._chunks[order], kind="stable")]
        pool = np.arange(len(order)) // (POOL * self.lanes)
        return order[np.lexsort((-self._lengths[order], pool, -self._chunks[order]))]

    def _chunk(self, group: Integers, index: int) -> Batch:
        """Chunk `index` of a group, `[T, B]`; lanes without a document are all padding."""
        lengths = np.zeros(self.lanes, np.int64)
        lengths[: len(group)] = self._lengths[group]
        starts = np.zeros(self.lanes, np.int64)
        starts[: len(group)] = self._starts[group]
        longest = int(lengths.max())
        count = -(-longest // self.chunk)
        rows = -(-longest // count)  # chunks of one group are equally long
        row = np.arange(index * rows, min((index + 1) * rows, longest))[:, None]
        steps, last = self.store.steps, len(self.store) - 1
        counts = row < lengths  # [T, B]
        places = np.where(counts, starts + row, 0)
        if self._measuring:
            counts &= places < last
        inputs = tensor(steps[places])
        targets = tensor(steps[np.minimum(places + 1, last)])
        # After a document comes the next one's boundary, but after the last one nothing.
        boundary = self.store.boundary_step
        targets[torch.from_numpy(places == last)] = boundary
        weights = None
        if not counts.all():
            padding = torch.from_numpy(~counts)
            inputs[padding] = boundary
            targets[padding] = boundary
            weights = torch.from_numpy(counts.astype(np.float32))
        resets = None
        if index == 0:
            resets = torch.zeros(counts.shape, dtype=torch.bool)
            resets[0] = True
        return Batch(inputs, targets, weights, resets, self._condition(group))

    def _condition(self, group: Integers) -> torch.Tensor | None:
        """`[B, U]`, zeros in lanes without a document."""
        if self._conditions is None:
            return None
        rows = np.zeros((self.lanes, self._conditions.shape[1]), np.int64)
        rows[: len(group)] = self._conditions[group]
        return torch.from_numpy(rows)


def _width(lengths: Integers, lanes: int, chunk: int) -> int:
    """Lanes for documents of these lengths: more if they are short and padding stays low."""
    ordered = -np.sort(-lengths)
    for factor in range(max(1, chunk // round(float(lengths.mean()))), 1, -1):
        if _padding(ordered, factor * lanes) <= PADDING:
            return factor * lanes
    return lanes


def _padding(lengths: Integers, lanes: int) -> float:
    """Share of padding if documents are put side by side in this order."""
    longest = np.maximum.reduceat(lengths, np.arange(0, len(lengths), lanes))
    return 1.0 - int(lengths.sum()) / (lanes * int(longest.sum()))
