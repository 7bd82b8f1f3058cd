"""Encoded steps on disk, memory-mapped: pages belong to the system's cache, not the process.

A store is a folder of three files: `steps.bin`, the steps of all documents one after another, each
document with the boundary before it; `documents.bin`, where each boundary is; and `store.json`,
which says how to read them. If documents are conditioned, `conditions.bin` has a row for each.
Position 0 is context only: every later step is to be predicted.
"""

from __future__ import annotations

import json
import math
import os
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnngen.contracts.batch import Steps
from rnngen.contracts.errors import DataError
from rnngen.contracts.steps import Boundary

if TYPE_CHECKING:
    import torch


FORMAT = 1


HEADER = "store.json"


STEPS = "steps.bin"


DOCUMENTS = "documents.bin"


CONDITIONS = "conditions.bin"


POSITION = np.dtype(np.int64)


SYMBOL = np.dtype(np.int32)


CHECKED = 64 << 20
"""Largest file whose checksum is verified when a store is opened."""


BLOCK = 1 << 20
"""Steps processed at a time."""


class Store:
    """Steps and the documents in them, read-only.

    Args:
        steps: `[n]` ids, or `[n, ...]` real vectors.
        documents: `[d]` int64, positions in `steps` of the boundaries, increasing.
        boundary: what stands before every document, an id or a vector.
        characters: how many characters the steps were before; for text, separators included.
        size: how many bytes they were.
        conditions: `[d, U]` int32, the condition of each document; None if there are none.
    """

    def __init__(
        self,
        steps: Steps,
        documents: NDArray[np.int64],
        *,
        boundary: Boundary = 0,
        characters: int | None = None,
        size: int | None = None,
        conditions: NDArray[np.int32] | None = None,
    ) -> None:
        self.steps = steps
        self.conditions = conditions
        self.documents = documents
        self.boundary = boundary
        self.characters = max(0, len(steps) - 1) if characters is None else characters
        self.size = self.characters if size is None else size

    def __len__(self) -> int:
        """Number of steps, boundaries included."""
        return len(self.steps)

    @property
    def boundary_step(self) -> torch.Tensor:
        """The boundary as a step of a batch: `[]` int64, or `[D]` float32."""
        import torch

        return torch.tensor(self.boundary, dtype=None if self.steps.ndim > 1 else torch.int64)

    @property
    def targets(self) -> int:
        """Number of steps to predict: all but the first."""
        return max(0, len(self.steps) - 1)

    def slice(self, start: int, stop: int) -> Store:
        """A view of steps `start` to `stop`; its first step is context, boundary or not.

        Characters and bytes are estimated by its share of the steps.
        """
        start, stop, _ = slice(start, stop).indices(len(self.steps))
        stop = max(start, stop)
        first, last = np.searchsorted(self.documents, (start, stop))
        share = (stop - start) / max(1, len(self.steps))
        return Store(
            self.steps[start:stop],
            self.documents[first:last] - start,
            boundary=self.boundary,
            characters=round(self.characters * share),
            size=round(self.size * share),
            conditions=None if self.conditions is None else self.conditions[first:last],
        )

    @classmethod
    def of(
        cls,
        documents: Iterable[Sequence[int] | Steps],
        *,
        boundary: Boundary = 0,
        conditions: NDArray[np.int32] | None = None,
    ) -> Store:
        """A store in memory, of documents without their boundaries."""
        parts = [np.asarray(document) for document in documents]
        starts = np.cumsum([0, *(len(part) + 1 for part in parts)], dtype=POSITION)[:-1]
        steps = np.insert(np.concatenate(parts), starts - np.arange(len(parts)), boundary, axis=0)
        return cls(steps, starts, boundary=boundary, conditions=conditions)

    @classmethod
    def joined(cls, stores: Sequence[Store]) -> Store:
        """A store in memory of the steps of several, one after another."""
        offsets = np.cumsum([0, *(len(store) for store in stores)])
        return cls(
            np.concatenate([store.steps for store in stores]),
            np.concatenate(
                [store.documents + offset for store, offset in zip(stores, offsets, strict=False)]
            ),
            boundary=stores[0].boundary,
            characters=sum(store.characters for store in stores),
            size=sum(store.size for store in stores),
            conditions=None
            if stores[0].conditions is None
            else np.concatenate([store.conditions for store in stores]),
        )

    @classmethod
    def open(cls, folder: Path) -> Store:
        """The store in a folder, memory-mapped.

        Raises:
            DataError: it is missing, damaged, or of another format.
        """
        try:
            header = json.loads((folder / HEADER).read_bytes())
            if header["format"] != FORMAT:
                raise DataError(f"store `{folder}` has format {header['format']}, not {FORMAT}")
            shape = (int(header["steps"]), *(int(size) for size in header["step_shape"]))
            steps = _map(folder / STEPS, np.dtype(header["dtype"]), shape, header["crc32"])
            count = (int(header["documents"]),)
            documents = _map(folder / DOCUMENTS, POSITION, count, header["documents_crc32"])
            conditions = None
            if header.get("condition_length"):
                shape = (*count, int(header["condition_length"]))
                conditions = _map(folder / CONDITIONS, SYMBOL, shape, header["conditions_crc32"])
            return cls(
                steps,
                documents,
                boundary=_boundary(header["boundary"]),
                characters=int(header["characters"]),
                size=int(header["bytes"]),
                conditions=conditions,
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"store `{folder}` is damaged: {error}") from None


class StoreWriter:
    """Writes a store step by step; after `close`, `Store.open` can read it.

    Args:
        folder: where; made if it is not there.
        dtype: of the steps.
        step_shape: of one step; empty for ids.
        boundary: what stands before each document.
        ids: how many different ids there are, to count how often each occurs; 0 for vectors.
        condition_length: U, symbols in each document's condition; 0 if there are none.
    """

    def __init__(
        self,
        folder: Path,
        dtype: np.dtype[Any],
        *,
        step_shape: tuple[int, ...] = (),
        boundary: Boundary = 0,
        ids: int = 0,
        condition_length: int = 0,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.boundary = boundary
        self.dtype = np.dtype(dtype)
        self.step_shape = step_shape
        self.steps = 0
        self.documents = 0
        self.counts = np.zeros(ids, np.int64)
        self._steps = (folder / STEPS).open("wb")
        self._documents = (folder / DOCUMENTS).open("wb")
        self.condition_length = condition_length
        self.conditions: list[NDArray[np.int32]] = []

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._steps.close()
        self._documents.close()

    def append(
        self,
        steps: Steps,
        starts: NDArray[np.int64],
        conditions: NDArray[np.int32] | None = None,
    ) -> None:
        """Steps `[n, ...]` with their boundaries, which are at `starts [d]` of them.

        Each of the d documents has a row of `conditions [d,U]`, if documents are conditioned.
        """
        if self.condition_length:
            assert conditions is not None
            assert conditions.shape == (len(starts), self.condition_length)
            self.conditions.append(conditions)
        self._steps.write(np.ascontiguousarray(steps, self.dtype).data)
        self._documents.write(np.ascontiguousarray(starts + self.steps, POSITION).data)
        self.steps += len(steps)
        self.documents += len(starts)
        if len(self.counts):
            self.counts += np.bincount(steps, minlength=len(self.counts))

    def view(self) -> tuple[Steps, NDArray[np.int64]]:
        """Steps and document starts written so far, memory-mapped."""
        if not self._steps.closed:
            self._steps.flush()
            self._documents.flush()
        shape = (self.steps, *self.step_shape)
        return (
            _map(self.folder / STEPS, self.dtype, shape, None),
            _map(self.folder / DOCUMENTS, POSITION, (self.documents,), None),
        )

    def move(self, folder: Path) -> None:
        """Moves the files to a path that must not exist; nothing can be appended afterwards."""
        self._steps.close()
        self._documents.close()
        self.folder.rename(folder)
        self.folder = folder

    def truncate(self, steps: int, documents: int, counts: NDArray[np.int64]) -> None:
        """Drops the end; its `counts` are subtracted."""
        self._steps.truncate(steps * self.dtype.itemsize * math.prod(self.step_shape))
        self._documents.truncate(documents * POSITION.itemsize)
        self.steps, self.documents = steps, documents
        self.counts -= counts
        if self.condition_length:
            self.conditions = [np.concatenate(self.conditions)[:documents]]

    def close(self, *, characters: int, size: int) -> None:
        """Writes the header; a folder without it is not a store."""
        self._steps.close()
        self._documents.close()
        header = {
            "format": FORMAT,
            "dtype": self.dtype.name,
            "step_shape": list(self.step_shape),
            "steps": self.steps,
            "documents": self.documents,
            "boundary": list(self.boundary) if isinstance(self.boundary, tuple) else self.boundary,
            "characters": characters,
            "bytes": size,
            "crc32": _checksum(self.folder / STEPS),
            "documents_crc32": _checksum(self.folder / DOCUMENTS),
        }
        if self.condition_length:
            rows = [np.zeros((0, self.condition_length), SYMBOL), *self.conditions]
            (self.folder / CONDITIONS).write_bytes(np.concatenate(rows).astype(SYMBOL).tobytes())
            header["condition_length"] = self.condition_length
            header["conditions_crc32"] = _checksum(self.folder / CONDITIONS)
        (self.folder / HEADER).write_text(json.dumps(header, indent=1))


def _map(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...], checksum: int | None) -> Steps:
    expected = math.prod(shape) * dtype.itemsize
    found = os.stat(path).st_size
    if found != expected:
        raise ValueError(f"`{path.name}` has {found} bytes, expected {expected}")
    if checksum is not None and _checksum(path) != checksum:
        raise ValueError(f"`{path.name}` differs from what was written")
    if expected == 0:
        return np.empty(shape, dtype)
    # A plain array over the map: subclasses of ndarray make every gather slower.
    return np.asarray(np.memmap(path, dtype, "r", shape=shape))


def _boundary(value: Any) -> Boundary:
    return tuple(map(float, value)) if isinstance(value, list) else int(value)


def _checksum(path: Path) -> int | None:
    """CRC-32 of a file; None if it is too large to read at every start."""
    if path.stat().st_size > CHECKED:
        return None
    value = 0
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            value = zlib.crc32(block, value)
    return value
