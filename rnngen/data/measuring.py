"""Batches for measuring: every step of a store once, in order, the state carried all along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import torch

from rnngen.contracts.batch import Batch, tensor
from rnngen.contracts.errors import DataError
from rnngen.data.choose_batches import documents_suit
from rnngen.data.documents import Documents
from rnngen.data.store import Store

CONDITIONED = 32
"""Conditioned documents measured side by side: their order carries no information."""


class Evaluation(Protocol):
    """The batches to score; can be iterated repeatedly."""

    exact: bool
    """Whether all steps are scored and the state restarts at documents only."""

    def __len__(self) -> int:
        """How many batches there are."""

    def __iter__(self) -> Iterator[Batch]:
        """The batches; the state is carried from one to the next."""


class InOrder:
    """Chunks of a store in the order of the text.

    Lanes, where there are several, are stretches of equal length. Each starts from the initial
    state, some steps before its stretch, which are not scored. The first step of the store is
    context; every other is a target once, or, with a limit, the first steps of each stretch are.
    """

    def __init__(
        self, store: Store, chunk: int, lanes: int, limit: int | None = None, warm: int = 0
    ) -> None:
        if store.targets < 1:
            raise DataError(f"the data has {len(store)} steps to measure on, expected at least 2")
        self.store = store
        self.lanes = min(lanes, store.targets)
        self._stretch = -(-store.targets // self.lanes)
        # Rounding up may leave the last lanes without a step.
        self.lanes = -(-store.targets // self._stretch)
        self._length = self._stretch
        if limit is not None:
            self._length = max(1, min(self._stretch, limit // self.lanes))
        self._warm = warm if self.lanes > 1 else 0
        self.chunk = min(chunk, self._warm + self._length)
        self.exact = self.lanes == 1 and self._length == self._stretch

    def __len__(self) -> int:
        """How many chunks there are."""
        return -(-(self._warm + self._length) // self.chunk)

    def __iter__(self) -> Iterator[Batch]:
        for index in range(len(self)):
            yield self._batch(index)

    def _batch(self, index: int) -> Batch:
        steps, total = self.store.steps, self.store.targets
        start = index * self.chunk - self._warm
        rows = min(self.chunk, self._length - start)
        starts = np.arange(self.lanes) * self._stretch + start
        places = starts + np.arange(rows)[:, None]  # [T, B]
        # The first lane has nothing before it, and the last one may end early.
        scored = (np.arange(start, start + rows) >= 0)[:, None] & (places < total)
        resets = places <= 0
        if index == 0:
            resets[0] = True
        documents = self.store.documents
        first, last = np.searchsorted(documents, starts), np.searchsorted(documents, starts + rows)
        for lane in np.flatnonzero(last > first):
            resets[documents[first[lane] : last[lane]] - starts[lane], lane] = True
        inside = np.clip(places, 0, total - 1)
        return Batch(
            tensor(steps[inside]),
            tensor(steps[inside + 1]),
            None if scored.all() else torch.from_numpy(scored.astype(np.float32)),
            torch.from_numpy(resets) if resets.any() else None,
        )


class ByDocument:
    """Whole documents side by side, grouped by similar length."""

    exact = True

    def __init__(self, store: Store, chunk: int, lanes: int) -> None:
        self._documents = Documents(store, lanes, chunk, seed=0, measuring=True)

    def __len__(self) -> int:
        """How many batches there are."""
        return len(self._documents)

    def __iter__(self) -> Iterator[Batch]:
        return (self._documents.batch(0, index) for index in range(len(self)))


def evaluation(
    store: Store, chunk: int, lanes: int = 1, limit: int | None = None, warm: int = 0
) -> Evaluation:
    """All steps of a store, or a part of a large one, each to be scored once.

    Args:
        store: at least two steps.
        chunk: steps of a batch at most.
        lanes: 1 for the order of the text; more to be quick. Where documents are many and short
            that makes no other difference; else the state restarts in as many places.
        warm: steps that each of several lanes reads before its own, unscored.
        limit: steps to score at most, of as many stretches as lanes, spread evenly; None for all.

    Raises:
        DataError: the store has no step to predict.
    """
    whole = len(store.documents) > 0 and store.documents[0] == 0
    if store.conditions is not None and whole:
        if limit is not None and limit < store.documents[-1]:
            store = store.slice(0, int(store.documents[np.searchsorted(store.documents, limit)]))
        return ByDocument(store, chunk, max(lanes, CONDITIONED))
    limited = limit is not None and limit < store.targets
    if lanes > 1 and whole and not limited and documents_suit(store, lanes, chunk):
        return ByDocument(store, chunk, lanes)
    return InOrder(store, chunk, lanes, limit if limited else None, warm)
