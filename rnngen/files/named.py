"""Reads small text files that the user named, such as a configuration.

A name may turn out to be anything at all: a pipe would wait, and a device would never end.
"""

from __future__ import annotations

import os
from pathlib import Path

from rnngen.contracts.absent import absent
from rnngen.contracts.errors import BundleError, DataError, UsageError
from rnngen.contracts.exact_text import text_of_file
from rnngen.files.regular import read_regular


def read_text(path: Path, limit: int) -> str:
    """A regular file of at most `limit` bytes as text, without a byte order mark.

    Raises:
        UsageError: it is missing, unreadable, not a file, too large, or not UTF-8.
    """
    try:
        return text_of_file(read_regular(path, limit), f"`{path}`")
    except BundleError as error:
        raise UsageError(error.message, hint="name a text file") from None
    except DataError as error:
        raise UsageError(error.message, hint=error.hint) from None
    except FileNotFoundError as error:
        if path.is_symlink():
            raise absent(path) from None
        raise UsageError(f"`{path}` can't be read: {(error.strerror or '').lower()}") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"`{path}` can't be read: {reason}") from None
    except ValueError:
        raise UsageError(f"{str(path)!r} can't be read: a path holds no null character") from None


def expanded(path: str | Path) -> Path:
    """A path with `~` as the user's home; `~nobody` stays as it is where there is no such user."""
    return Path(os.path.expanduser(path))
