"""What is said of a file that is not there; a link that leads nowhere is named as such."""

from __future__ import annotations

import os
from pathlib import Path

from rnngen.contracts.errors import UsageError


def absent(path: Path, what: str = "file or folder", hint: str | None = None) -> UsageError:
    """The error for a path that can't be found.

    Args:
        path: as it was named.
        what: was expected there.
        hint: how to mend it, unless it is a link.
    """
    if path.is_symlink():
        return UsageError(
            f"`{path}` is a link to `{os.readlink(path)}`, which does not exist",
            hint="mend the link, or name the file itself",
        )
    return UsageError(f"no such {what}: `{path}`", hint=hint)
