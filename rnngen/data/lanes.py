"""Lanes: parallel positions in one long text; each continues where its last chunk ended.

The text is a circle. Each epoch starts at another place of it, so that the cuts between chunks and
between lanes move, and no step is always at the edge of one.

A text of few documents has few beginnings to learn from, yet everything that is generated begins:
with the initial state, after a boundary. So at the start of an epoch, and here and there within
it, a lane restarts in the first row of a chunk, with a boundary in place of its input.
Rarely: every beginning is context lost (one in 32 chunks cost 0.015 nats per character after a
minute of training).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from rnngen.contracts.batch import Batch, generator, tensor
from rnngen.contracts.errors import DataError
from rnngen.data.store import Store

ANEW = 512
"""On average, a lane restarts once in this many chunks."""

COVERED = 0.95
"""Share of the steps that an epoch of full chunks must reach; else chunks are made to fit."""


class Lanes:
    """Stateful batches of a store, for few or long documents.

    Args:
        store: at least two steps.
        lanes: sequences read side by side; fewer for a text too short for them.
        chunk: steps of a batch; a bit fewer where more of the text is reached so.
        seed: of the place where each epoch starts.
        anew: on average, a lane restarts once in this many chunks, unless the text itself has as
            many beginnings; 0: never.

    Raises:
        DataError: the store has no step to predict.
    """

    def __init__(
        self, store: Store, lanes: int, chunk: int, seed: int, *, anew: int = ANEW
    ) -> None:
        if store.targets < 1:
            raise DataError(
                f"the data has {len(store)} steps to learn from, expected at least 2",
                hint="give it more text, or hold out less of it",
            )
        self.store = store
        self.seed = seed
        self.lanes = max(1, min(lanes, store.targets // chunk))
        self._stretch = store.targets // self.lanes
        self.chunk, self._count = _fit(self._stretch, chunk)
        self._place = (-1, 0)
        enough = anew and len(store.documents) * anew >= self._count * self.lanes
        self._anew = 0 if enough else anew
        self.note = None
        if self.lanes < lanes:
            self.note = (
                f"the text is short: {self.lanes} lanes of {self.chunk} steps "
                f"instead of {lanes} of {chunk}"
            )

    def __len__(self) -> int:
        """Batches per epoch."""
        return self._count

    def batch(self, epoch: int, index: int) -> Batch:
        """Batch `index` of `epoch`; IndexError past the last one."""
        if not 0 <= index < self._count:
            raise IndexError(f"batch {index} of {self._count}")
        total = self.store.targets
        first = self._offset(epoch) + index * self.chunk
        starts = (first + np.arange(self.lanes) * self._stretch) % total
        places = (starts + np.arange(self.chunk)[:, None]) % total  # [T, B]
        inputs = tensor(self.store.steps[places])
        resets = self._resets(starts)
        begun = self._begun(index)
        if len(begun):
            resets = np.zeros(places.shape, np.bool_) if resets is None else resets
            resets[0, begun] = True
        if self._anew and len(begun):
            inputs[0, torch.from_numpy(begun)] = self.store.boundary_step
        return Batch(
            inputs,
            tensor(self.store.steps[places + 1]),
            None,
            None if resets is None else torch.from_numpy(resets),
        )

    def _begun(self, index: int) -> NDArray[np.int64]:
        """The lanes that restart with a batch."""
        lanes = np.arange(self.lanes)
        if index == 0:
            return lanes
        return lanes[(lanes - index) % self._anew == 0] if self._anew else lanes[:0]

    def _offset(self, epoch: int) -> int:
        """Where the first lane starts in an epoch."""
        if self._place[0] != epoch:
            place = int(generator(self.seed, epoch).integers(self.store.targets))
            self._place = (epoch, place)
        return self._place[1]

    def _resets(self, starts: NDArray[np.int64]) -> NDArray[np.bool_] | None:
        """`[T, B]`, True where the input is a boundary or the circle's seam; None if nowhere."""
        documents, total = self.store.documents, self.store.targets
        stops = starts + self.chunk
        first, last = np.searchsorted(documents, starts), np.searchsorted(documents, stops)
        touched = np.flatnonzero((last > first) | (stops > total) | (starts == 0))
        if not len(touched):
            return None
        resets = np.zeros((self.chunk, self.lanes), np.bool_)
        for lane in touched:
            rows = resets[:, lane]
            before = total - starts[lane]  # rows up to the seam
            if before >= self.chunk:
                rows[documents[first[lane] : last[lane]] - starts[lane]] = True
                rows[0] |= starts[lane] == 0
            else:
                wrapped = np.searchsorted(documents, (total, self.chunk - before))
                rows[documents[first[lane] : wrapped[0]] - starts[lane]] = True
                rows[documents[: wrapped[1]] + before] = True
                rows[before] = True
        return resets


def _fit(stretch: int, chunk: int) -> tuple[int, int]:
    """Steps of a chunk, and how many chunks of them a stretch of a lane has."""
    count = stretch // chunk
    if count * chunk >= COVERED * stretch:
        return chunk, count
    count += 1
    return stretch // count, count
