"""Chooses padding and threads so that a row's bits do not depend on its batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

import torch

UNITS = (1, 2, 4, 8, 16, 32)


ACCELERATOR_UNITS = (16, 64)


VECTORS = 32
"""Numbers in the pair of registers that PyTorch's widest loops work on at a time."""


PROBED_STEPS = 8


PROBED_UNITS = 9


class _Way(Enum):
    """How a number of rows is computed."""

    WHOLE = "at once"
    ONE_THREAD = "at once, on one thread"
    UNITS = "unit by unit, on one thread"


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    if before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
