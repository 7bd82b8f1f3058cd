"""Writes files atomically, with one error message if that fails."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from rnngen.contracts.errors import RunError, UsageError

CHUNK = 64 * 2**20

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""System errors for a full disk or quota."""


@contextlib.contextmanager
def saving(path: Path, kept: str | None = None) -> Iterator[None]:
    """What is written to `path`, a file or a folder, is written within this.

    Args:
        path: an output that the user named, or a file of a run.
        kept: what is still whole where it fails, as a part of the message.

    Raises:
        UsageError: the folder that it is to stand in does not exist, and `kept` is not given.
        RunError: it can't be written.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, FileNotFoundError) and kept is None:
            raise UsageError(
                f"there is no folder `{path.parent}` to write `{path.name}` to",
                hint="create it first",
            ) from None
        reason = error.strerror or str(error)
        raise RunError(
            f"`{path}` can't be written: {reason}" + (f"; {kept}" if kept else ""),
            hint="free some space"
            if error.errno in FULL
            else f"check that you can write to `{path.parent}`",
        ) from error


def check_replaceable(path: Path) -> None:
    """Refuses a device, pipe or socket.

    Replacing it would remove the device itself; writing to it may never end.

    Raises:
        OSError: it is one.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "it is a device, a pipe or a socket", str(path))


def write_atomically(path: Path, data: bytes) -> None:
    """Replaces `path` by `data`: durable when this returns, never half.

    Raises:
        OSError: the old file is untouched, and nothing is left beside it.
    """
    check_replaceable(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        _write_durably(temporary, data)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    sync_folder(path.parent)


def _write_durably(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags, 0o666)
    except FileExistsError:
        # Left from a process that was killed, or a link that somebody laid: never written through.
        os.unlink(path)
        descriptor = os.open(path, flags, 0o666)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view[:CHUNK]) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Makes names in `folder` durable, if the system can (Windows can't)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems can't sync a folder; that is not a failed write.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(descriptor)
