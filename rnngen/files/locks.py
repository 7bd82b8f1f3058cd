"""Shared locks on files and folders: whoever uses one holds it, and it ends with the process.

Where the system or the file system has no such locks, nothing is ever in use.
"""

from __future__ import annotations

import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, which does not delete what is open
    fcntl = None  # type: ignore[assignment]


class Hold:
    """A shared lock.

    Args:
        path: a file or folder, which may be renamed meanwhile.

    Raises:
        OSError: it is not there, or is being deleted.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor: int | None = None
        if fcntl is None:
            return
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise
        except OSError:  # a file system without locks
            pass

    def release(self) -> None:
        """Ends it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def in_use(path: Path) -> bool:
    """Whether somebody holds a file or folder; a link never is."""
    if fcntl is None or path.is_symlink():
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False
