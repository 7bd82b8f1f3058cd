"""The history of a run of several tasks: its loss on each task, after each task.

A row of the history has the nats per token on the held-out part of every task; the first one is
from before anything was learned. It also has the two numbers of Kruszewski et al. ("Evaluating
online continual learning with CALM", arXiv 2004.03340): the loss right after the switch to a task,
and how soon it was overcome.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from rnngen.data.store import Store
from rnngen.metrics.scoring import score_store
from rnngen.model.model import Model

BLOCK = 10
"""Batches whose losses are averaged."""

MEASURED = 65_536
"""Tokens of each task that are looked at: all of a held-out part up to this, else the first."""


@dataclass(frozen=True)
class Measured:
    """A task that is measured, whether it is learned or not: its name and held-out part."""

    name: str
    valid: Store | None


@dataclass
class Stream:
    """The losses of a task's training batches, averaged over blocks of `BLOCK`."""

    blocks: list[float] = field(default_factory=list)
    waiting: list[Tensor] = field(default_factory=list)

    def add(self, loss: Tensor) -> None:
        """The loss of the next batch, a scalar on any device; it is not waited for."""
        self.waiting.append(loss.detach())
        if len(self.waiting) == BLOCK:
            self.blocks.append(float(torch.stack(self.waiting).mean()))
            self.waiting = []

    @property
    def after_switch(self) -> float | None:
        """The mean of the first block, in nats per token."""
        return self.blocks[0] if self.blocks else None

    @property
    def recovered(self) -> int | None:
        """Batches until a block is no worse than the mean of all."""
        if not self.blocks:
            return None
        mean = sum(self.blocks) / len(self.blocks)
        return BLOCK * (1 + next(i for i, block in enumerate(self.blocks) if block <= mean))

    def state_dict(self) -> dict[str, Any]:
        """The losses so far, as JSON."""
        return {"blocks": self.blocks, "waiting": [float(loss) for loss in self.waiting]}

    @classmethod
    def of(cls, state: Mapping[str, Any], device: torch.device) -> Stream:
        """The stream that `state_dict` described."""
        waiting = [torch.tensor(loss, device=device) for loss in state["waiting"]]
        return cls(list(state["blocks"]), waiting)


def measure(
    model: Model,
    tasks: Sequence[Measured],
    device: torch.device,
    limit: int,
) -> list[float | None]:
    """Nats per token on the held-out part of each task; None where a task has none.

    Args:
        model: its mode is restored afterwards.
        tasks: in the order of the data.
        device: where the model is.
        limit: tokens to look at in each, the first ones.
    """
    return [
        None if task.valid is None else score_store(model, task.valid, device, limit).nats_per_token
        for task in tasks
    ]


def size_of(state: Any) -> int:
    """Bytes of the tensors in a nested state."""
    if isinstance(state, Tensor):
        return state.nbytes
    if isinstance(state, Mapping):
        return sum(map(size_of, state.values()))
    if isinstance(state, list | tuple):
        return sum(map(size_of, state))
    return 0
