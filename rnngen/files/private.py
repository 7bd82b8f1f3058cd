"""Folders that only the user can write to, because their content is trusted when read again."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from rnngen.contracts.errors import DataError


def make_private(folder: Path, *, group: bool = False) -> None:
    """Makes a folder for this user alone, or checks an existing one.

    A folder of this user's that others may write to is taken from them.

    Args:
        folder: may be missing, and those above it, too.
        group: whether its group may write to it, as in a cache that several share on purpose.

    Raises:
        DataError: it belongs to another user, or all may write to it and this user can't forbid it.
        OSError: it can't be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name != "posix":
        return
    found = folder.stat()
    theirs = stat.S_IWOTH | (0 if group else stat.S_IWGRP)
    if found.st_uid == os.geteuid():
        if found.st_mode & theirs:
            folder.chmod(stat.S_IMODE(found.st_mode) & ~theirs)
        return
    # The superuser may use a folder of another, and is trusted with one by others.
    foreign = os.geteuid() != 0 and found.st_uid != 0 and not group
    if foreign or found.st_mode & stat.S_IWOTH:
        raise DataError(
            f"others may write to the cache folder `{folder}`, so its content can't be trusted",
            hint="set `RNNGEN_CACHE` to a folder that only you can write to",
        )
