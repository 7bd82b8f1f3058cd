"""Encoded steps on disk, memory-mapped: what is read of them is the system's, not the process's.

A store is a folder of three files: `steps.bin`, the steps of all documents one after another, each
document with the boundary before it; `documents.bin`, where each boundary is; and `store.json`,
which says how to read them. Position 0 is context only: every later step is to be predicted.
"""

from __future__ import annotations

import json
import math
import os
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen.errors import DataError

FORMAT = 1
HEADER = "store.json"
STEPS = "steps.bin"
DOCUMENTS = "documents.bin"
POSITION = np.dtype(np.int64)

CHECKED = 64 << 20
"""Files up to this size are checked byte by byte when a store is opened."""

BLOCK = 1 << 20
"""Steps handled at a time."""

Steps = NDArray[Any]


class Store:
    """Steps and the documents in them, read-only.

    Args:
        steps: `[n]` ids, or `[n, ...]` real vectors.
        documents: `[d]` int64, positions in `steps` of the boundaries, increasing.
        boundary: the id of the boundary.
        characters: how many characters the steps were before; for text, separators included.
        size: how many bytes they were.
    """

    def __init__(
        self,
        steps: Steps,
        documents: NDArray[np.int64],
        *,
        boundary: int = 0,
        characters: int | None = None,
        size: int | None = None,
    ) -> None:
        self.steps = steps
        self.documents = documents
        self.boundary = boundary
        self.characters = max(0, len(steps) - 1) if characters is None else characters
        self.size = self.characters if size is None else size

    def __len__(self) -> int:
        """How many steps there are, boundaries included."""
        return len(self.steps)

    @property
    def targets(self) -> int:
        """How many steps are to be predicted: all but the first."""
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
        )

    @classmethod
    def of(cls, documents: Iterable[Sequence[int] | Steps], *, boundary: int = 0) -> Store:
        """A store in memory, of documents without their boundaries."""
        parts = [np.asarray(document) for document in documents]
        starts = np.cumsum([0, *(len(part) + 1 for part in parts)], dtype=POSITION)[:-1]
        steps = np.insert(np.concatenate(parts), starts - np.arange(len(parts)), boundary, axis=0)
        return cls(steps, starts, boundary=boundary)

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
            return cls(
                steps,
                documents,
                boundary=int(header["boundary"]),
                characters=int(header["characters"]),
                size=int(header["bytes"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"store `{folder}` is damaged: {error}") from None


class StoreWriter:
    """Writes a store step by step; `close` makes it one that `Store.open` takes.

    Args:
        folder: where; made if it is not there.
        dtype: of the steps.
        step_shape: of one step; empty for ids.
        boundary: what stands before each document.
        ids: how many different ids there are, to count how often each occurs; 0 for vectors.
    """

    def __init__(
        self,
        folder: Path,
        dtype: np.dtype[Any],
        *,
        step_shape: tuple[int, ...] = (),
        boundary: int = 0,
        ids: int = 0,
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

    def append(self, steps: Steps, starts: NDArray[np.int64]) -> None:
        """Steps `[n, ...]` with their boundaries, which are at `starts` of them."""
        self._steps.write(np.ascontiguousarray(steps, self.dtype).data)
        self._documents.write(np.ascontiguousarray(starts + self.steps, POSITION).data)
        self.steps += len(steps)
        self.documents += len(starts)
        if len(self.counts):
            self.counts += np.bincount(steps, minlength=len(self.counts))

    def view(self) -> tuple[Steps, NDArray[np.int64]]:
        """What was written so far, steps and starts of documents, memory-mapped."""
        if not self._steps.closed:
            self._steps.flush()
            self._documents.flush()
        shape = (self.steps, *self.step_shape)
        return (
            _map(self.folder / STEPS, self.dtype, shape, None),
            _map(self.folder / DOCUMENTS, POSITION, (self.documents,), None),
        )

    def move(self, folder: Path) -> None:
        """Takes the files to another place, which must not exist; nothing is appended after."""
        self._steps.close()
        self._documents.close()
        self.folder.rename(folder)
        self.folder = folder

    def truncate(self, steps: int, documents: int, counts: NDArray[np.int64]) -> None:
        """Forgets the end; `counts` of it are subtracted."""
        self._steps.truncate(steps * self.dtype.itemsize * math.prod(self.step_shape))
        self._documents.truncate(documents * POSITION.itemsize)
        self.steps, self.documents = steps, documents
        self.counts -= counts

    def close(self, *, characters: int, size: int) -> None:
        """Writes the header; without it the folder is no store."""
        self._steps.close()
        self._documents.close()
        header = {
            "format": FORMAT,
            "dtype": self.dtype.name,
            "step_shape": list(self.step_shape),
            "steps": self.steps,
            "documents": self.documents,
            "boundary": self.boundary,
            "characters": characters,
            "bytes": size,
            "crc32": _checksum(self.folder / STEPS),
            "documents_crc32": _checksum(self.folder / DOCUMENTS),
        }
        (self.folder / HEADER).write_text(json.dumps(header, indent=1))


def _map(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...], checksum: int | None) -> Steps:
    expected = math.prod(shape) * dtype.itemsize
    found = os.stat(path).st_size
    if found != expected:
        raise ValueError(f"`{path.name}` has {found} bytes, expected {expected}")
    if checksum is not None and _checksum(path) != checksum:
        raise ValueError(f"`{path.name}` is not what was written")
    if expected == 0:
        return np.empty(shape, dtype)
    # A plain array over the map: subclasses of ndarray make every gather slower.
    return np.asarray(np.memmap(path, dtype, "r", shape=shape))


def _checksum(path: Path) -> int | None:
    """CRC-32 of a file, or None where it is too large to be read at every start."""
    if path.stat().st_size > CHECKED:
        return None
    value = 0
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            value = zlib.crc32(block, value)
    return value
