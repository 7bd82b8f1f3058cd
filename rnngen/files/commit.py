"""Files that are whole or not there: atomic writes, and one index file that names all the others.

A commit writes new files under names nobody names yet, makes them durable, then replaces the index
(`bundle.json`, `checkpoint.json`), which holds the SHA-256 of each; only then are files deleted
that the index no longer names. A process killed at any point leaves the old or new commit whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any

from rnngen.contracts.errors import BundleError
from rnngen.files.atomic import sync_folder, write_atomically, write_failure
from rnngen.files.verify import digest, read_index


class Commit:
    """One commit of a folder; a context manager that undoes what it wrote when it is left early.

    Args:
        folder: where; made if it is not there.
        index: name of the file that names the others.

    Raises:
        RunError: a file could not be written; the previous commit is whole.
    """

    def __init__(self, folder: Path, index: str) -> None:
        self.folder = folder
        self.index = index
        self.previous = _readable_index(folder, index)
        self._before = _content(folder / index)
        self._files: dict[str, dict[str, Any]] = {}
        self._written: list[Path] = []
        self._patterns: set[str] = set()
        self._at = folder / index

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
        if not self._at.parent.is_dir():
            self._at.parent.mkdir(parents=True)
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
        text = json.dumps({**document, "files": self._files}, indent=1, allow_nan=False)
        self._at = self.folder / self.index
        write_atomically(self._at, text.encode() + b"\n")
        self._delete_unnamed()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Where the index was replaced before things went wrong, the new files are the good ones.
        if error is not None and _content(self.folder / self.index) == self._before:
            for path in self._written:
                with contextlib.suppress(OSError):
                    path.unlink()
        if isinstance(error, OSError):
            raise write_failure(self._at, error, self._kept()) from error

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
        # What a killed process left behind.
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
    except OSError:
        return False


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _readable_index(folder: Path, index: str) -> dict[str, Any]:
    """The index as it is, or nothing where there is none that could be read."""
    try:
        return read_index(folder, index, "")
    except BundleError:
        return {}
