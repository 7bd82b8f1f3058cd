"""A task's own random numbers, for what Avalanche draws before and after it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def apart(seed: int, number: int) -> Iterator[None]:
    """Within, Python's and torch's numbers follow from these two; those of the run stay put.

    Avalanche fills its memories with Python's `random`, which a run neither seeds nor saves.

    Args:
        seed: of the run.
        number: of tasks that were learned before.
    """
    python, torches = random.getstate(), torch.default_generator.get_state()
    own = seed * 1_000_003 + number
    random.seed(own)
    torch.default_generator.manual_seed(own % 2**63)
    try:
        yield
    finally:
        random.setstate(python)
        torch.default_generator.set_state(torches)
