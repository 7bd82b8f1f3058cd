"""Commits files atomically, through one index file that names all the others.

A commit writes new files under names nobody names yet, makes them durable, then replaces the index
(`bundle.json`, `checkpoint.json`), which holds the SHA-256 of each; only then are files deleted
that the index no longer names. A process killed at any point leaves the old or new commit whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any

from rnngen.contracts.errors import BundleError
from rnngen.files.atomic import saving, sync_folder, write_atomically
from rnngen.files.json import MARKED, dump
from rnngen.files.regular import read_regular
from rnngen.files.verify import INDEX_LIMIT, Index, digest, index_of


class Commit:
    """One commit of a folder; a context manager that undoes what it wrote when it is left early.

    Args:
        folder: where; it exists.
        index: name of the file that names the others.

    Raises:
        RunError: a file could not be written; the previous commit is whole.
    """

    def __init__(self, folder: Path, index: str) -> None:
        self.folder = folder
        self.index = index
        self._at = folder / index
        with saving(self._at, "what was saved before is whole"):
            self._before = _content(self._at)
        self.previous = _said(self._before, self._at)
        self._files: dict[str, dict[str, Any]] = {}
        self._written: list[Path] = []
        self._patterns: set[str] = set()

    def __enter__(self) -> Commit:
        return self

    def put(self, pattern: str, step: int, data: bytes) -> str:
        """Writes a file, unless the previous commit holds the same bytes under this pattern.

        Args:
            pattern: relative name with `{}` where the step goes: `weights-{}.safetensors`.
            step: number of the training step.
            data: the content.

        Returns:
            the name of the file, relative to the folder.
        """
        self.tidy(pattern)
        entry = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        old = self.previous.get("files", {})
        for name, there in old.items():
            if there == entry and _follows(name, pattern) and _unchanged(self.folder / name, entry):
                self._files[name] = entry
                return str(name)
        name = self._free_name(pattern, step)
        self._at = self.folder / name
        if self._at.parent != self.folder and not self._at.parent.is_dir():
            self._at.parent.mkdir()
            sync_folder(self._at.parent.parent)
        self._written.append(self._at)
        write_atomically(self._at, data)
        self._files[name] = entry
        return name

    def keep(self, name: str) -> None:
        """Names a file that is already there, as it is now."""
        self._at = self.folder / name
        self._files[name] = digest(self._at)

    def keep_previous(self, names: Iterable[str]) -> None:
        """Names files of the previous commit again, without looking at them."""
        for name in names:
            self._files[name] = self.previous["files"][name]

    def tidy(self, pattern: str) -> None:
        """Files that follow `pattern` and are not named in the end are deleted after the commit."""
        self._patterns.add(pattern)

    def finish(self, document: Mapping[str, Any]) -> None:
        """Replaces the index: `document`, and `files` with the digest of every named file."""
        text = dump({**document, "files": self._files}, MARKED, indent=1)
        self._at = self.folder / self.index
        write_atomically(self._at, text.encode() + b"\n")
        self._delete_unnamed()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None and self._is_as_before():
            for path in self._written:
                with contextlib.suppress(OSError):
                    path.unlink()
        if isinstance(error, OSError):
            with saving(self._at, self._kept()):
                raise error

    def _is_as_before(self) -> bool:
        """Whether the index was not replaced: else the new files are the good ones."""
        try:
            return _content(self.folder / self.index) == self._before
        except OSError:
            return False

    def _kept(self) -> str:
        step = self.previous.get("step")
        if step is None:
            return "nothing was saved before"
        return f"what was saved at step {step} is whole"

    def _free_name(self, pattern: str, step: int) -> str:
        # A named file is never written again: the index that names it may be the one that stays.
        taken = self.previous.get("files", {})
        label, count = f"{step:06d}", 1
        while pattern.format(label) in taken or pattern.format(label) in self._files:
            count += 1
            label = f"{step:06d}-{count}"
        return pattern.format(label)

    def _delete_unnamed(self) -> None:
        for pattern in self._patterns:
            for path in self.folder.glob(pattern.format("*")):
                name = path.relative_to(self.folder).as_posix()
                if name not in self._files and _follows(name, pattern):
                    with contextlib.suppress(OSError):
                        path.unlink()
        # Left behind by a killed process.
        for place in {self.folder, *(self.folder / name for name in self._subfolders())}:
            for path in place.glob(".*.tmp"):
                if re.fullmatch(r"\..+\.\d+\.tmp", path.name):
                    with contextlib.suppress(OSError):
                        path.unlink()

    def _subfolders(self) -> set[str]:
        return {str(PurePosixPath(pattern).parent) for pattern in self._patterns}


def _follows(name: str, pattern: str) -> bool:
    before, after = pattern.split("{}")
    return bool(re.fullmatch(re.escape(before) + r"\d{6,}(-\d+)?" + re.escape(after), name))


def _unchanged(path: Path, entry: Mapping[str, Any]) -> bool:
    try:
        return digest(path) == entry
    except (OSError, BundleError):
        return False


def _content(path: Path) -> bytes | None:
    """The content of an index; None if it is missing or was not written by rnngen."""
    try:
        return read_regular(path, INDEX_LIMIT)
    except (FileNotFoundError, NotADirectoryError, BundleError):
        return None


def _said(data: bytes | None, path: Path) -> Mapping[str, Any]:
    """The content of an index; empty if it can't be parsed."""
    try:
        return {} if data is None else index_of(data, path, "", Index).document
    except BundleError:
        return {}
