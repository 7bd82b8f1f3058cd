"""What is said of a file that is not there; a link that leads nowhere is named as such."""

from __future__ import annotations

import os
from pathlib import Path

from rnngen.contracts.errors import UsageError


def absent(
    path: Path, what: str = "file or folder", hint: str | None = None, name: str = ""
) -> UsageError:
    """The error for a path that can't be found.

    Args:
        path: where it should be.
        what: was expected there.
        hint: how to mend it, unless it is a link.
        name: how the user named it; empty: as the path.
    """
    name = name or str(path)
    if path.is_symlink():
        return UsageError(
            f"`{name}` is a link to `{os.readlink(path)}`, which does not exist",
            hint="mend the link, or name the file itself",
        )
    return UsageError(f"no such {what}: `{name}`", hint=hint)
