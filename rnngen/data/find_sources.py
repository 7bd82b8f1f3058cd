"""Resolves what the user named (path, glob, folder, `-`, `corpus:`) to sources."""

from __future__ import annotations

import atexit
import glob
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from rnngen.contracts.absent import absent
from rnngen.contracts.errors import DataError, UsageError
from rnngen.contracts.options import suggest
from rnngen.data.kept import SPOOL, private_folder
from rnngen.files.locks import Hold
from rnngen.files.source import (
    BLOCK,
    Source,
    _guarded,
    _reason,
    cache_folder,
    looks_like_text,
    open_cache,
)


class Found(list[Source]):
    """What `find` found; `skipped` lists hidden, binary or empty files in folders."""

    def __init__(self, sources: Iterable[Source] = (), skipped: Sequence[Path] = ()) -> None:
        super().__init__(sources)
        self.skipped = tuple(skipped)


def find(arguments: Sequence[str], *, keep: Callable[[Path], bool] = looks_like_text) -> Found:
    """The sources that the user named, in the order given, each file once.

    Args:
        arguments: files, folders (searched recursively, in order of name), patterns like
            `poems/*.txt`, `-` for standard input, `corpus:NAME` for a corpus by name.
        keep: whether a file of a folder is wanted; files named by themselves always are.

    Raises:
        UsageError: an argument names nothing; the hint has the nearest name.
        DataError: standard input is empty, or a corpus is unavailable.
    """
    found: dict[Path, Source] = {}
    skipped: list[Path] = []
    for argument in arguments:
        for source in _find(argument, keep, skipped):
            found.setdefault(source.path.resolve(), source)
    if not found:
        raise UsageError("no input was given", hint="name files, folders or `-`")
    return Found(found.values(), skipped)


def _find(argument: str, keep: Callable[[Path], bool], skipped: list[Path]) -> list[Source]:
    if argument == "-":
        return [_spool("standard input", sys.stdin.buffer)]
    if not argument:
        raise UsageError(
            "a data argument is empty", hint="name a file or folder; `.` is the working folder"
        )
    if argument.startswith("corpus:"):
        from rnngen.data import corpora

        return list(corpora.sources(argument.removeprefix("corpus:")))
    path = _expanded(argument)
    # A name with brackets in it may be a file: what exists is never read as a pattern.
    if not os.path.lexists(path) and glob.has_magic(argument):
        matches = sorted(glob.glob(str(path), recursive=True))
        if not matches:
            raise UsageError(f"no file matches `{argument}`", hint=_nearby(path.parent, None))
        return [
            source for match in matches for source in _of_path(Path(match), match, keep, skipped)
        ]
    return _of_path(path, argument, keep, skipped)


def _expanded(argument: str) -> Path:
    """The path, `~` and `~name` replaced by the home folder."""
    try:
        return Path(argument).expanduser()
    except RuntimeError:  # nobody of that name, or nobody has a home
        user = argument.partition("/")[0]
        raise UsageError(
            f"`{argument}` begins with the home folder `{user}`, which is unknown",
            hint=f"write `./{argument}` if a file is called like this",
        ) from None


def _of_path(
    path: Path, name: str, keep: Callable[[Path], bool], skipped: list[Path]
) -> list[Source]:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise absent(path, hint=_nearby(path.parent, path.name), name=name) from None
    except OSError as error:
        raise DataError(f"`{name}` can't be read: {_reason(error)}") from None
    except ValueError:
        raise UsageError(f"{name!r} is not a path: it holds a null character") from None
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
            f"folder `{name}` has no files to read",
            hint="hidden files, empty files and files of other kinds are skipped; "
            "name the file itself to read it",
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
    folder = cache_folder() / SPOOL
    try:
        handle, text = tempfile.mkstemp(dir=private_folder(open_cache(), SPOOL), prefix="input-")
    except OSError as error:
        raise DataError(
            f"{name} can't be kept in `{folder}`: {_reason(error)}",
            hint="set RNNGEN_CACHE to a folder that can be written",
        ) from None
    path = Path(text)
    # Held until the process ends, so that what a killed one left can be told from what is read.
    atexit.register(Hold(path).release)
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
