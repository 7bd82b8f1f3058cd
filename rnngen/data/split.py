"""Holds out the end of a text, or whole documents, in a separate store."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnngen.data.store import BLOCK, StoreWriter

MANY = 10
"""Fewest held-out documents at which `auto` holds out whole documents."""


def by_documents_suits(documents: int, fraction: float) -> bool:
    """Whether there are enough documents to hold out whole ones."""
    return documents * fraction >= MANY


def by_position(train: StoreWriter, valid: StoreWriter, fraction: float) -> None:
    """Moves the last `fraction` of the steps from `train` to `valid`.

    The first boundary does not count as a step: of n steps, the first int((1 - fraction) n) stay,
    which is how the literature cuts its single long texts. What is held out begins with a boundary.
    """
    steps, documents = train.view()
    cut = 1 + int((1.0 - fraction) * (len(steps) - 1))
    kept = int(np.searchsorted(documents, cut))
    conditions = _conditions(train)
    begins_document = kept < len(documents) and documents[kept] == cut
    if not begins_document:
        valid.append(_boundary(train), np.zeros(1, np.int64), _of(conditions, kept - 1, kept))
    for start in range(cut, len(steps), BLOCK):
        stop = min(start + BLOCK, len(steps))
        first, last = np.searchsorted(documents, (start, stop))
        valid.append(steps[start:stop], documents[first:last] - start, _of(conditions, first, last))
    moved = valid.counts.copy()
    if len(moved) and not begins_document:
        moved[int(train.boundary)] -= 1  # type: ignore[arg-type]
    train.truncate(cut, kept, moved)


def by_documents(
    whole: StoreWriter, train: StoreWriter, valid: StoreWriter, fraction: float, seed: int
) -> None:
    """Copies about `fraction` of the documents of `whole` to `valid`, the others to `train`.

    Which ones depends on `seed` and their number only; at least one goes either way.
    """
    steps, documents = whole.view()
    held_out = choose_documents(len(documents), fraction, seed)
    starts = np.append(documents, len(steps))
    conditions = _conditions(whole)
    for start in range(0, len(steps), BLOCK):
        stop = min(start + BLOCK, len(steps))
        block = steps[start:stop]
        first = int(np.searchsorted(starts, start, "right")) - 1
        last = int(np.searchsorted(starts, stop, "left"))
        lengths = np.diff(np.clip(starts[first : last + 1], start, stop))
        goes = np.repeat(held_out[first:last], lengths)
        begins = np.zeros(stop - start, np.bool_)
        inside = documents[first:last]
        begins[inside[inside >= start] - start] = True
        for store, part in ((valid, goes), (train, ~goes)):
            numbers = np.searchsorted(documents, start + np.flatnonzero(begins & part))
            rows = None if conditions is None else conditions[numbers]
            store.append(block[part], np.flatnonzero(begins[part]), rows)


def choose_documents(count: int, fraction: float, seed: int) -> NDArray[np.bool_]:
    """`[count]`, True for the documents that are held out."""
    wanted = min(max(1, round(count * fraction)), count - 1)
    held_out = np.zeros(count, np.bool_)
    ranks = _mix(np.arange(count, dtype=np.uint64) + _mix(np.array([seed % 2**64], np.uint64)))
    held_out[np.argsort(ranks, kind="stable")[:wanted]] = True
    return held_out


def _conditions(writer: StoreWriter) -> NDArray[np.int32] | None:
    """`[d,U]`, the conditions written so far."""
    return np.concatenate(writer.conditions) if writer.conditions else None


def _of(conditions: NDArray[np.int32] | None, first: int, last: int) -> NDArray[np.int32] | None:
    return None if conditions is None else conditions[first:last]


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A bijection of 64-bit integers that scatters neighbours (SplitMix64, Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        values = values + np.uint64(0x9E3779B97F4A7C15)
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _boundary(writer: StoreWriter) -> NDArray[np.generic]:
    return np.broadcast_to(np.asarray(writer.boundary, writer.dtype), (1, *writer.step_shape))
