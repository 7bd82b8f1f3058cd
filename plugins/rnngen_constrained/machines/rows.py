"""A machine for several sequences, made from one for a single sequence."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import torch
from torch import Tensor

from rnngen import INFINITE, Machine, Reason, Single

REMEMBERED = 1 << 24
"""Most truth values to remember: 16 MiB."""


class PerSequence(Machine):
    """A machine whose rows are a list of a `Single`'s states.

    What is allowed is remembered by state and by what is left, as sequences and beams come back to
    the same states.
    """

    def __init__(self, single: Single) -> None:
        self._single = single
        self.vocabulary = single.vocabulary
        self.exact = single.exact
        self.ample = single.ample
        self.engine = single.engine
        self.limits = single.limits
        self._masks: dict[tuple[Hashable, int | None], Tensor] = {}
        self._room = max(1, REMEMBERED // max(1, len(single.vocabulary)))

    def start(self, batch: int) -> list[Hashable]:
        """The state before the first step, `batch` times."""
        return [self._single.start()] * batch

    def allowed(self, rows: Sequence[Hashable], left: Tensor | None) -> Tensor:
        """`[B,V]` bool."""
        budgets: Sequence[int | None] = [None] * len(rows) if left is None else left.tolist()
        masks = [self._mask(state, budget) for state, budget in zip(rows, budgets, strict=True)]
        if not masks:
            return torch.zeros(0, len(self.vocabulary), dtype=torch.bool)
        return masks[0].unsqueeze(0) if len(masks) == 1 else torch.stack(masks)

    def advance(self, rows: Sequence[Hashable], steps: Tensor) -> list[Hashable]:
        """The states after `steps [B]`; the end leaves a row as it is."""
        end, advance = self.vocabulary.end, self._single.advance
        return [
            state if step == end else advance(state, step)
            for state, step in zip(rows, steps.tolist(), strict=True)
        ]

    def select(self, rows: Sequence[Hashable], index: Tensor) -> list[Hashable]:
        """The states of some rows."""
        return [rows[place] for place in index.tolist()]

    def needed(self, rows: Sequence[Hashable]) -> Tensor:
        """`[B]` int64."""
        return torch.tensor([min(self._single.needed(state), INFINITE) for state in rows])

    def single(self) -> Single:
        """The machine it was made from."""
        return self._single

    def spelt(self) -> Sequence[Any]:
        """The automata of the machine it was made from."""
        return self._single.spelt()

    def fault(self, steps: Sequence[int]) -> str | None:
        """What the machine it was made from says."""
        return self._single.fault(steps)

    def explain(self, rows: Sequence[Hashable], row: int, step: int, left: int | None) -> Reason:
        """Why `step` is forbidden in a row."""
        return self._single.explain(rows[row], step, left)

    def _mask(self, state: Hashable, left: int | None) -> Tensor:
        if left is not None and left > self.ample:
            left = None
        key = state, left
        mask = self._masks.get(key)
        if mask is None:
            if len(self._masks) >= self._room:
                self._masks.clear()
            mask = torch.zeros(len(self.vocabulary), dtype=torch.bool)
            steps = self._single.allowed(state, left)
            mask[torch.as_tensor(steps, dtype=torch.int64)] = True
            self._masks[key] = mask
        return mask
