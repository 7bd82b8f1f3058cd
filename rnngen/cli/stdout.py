"""Data for whoever reads stdout, until nobody does."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def while_somebody_reads() -> Iterator[None]:
    """Ends the program in peace where nobody reads stdout any more."""
    try:
        yield
    except BrokenPipeError:
        close_stdout()
        raise SystemExit(0) from None


def close_stdout() -> None:
    """Redirects stdout to nowhere, so that Python's own flush at the end stays silent."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
