"""What several verbs take, checked and in one form."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rnngen.contracts.errors import UsageError

Files = Sequence[str | Path] | str | Path
"""One file, or several; as data arguments: folders, patterns and `corpus:NAME`, too."""


def listed(files: Files) -> tuple[str, ...]:
    """Each file as text, whether one or several are given; none for an empty text."""
    if isinstance(files, str | os.PathLike):
        files = [files] if os.fspath(files) else []
    return tuple(os.fspath(file) for file in files)


def check_at_least(least: int, **values: int | None) -> None:
    """Refuses a number below `least`, by its name; None is not given.

    Raises:
        UsageError: one is too small.
    """
    for name, value in values.items():
        if value is not None and value < least:
            raise UsageError(f"`{name}` is {value}, expected at least {least}")
