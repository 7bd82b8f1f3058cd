"""What the cache folder keeps, how large it may grow, and what goes first.

    encoded  `prepared/KEY`: the steps of somebody's texts, made again where they are gone
    corpus   `corpora/NAME`: made from this Python, or fetched
    input    `spool/NAME`: a copy of standard input, while a process reads it

A process that uses an entry holds a shared lock on it, which ends with the process, so that nothing
is taken away from it. Nothing here imports numpy.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from rnngen.contracts.errors import RnngenError, UsageError
from rnngen.files.locks import in_use
from rnngen.files.regular import read_regular
from rnngen.files.source import cache_folder

PREPARED = "prepared"
CORPORA = "corpora"
SPOOL = "spool"

SUMMARY = "prepared.json"
UNFINISHED = "unfinished-"

SIZE = 2**30
"""Bytes of encoded data that are kept, unless `RNNGEN_CACHE_SIZE` says otherwise."""

DAY = 24 * 3600.0

KEPT = 30 * DAY
"""Seconds after which encoded data that nobody uses goes, however small the cache is."""

LARGEST = 1 << 20
"""Bytes of a summary that are read."""

FEWEST = 4
"""Characters with which the beginning of a name names it."""

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}

Kind = Literal["encoded", "corpus", "input"]


@dataclass(frozen=True)
class Entry:
    """One thing that is kept.

    Args:
        name: what `rnngen cache clear` calls it.
        kind: see above.
        of: the sources it was made from, as they were named; empty where that is not known.
        bytes: its size on disk.
        used: when it was last used, in seconds since 1970.
        in_use: whether a process uses it now.
        path: where it lies.
    """

    name: str
    kind: Kind
    of: tuple[str, ...]
    bytes: int
    used: float
    in_use: bool
    path: Path


def entries(root: Path | None = None) -> list[Entry]:
    """Everything that is kept, the last used first.

    Args:
        root: the cache folder; None: the user's.
    """
    root = cache_folder() if root is None else root
    kinds: tuple[tuple[str, Kind], ...] = (
        (PREPARED, "encoded"),
        (CORPORA, "corpus"),
        (SPOOL, "input"),
    )
    found = [
        _entry(path, kind)
        for folder, kind in kinds
        for path in _listed(root / folder)
        if path.suffix != ".lock"
    ]
    return sorted((entry for entry in found if entry), key=lambda entry: -entry.used)


def size_limit(environment: Mapping[str, str] | None = None) -> float:
    """Bytes of encoded data that may be kept, by `RNNGEN_CACHE_SIZE`: `500MB`, `2GiB`, `0`, `none`.

    Raises:
        UsageError: it is not a size.
    """
    text = (os.environ if environment is None else environment).get("RNNGEN_CACHE_SIZE", "")
    if not text.strip():
        return SIZE
    if text.strip().lower() == "none":
        return float("inf")
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmg]i?|)b?", text.strip().lower())
    if found is None:
        raise UsageError(
            f"`RNNGEN_CACHE_SIZE` is `{text}`, expected a size",
            hint="write it as `500MB` or `2GiB`; `0` keeps nothing, `none` has no limit",
        )
    return float(found[1]) * UNITS[found[2]]


def shrink(root: Path, limit: float) -> list[Entry]:
    """Deletes encoded data, the least recently used first, until the rest is no larger.

    Also goes what nobody used for a month, and what killed processes left. Entries in use stay.

    Args:
        root: the cache folder.
        limit: bytes.

    Returns:
        what was deleted because of its size or age.
    """
    now = time.time()
    kept = [entry for entry in entries(root) if entry.kind != "corpus"]
    for entry in kept:
        left = entry.kind == "input" or entry.path.name.startswith(UNFINISHED)
        if left and now - entry.used > DAY:
            remove(entry)
    _forget_locks(root, now)
    encoded = [entry for entry in kept if entry.kind == "encoded"]
    total, gone = sum(entry.bytes for entry in encoded), []
    for entry in reversed(encoded):
        done = entry.path.name.startswith(UNFINISHED)
        if not done and (total > limit or now - entry.used > KEPT) and remove(entry):
            total -= entry.bytes
            gone.append(entry)
    return gone


def remove(entry: Entry) -> bool:
    """Deletes an entry unless a process uses it; whether it is gone."""
    with contextlib.suppress(OSError):
        if entry.kind != "encoded":
            return delete_unused(entry.path)
        key = entry.path.name.partition("-")[0]
        with contextlib.suppress(Timeout), FileLock(entry.path.parent / f"{key}.lock", timeout=0):
            return delete_unused(entry.path)
    return False


def chosen(names: Sequence[str], older: float | None, root: Path | None = None) -> list[Entry]:
    """The entries that somebody names: by name, by its beginning, or by a source; all by default.

    Args:
        names: any of them.
        older: only what was not used for this many seconds.
        root: the cache folder; None: the user's.

    Raises:
        UsageError: a name means nothing that is kept.
    """
    found = entries(root)
    for name in names:
        if not any(_means(name, entry) for entry in found):
            raise UsageError(
                f"nothing in the cache is called `{name}`",
                hint="`rnngen cache list` shows what is kept",
            )
    now = time.time()
    return [
        entry
        for entry in found
        if (not names or any(_means(name, entry) for name in names))
        and (older is None or now - entry.used > older)
    ]


def make_private(path: Path) -> None:
    """Makes what is kept readable for its user only, or for the group of a shared cache."""
    if os.name != "posix":
        return
    shared = path.parent.stat().st_mode & stat.S_IWGRP
    for parent, _, files in os.walk(path):
        os.chmod(parent, 0o770 if shared else 0o700)
        for file in files:
            os.chmod(os.path.join(parent, file), 0o660 if shared else 0o600)


def private_folder(root: Path, name: str) -> Path:
    """A folder of the cache, for this user only; or for the group where the cache is a group's."""
    folder = root / name
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.name == "posix" and folder.stat().st_uid == os.geteuid():
        folder.chmod(0o770 if root.stat().st_mode & stat.S_IWGRP else 0o700)
    return folder


def _means(name: str, entry: Entry) -> bool:
    beginning = len(name) >= FEWEST and entry.name.startswith(name)
    return beginning or name == entry.name or name in entry.of


def _entry(path: Path, kind: Kind) -> Entry | None:
    try:
        used = (path / SUMMARY if (path / SUMMARY).exists() else path).stat().st_mtime
        return Entry(
            name=path.name if kind != "corpus" else path.name.removesuffix(".txt"),
            kind=kind,
            of=_sources(path) if kind == "encoded" else (),
            bytes=size_of(path),
            used=used,
            in_use=in_use(path),
            path=path,
        )
    except OSError:  # somebody else has just deleted it
        return None


def _sources(path: Path) -> tuple[str, ...]:
    try:
        about = json.loads(read_regular(path / SUMMARY, LARGEST))
        return tuple(str(name) for name in about["sources"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError, RnngenError):
        return ()


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    if not path.is_dir() or path.is_symlink():
        return path.lstat().st_size
    return sum(
        os.lstat(os.path.join(parent, file)).st_size
        for parent, _, files in os.walk(path)
        for file in files
    )


def _listed(folder: Path) -> Iterator[Path]:
    try:
        yield from folder.iterdir()
    except OSError:
        return


def delete_unused(path: Path) -> bool:
    """Deletes a file or folder unless a process uses it; whether it is gone."""
    if in_use(path):
        return False
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
    return True


def _forget_locks(root: Path, now: float) -> None:
    for path in _listed(root / PREPARED):
        with contextlib.suppress(OSError):
            if path.suffix == ".lock" and now - path.stat().st_mtime > KEPT:
                path.unlink()
