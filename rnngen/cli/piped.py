"""A prompt that comes through a pipe: `echo "Once" | rnngen generate RUN`.

Programs, CI and `while read` loops hand down a stdin that is not meant for us, that someone else
still reads, or that never ends. So without `-`, which always reads stdin to its end, it is taken
only if it is certainly a prompt: a pipe that holds something already, or a file that nobody has
begun to read. A terminal, a device, an empty or a closed stdin is left alone, and nothing waits for
long.
"""

from __future__ import annotations

import os
import select
import stat
import sys
from collections.abc import Callable

from rnngen.contracts.errors import UsageError

PATIENCE = 2.0
"""Seconds to wait for the rest of what has begun to come."""

LARGEST = 2**26
"""Most bytes of such a prompt."""

PIECE = 2**16


def piped(note: Callable[[str], None]) -> bytes | None:
    """What stdin holds, if it is certainly a prompt; None: it is not.

    Args:
        note: told of a pipe that is left alone.

    Raises:
        UsageError: what began to come does not end.
    """
    try:
        number = sys.stdin.fileno()
        kind = os.fstat(number).st_mode
        if stat.S_ISREG(kind):
            # A loop that reads its lines from the file stands somewhere behind its beginning.
            return None if os.lseek(number, 0, os.SEEK_CUR) else _read(number)
        if not stat.S_ISFIFO(kind):
            return None
        if not _ready(number, 0.0):
            note("stdin is an empty pipe, so it is not read; `-` as the prompt waits for it")
            return None
        return _read(number)
    except (AttributeError, OSError, ValueError):  # closed, or not a stream of the system
        return None


def _read(number: int) -> bytes | None:
    """Everything up to the end; None if that is nothing."""
    parts, size = [], 0
    while part := os.read(number, PIECE):
        parts.append(part)
        size += len(part)
        if size > LARGEST or not _ready(number, PATIENCE):
            raise UsageError(
                "stdin is a pipe that does not end, so it can't be the prompt",
                hint="write `-` as the prompt to wait for its end, or `</dev/null` to ignore stdin",
            )
    return b"".join(parts) or None


def _ready(number: int, seconds: float) -> bool:
    """Whether something can be read within this time, or has ended."""
    return bool(select.select([number], [], [], seconds)[0])
