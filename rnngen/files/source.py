"""Where data comes from: files, folders, globs, standard input and corpora, as streams of bytes."""

from __future__ import annotations

import hashlib
import io
import os
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from rnngen.contracts.errors import DataError, UsageError
from rnngen.contracts.file_names import looks_like_text as looks_like_text
from rnngen.files import unpack
from rnngen.files.named import expanded
from rnngen.files.private import make_private

T = TypeVar("T")


BLOCK = 1 << 20
"""Bytes read at a time when reading a whole file."""


@dataclass(frozen=True)
class Source:
    """One file to learn from.

    Args:
        name: what the user calls it, for messages.
        path: where its bytes are.
        part: `train`, `valid` or `test`, where a file has these parts and one of them is meant.
    """

    name: str
    path: Path
    part: str = ""

    def open(self) -> BinaryIO:
        """Its bytes, unpacked where the first of them say that it is compressed.

        Raises:
            DataError: here or while reading: the file is missing, unreadable or damaged.
        """
        raw = _guarded(self.name, lambda: _open(self.path))
        return io.BufferedReader(_Guarded(self.name, raw), BLOCK)

    @property
    def compressed(self) -> bool:
        """Whether the file on disk is smaller than what `open` gives."""
        with _guarded(self.name, lambda: self.path.open("rb")) as stream:
            return bool(unpack.kind_of(stream.read(unpack.LONGEST)))


def fingerprint(sources: Iterable[Source]) -> str:
    """SHA-256 of what the sources hold, in order: names and compression do not matter."""
    whole = hashlib.sha256()
    for source in sources:
        part = hashlib.sha256()
        with source.open() as stream:
            while block := stream.read(BLOCK):
                part.update(block)
        part.update(source.part.encode())
        whole.update(part.digest())
    return whole.hexdigest()


def cache_folder() -> Path:
    """The folder for reproducible data: `RNNGEN_CACHE`, else the system's cache folder."""
    named = os.environ.get("RNNGEN_CACHE")
    if named:
        folder = expanded(named)
        if str(folder).startswith("~"):
            raise UsageError(
                f"`RNNGEN_CACHE` is `{named}`, but there is no such user",
                hint="set it to a folder that only you can write to",
            )
        return folder
    import platformdirs

    return Path(platformdirs.user_cache_dir("rnngen", appauthor=False))


def open_cache(root: Path | None = None) -> Path:
    """The cache folder, made and private; one that `RNNGEN_CACHE` names may be a group's.

    Args:
        root: used in its place.

    Raises:
        DataError: others may write to it.
        OSError: it can't be made.
    """
    root = cache_folder() if root is None else root
    make_private(root, group=bool(os.environ.get("RNNGEN_CACHE")))
    return root


def _open(path: Path) -> BinaryIO:
    return unpack.unpacked(path.open("rb"), path.suffix.lower())


class _Guarded(io.RawIOBase):
    """A stream whose failures are `DataError`s that name the file."""

    def __init__(self, name: str, stream: BinaryIO) -> None:
        self._name = name
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        block = _guarded(self._name, lambda: self._stream.read(len(view)))
        view[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _guarded(name: str, work: Callable[[], T]) -> T:
    try:
        return work()
    except (EOFError, zlib.error) as error:
        raise DataError(f"`{name}` is damaged: {error}") from None
    except OSError as error:
        if error.errno is None:  # gzip and bz2 raise this for files in other formats
            raise DataError(f"`{name}` is damaged: {error}") from None
        raise DataError(f"`{name}` can't be read: {_reason(error)}") from None
    except Exception as error:
        if type(error).__module__.split(".")[0] in ("zstandard", "lzma", "_lzma"):
            raise DataError(f"`{name}` is damaged: {error}") from None
        raise


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
