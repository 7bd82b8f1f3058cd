"""Opens regular files only, so that it never waits for a pipe or reads a device forever.

Folders of runs are passed on, so what lies in one under a known name may be anything at all.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from rnngen.contracts.errors import BundleError

FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_regular(path: Path) -> BinaryIO:
    """`path`, or what it links to, opened for reading.

    Raises:
        BundleError: it is not a regular file.
        OSError: it can't be opened.
    """
    descriptor = os.open(path, FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise BundleError(
                f"`{path}` is not a file",
                hint="it is a folder, pipe or device; use an earlier copy of the folder",
            )
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: Path, limit: int) -> bytes:
    """All of a regular file that has at most `limit` bytes.

    Raises:
        BundleError: it is larger, or not a regular file.
        OSError: it can't be read.
    """
    with open_regular(path) as file:
        large = os.fstat(file.fileno()).st_size > limit
        data = b"" if large else file.read()
    if large:
        raise BundleError(
            f"`{path}` is larger than the limit of {limit:,} bytes",
            hint="it was not written by rnngen; use an earlier copy of the folder",
        )
    return data
