"""Windows drawn again and again, in an order that is a function of the seed.

The draw depends on the seed and its number only: a run that resumes
inside a task draws what it would have drawn. Each window comes once before any comes again.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rnngen import Batch, seeded
from rnngen_avalanche.chunk import IGNORED, PADDING


class Memory:
    """Windows `[n,W]` of old text.

    Args:
        x: inputs; `PADDING` where a window is shorter.
        y: targets; `IGNORED` there.
        seed: of the order.
        number: tells memories of the same run apart.
    """

    def __init__(self, x: Tensor, y: Tensor, seed: int, number: int = 0) -> None:
        self.x = x
        self.y = y
        self._seed = seed
        self._number = number
        self._epoch = -1
        self._order = np.zeros(0, np.int64)

    def windows(self, rows: int, turn: int) -> tuple[Tensor, Tensor]:
        """Draw number `turn`, `[rows,W]` each."""
        places = torch.tensor([self._at(turn * rows + row) for row in range(rows)])
        return self.x[places], self.y[places]

    def batch(self, steps: int, rows: int, turn: int, boundary: int) -> Batch:
        """Draw number `turn` as rows of a batch of `steps` steps.

        Longer windows are cut, shorter ones are padded.
        """
        x, y = self.windows(rows, turn)
        length = min(steps, x.shape[1])
        first = 0
        if length < x.shape[1]:
            random = seeded(self._seed, self._number, turn, 11)
            first = int(random.integers(x.shape[1] - length + 1))
        x, y = x[:, first : first + length].t(), y[:, first : first + length].t()
        if length < steps:
            missing = (0, 0, 0, steps - length)
            x = torch.nn.functional.pad(x, missing, value=PADDING)
            y = torch.nn.functional.pad(y, missing, value=IGNORED)
        resets = x == boundary
        resets[0] = True
        counts = y != IGNORED
        return Batch(
            x.masked_fill(x == PADDING, boundary),
            y.masked_fill(~counts, boundary),
            None if bool(counts.all()) else counts.float(),
            resets,
        )

    def _at(self, index: int) -> int:
        epoch, place = divmod(index, len(self.x))
        if epoch != self._epoch:
            self._order = seeded(self._seed, self._number, epoch, 10).permutation(len(self.x))
            self._epoch = epoch
        return int(self._order[place])


def side_by_side(parts: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Windows of several memories as one `[n,W]`; the shorter ones are padded."""
    longest = max(x.shape[1] for x, _ in parts)

    def pad(rows: Tensor, fill: int) -> Tensor:
        return torch.nn.functional.pad(rows, (0, longest - rows.shape[1]), value=fill)

    return (
        torch.cat([pad(x, PADDING) for x, _ in parts]),
        torch.cat([pad(y, IGNORED) for _, y in parts]),
    )
