"""Reads the files that constraints name, up to a size limit, with an error that names the file."""

from __future__ import annotations

import os
from pathlib import Path

from rnngen_constrained.errors import BadSyntax

LARGEST = 16 << 20
"""Most bytes of a file, by default."""


def read_bytes(
    path: str | Path, what: str, largest: int = LARGEST, hint: str | None = None
) -> bytes:
    """The content of a file.

    Args:
        path: of the file.
        what: it holds, for messages: "the grammar".
        largest: most bytes it may have.
        hint: for where it can't be read.

    Raises:
        BadSyntax: it can't be read, or is larger.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(largest + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        if os.path.islink(path) and not os.path.exists(path):
            reason = f"it is a link to `{os.readlink(path)}`, which does not exist"
        raise BadSyntax(f"{what} `{path}` can't be read: {reason}", hint=hint) from error
    except ValueError as error:  # a null character in the path
        raise BadSyntax(f"{what} `{str(path)!r:.60}` can't be read: {error}", hint=hint) from error
    if len(data) > largest:
        raise BadSyntax(
            f"{what} `{path}` is larger than {largest >> 20} MiB, the most that is read"
        )
    return data


def read_text(path: str | Path, what: str, largest: int = LARGEST, hint: str | None = None) -> str:
    """The text of a file; BadSyntax also where it is not UTF-8, with the place."""
    data = read_bytes(path, what, largest, hint)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise BadSyntax(
            f"{what} `{path}` is not UTF-8: byte {error.start} is 0x{byte:02x}"
        ) from error
