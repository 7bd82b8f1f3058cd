"""The old model's outputs for the windows of a memory, cached while a task is learned.

Neither the old model nor the memory changes until the task ends, and each window is rehearsed many
times by then: to read it once saves the old model's part of every step. Windows are read in blocks
of the memory's order, never as they are drawn, so that what is said to one of them, to the last
bit, does not depend on when the training was stopped and resumed.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnngen import Batch, Run
from rnngen_continual.kept_data import Memory
from rnngen_continual.teacher import Teacher

BLOCK = 32
"""Windows that are read together."""

MOST = 256_000_000
"""Bytes of answers that are kept."""


class Answers:
    """The old model's outputs for drawn windows, cached where that saves time.

    Args:
        teacher: the old model.
        memory: windows to answer.
    """

    def __init__(self, teacher: Teacher, memory: Memory) -> None:
        self.teacher = teacher
        self.memory = memory
        self._blocks: dict[int, Tensor] = {}
        """`[n,W,K]` each."""

    def to(self, run: Run, windows: Tensor, batch: Batch) -> Tensor:
        """The old model's outputs for windows of the memory, `[T,b,K]`.

        Args:
            run: whose model is taught.
            windows: `[b]` numbers of the windows.
            batch: `[T,b]`, the windows as they are rehearsed: cut where T is less than W.
        """
        if len(batch.inputs) != self.memory.window or not self._worth_it(run, len(windows)):
            return self.teacher.answers(run, batch)
        found = [self._block(run, at // BLOCK)[at % BLOCK] for at in windows.tolist()]
        return torch.stack(found, dim=1)

    def _worth_it(self, run: Run, rows: int) -> bool:
        """Whether the outputs fit, and a pass over the task draws each window at least once."""
        size = 4 * len(self.memory) * self.memory.window * run.model.likelihood.size
        return size <= MOST and len(self.memory) <= rows * len(run.task.batches)

    def _block(self, run: Run, number: int) -> Tensor:
        if number not in self._blocks:
            last = min((number + 1) * BLOCK, len(self.memory))
            windows = torch.arange(number * BLOCK, last)
            batch = self.memory.read(windows, self.memory.window).to(run.device)
            said = self.teacher.answers(run, batch)
            self._blocks[number] = said.transpose(0, 1).contiguous()
        return self._blocks[number]
