"""What exact sampling draws from: a model's distribution of all valid sequences after a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rnngen import Engine, Machine, State


@dataclass(frozen=True)
class Conditional:
    """The distribution to draw from, whatever the method.

    Args:
        engine: of the model.
        machine: of all constraints.
        prompt: what is continued.
        length: how many steps may be written.
        ends: whether the model knows ends of documents; else a sequence continues while it may.
        temperature: of the model's distribution.
    """

    engine: Engine
    machine: Machine
    prompt: Sequence[int]
    length: int
    ends: bool
    temperature: float

    def begin(self) -> tuple[Tensor, State]:
        """The model's output `[1,K]` after the prompt, on the processor, and its state."""
        tokens = torch.tensor(self.prompt).unsqueeze(1)
        output, state = self.engine.read_prompt(tokens, self.engine.start(1))
        return output.float().cpu(), state
