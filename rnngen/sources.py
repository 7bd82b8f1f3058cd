"""Where data comes from: files, folders, globs, standard input and corpora, as streams of bytes."""

from __future__ import annotations

import atexit
import glob
import hashlib
import io
import os
import stat
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from rnngen import unpack
from rnngen.errors import DataError, UsageError
from rnngen.options import suggest
from rnngen.private import make_private

T = TypeVar("T")

BLOCK = 1 << 20
"""Bytes read at a time wherever a whole file is gone through."""

COMPRESSED = tuple(unpack.NAMED)

# fmt: off
BINARY = frozenset(
    {
        ".7z", ".a", ".avi", ".bin", ".bmp", ".class", ".dll", ".dylib", ".eot", ".exe", ".flac",
        ".gif", ".h5", ".ico", ".jar", ".jpeg", ".jpg", ".m4a", ".mkv", ".mov", ".mp3", ".mp4",
        ".npy", ".npz", ".o", ".ogg", ".onnx", ".otf", ".pdf", ".pickle", ".pkl", ".png", ".pt",
        ".pth", ".pyc", ".rar", ".safetensors", ".so", ".sqlite", ".tar", ".tif", ".tiff", ".ttf",
        ".wav", ".webm", ".webp", ".woff", ".woff2", ".xls", ".xlsx", ".zip",
    }
)
# fmt: on
"""Suffixes of files in a folder that are surely not text."""


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


class Found(list[Source]):
    """What `find` found; `skipped` are the files of folders that are hidden, binary or empty."""

    def __init__(self, sources: Iterable[Source] = (), skipped: Sequence[Path] = ()) -> None:
        super().__init__(sources)
        self.skipped = tuple(skipped)


def looks_like_text(path: Path) -> bool:
    """Whether the file's name does not say that it is something else; nothing is opened."""
    name = path.with_suffix("") if path.suffix.lower() in COMPRESSED else path
    return name.suffix.lower() not in BINARY


def find(arguments: Sequence[str], *, keep: Callable[[Path], bool] = looks_like_text) -> Found:
    """The sources that the user named, in the order given, each file once.

    Args:
        arguments: files, folders (searched recursively, in order of name), patterns like
            `poems/*.txt`, `-` for standard input, `corpus:NAME` for a corpus by name.
        keep: whether a file of a folder is wanted; files named by themselves always are.

    Raises:
        UsageError: an argument names nothing; the hint has the nearest name.
        DataError: standard input is empty, or a corpus can't be had.
    """
    found: dict[Path, Source] = {}
    skipped: list[Path] = []
    for argument in arguments:
        for source in _find(argument, keep, skipped):
            found.setdefault(source.path.resolve(), source)
    if not found:
        raise UsageError("nothing to read was named", hint="name files, folders or `-`")
    return Found(found.values(), skipped)


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
    """Where what can be made again is kept: `RNNGEN_CACHE`, else the system's place for it."""
    named = os.environ.get("RNNGEN_CACHE")
    if named:
        return Path(named).expanduser()
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


def _find(argument: str, keep: Callable[[Path], bool], skipped: list[Path]) -> list[Source]:
    if argument == "-":
        return [_spool("standard input", sys.stdin.buffer)]
    if argument.startswith("corpus:"):
        from rnngen import corpora

        return list(corpora.sources(argument.removeprefix("corpus:")))
    path = Path(argument).expanduser()
    # A name with brackets in it may be a file: what exists is never read as a pattern.
    if not os.path.lexists(path) and glob.has_magic(argument):
        matches = sorted(glob.glob(str(path), recursive=True))
        if not matches:
            raise UsageError(f"no file matches `{argument}`", hint=_nearby(path.parent, None))
        return [
            source for match in matches for source in _of_path(Path(match), match, keep, skipped)
        ]
    return _of_path(path, argument, keep, skipped)


def _of_path(
    path: Path, name: str, keep: Callable[[Path], bool], skipped: list[Path]
) -> list[Source]:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise UsageError(
            f"there is no file or folder `{name}`", hint=_nearby(path.parent, path.name)
        ) from None
    except OSError as error:
        raise DataError(f"`{name}` can't be read: {_reason(error)}") from None
    if stat.S_ISDIR(mode):
        return _of_folder(path, name, keep, skipped)
    if not stat.S_ISREG(mode):
        # Pipes and devices are read once; the corpus is gone through more often than that.
        with _guarded(name, lambda: path.open("rb")) as stream:
            return [_spool(name, stream)]
    return [Source(name, path)]


def _of_folder(
    folder: Path, name: str, keep: Callable[[Path], bool], skipped: list[Path]
) -> list[Source]:
    sources = []
    for path in _walk(folder, name):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if hidden or not keep(path) or not path.is_file() or path.stat().st_size == 0:
            skipped.append(path)
        else:
            sources.append(Source(str(path), path))
    if not sources:
        raise UsageError(
            f"folder `{name}` has no file to read",
            hint="hidden and empty files of a folder, and those of another kind, are left out; "
            "name a file itself",
        )
    return sources


def _walk(folder: Path, name: str) -> Iterator[Path]:
    """All files under a folder, in order of name; hidden folders are not entered."""

    def fail(error: OSError) -> None:
        raise DataError(f"folder `{name}` can't be read: {_reason(error)}") from None

    for parent, folders, files in os.walk(folder, onerror=fail):
        folders[:] = sorted(entry for entry in folders if not entry.startswith("."))
        for entry in sorted(files):
            yield Path(parent, entry)


def _nearby(folder: Path, name: str | None) -> str:
    try:
        names = sorted(entry for entry in os.listdir(folder) if not entry.startswith("."))
    except OSError:
        return f"folder `{folder}` can't be listed either"
    near = suggest(name, names) if name else None
    if near:
        return f"did you mean `{folder / near}`?"
    if not names:
        return f"folder `{folder}` is empty"
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return f"folder `{folder}` has: {shown}"


def _spool(name: str, stream: BinaryIO) -> Source:
    """A temporary copy of a stream that can only be read once; deleted when the process ends."""
    folder = cache_folder() / "spool"
    try:
        open_cache()
        folder.mkdir(exist_ok=True)
        handle, text = tempfile.mkstemp(dir=folder, prefix="input-")
    except OSError as error:
        raise DataError(
            f"{name} can't be kept in `{folder}`: {_reason(error)}",
            hint="set RNNGEN_CACHE to a folder that can be written",
        ) from None
    path = Path(text)
    atexit.register(path.unlink, missing_ok=True)
    with os.fdopen(handle, "wb") as copy:
        try:
            while block := stream.read(BLOCK):
                copy.write(block)
        except OSError as error:
            raise DataError(f"{name} can't be copied to `{folder}`: {_reason(error)}") from None
    if path.stat().st_size == 0:
        raise DataError(f"{name} is empty")
    return Source(name, path)


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
        if error.errno is None:  # what gzip and bz2 say of a file that is not theirs
            raise DataError(f"`{name}` is damaged: {error}") from None
        raise DataError(f"`{name}` can't be read: {_reason(error)}") from None
    except Exception as error:
        if type(error).__module__.split(".")[0] in ("zstandard", "lzma", "_lzma"):
            raise DataError(f"`{name}` is damaged: {error}") from None
        raise


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
