"""Random numbers as a function of seed, sequence and step.

A generator that returns the next number makes a sequence depend on what else was drawn.
Philox (Salmon et al. 2011) computes the n-th number from a key and a counter instead: here the key
is (seed, sequence) and the counter the step. NumPy guarantees the raw stream of a bit generator,
not what is made of it (NEP 19), so the conversion is written out below.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LARGEST_SEED = 2**64 - 1
CHUNK = 256
"""Steps computed at once; the draws do not depend on it."""
_PER_COUNT = 4
"""Numbers that Philox computes from one counter."""


def uniforms(seed: int, sequence: int, start: int, count: int) -> NDArray[np.float64]:
    """Uniform numbers of steps `start` to `start + count` of one sequence.

    They are multiples of 2⁻⁵² in [0, 1): small enough that `u * total < total` also after rounding.

    Args:
        seed: 0 to 2⁶⁴ − 1.
        sequence: its number, 0 to 2⁶⁴ − 1.
        start: the first step.
        count: how many steps.

    Returns:
        `[count]` float64.
    """
    key = np.array([seed, sequence], dtype=np.uint64)
    block, skipped = divmod(start, _PER_COUNT)
    counter = np.array([block, 0, 0, 0], dtype=np.uint64)
    stream = np.random.Philox(key=key, counter=counter)
    raw = np.asarray(stream.random_raw(skipped + count), dtype=np.uint64)
    return (raw[skipped:] >> np.uint64(12)).astype(np.float64) * 2.0**-52


def other_seed(seed: int, sequence: int, attempt: int) -> int:
    """The seed for drawing a sequence again, from another part of its stream.

    Args:
        seed: 0 to 2⁶⁴ − 1.
        sequence: its number, 0 to 2⁶⁴ − 1.
        attempt: 1, 2, ...
    """
    key = np.array([seed, sequence], dtype=np.uint64)
    # Steps count in the first of these four, and none reaches the last.
    counter = np.array([attempt, 0, 0, 1], dtype=np.uint64)
    return int(np.random.Philox(key=key, counter=counter).random_raw())


class Draws:
    """The uniform numbers of several sequences, step by step.

    Args:
        seed: 0 to 2⁶⁴ − 1.
        sequences: their numbers.
        waits: steps before each sequence's own step 0; it draws 0 until then.
        length: most steps that will be requested.
        numbers: how many numbers a step takes; where it is more than one, a step has a row of them.
    """

    def __init__(
        self,
        seed: int,
        sequences: Sequence[int],
        waits: Sequence[int],
        length: int,
        numbers: int = 1,
    ) -> None:
        self._seed = seed
        self._sequences = list(sequences)
        self._waits = list(waits)
        self._length = length
        self._first = 0
        self._numbers = numbers
        self._chunk = np.empty((0, len(self._sequences)))

    def at(self, step: int) -> NDArray[np.float64]:
        """`[B]` float64 for a step, or `[B,numbers]`; steps are requested in order."""
        if step >= self._first + len(self._chunk):
            self._first = step
            self._chunk = self._compute(step, min(CHUNK, max(1, self._length - step)))
        row: NDArray[np.float64] = self._chunk[step - self._first]
        return row

    def keep(self, rows: Sequence[int]) -> None:
        """Keeps only these sequences."""
        self._sequences = [self._sequences[row] for row in rows]
        self._waits = [self._waits[row] for row in rows]
        self._chunk = self._chunk[:, list(rows)]

    def _compute(self, step: int, count: int) -> NDArray[np.float64]:
        several = () if self._numbers == 1 else (self._numbers,)
        chunk = np.zeros((count, len(self._sequences), *several))
        for row, (sequence, wait) in enumerate(zip(self._sequences, self._waits, strict=True)):
            waiting = min(max(wait - step, 0), count)
            own = max(step - wait, 0)
            drawn = uniforms(
                self._seed, sequence, own * self._numbers, (count - waiting) * self._numbers
            )
            chunk[waiting:, row] = drawn.reshape(-1, *several)
        return chunk
