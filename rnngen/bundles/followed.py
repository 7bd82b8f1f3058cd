"""A folder that is found again after it, or a folder above it, was moved."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from rnngen.contracts.errors import RunError

DESCRIPTORS = Path("/proc/self/fd")
"""Linux: a link for each open file, to where that file is now."""


class Followed:
    """Keeps a folder open, and says where it is.

    A name alone can't tell a folder from another one that was put in its place. Where the system
    can't open folders (Windows), a folder that is in use can't be moved either.

    Args:
        path: the folder, which exists.
        moved: called with the new path when the folder was found elsewhere.
    """

    def __init__(self, path: Path, moved: Callable[[Path], None]) -> None:
        self._path = path
        self._moved = moved
        self._handle: int | None = None
        if os.name == "posix":
            with suppress(OSError):
                self._handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)

    def path(self) -> Path:
        """Where the folder is now.

        Raises:
            RunError: it is gone, or the system does not say where it is.
        """
        if self._handle is None or _same(self._path, self._handle):
            return self._path
        found = _location(self._handle)
        if found is None or not _same(found, self._handle):
            raise RunError(
                f"the run's folder `{self._path}` was deleted or moved away while the run was "
                "written; nothing more can be saved",
                hint="a copy of it resumes from the last checkpoint in it: `rnngen fit --resume "
                "COPY`",
            )
        self._path = found
        self._moved(found)
        return found

    def close(self) -> None:
        """Follows it no further: `path` is where it was last."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _same(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except OSError:
        return False


def _location(handle: int) -> Path | None:
    """Where an open folder is, relative to the working folder if it is below it."""
    try:
        if sys.platform == "darwin":
            import fcntl

            answer = fcntl.fcntl(handle, fcntl.F_GETPATH, bytes(1024))
            found = Path(os.fsdecode(answer.rstrip(b"\0")))
        else:
            found = Path(os.readlink(DESCRIPTORS / str(handle)))
        here = Path.cwd()
    except OSError:
        return None
    return found.relative_to(here) if found.is_relative_to(here) else found
