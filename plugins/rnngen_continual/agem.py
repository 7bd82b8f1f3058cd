"""Averaged gradient episodic memory (Chaudhry et al. 2019).

    g     gradient of the loss on the new batch
    g_ref gradient of the loss on some rows of the memory
    if g · g_ref < 0:  g ← g − (g · g_ref / g_ref · g_ref) g_ref                      equation 11

A step may not raise the loss on the memory, to first order; nothing else is learned from it. It
costs a forward and a backward pass over the rows at every step.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from rnngen import Run, hookimpl, mean_nll, option
from rnngen_continual.keeps_data import KeepsData
from rnngen_continual.parameters import trained


@dataclass(frozen=True)
class Options:
    """Averaged gradient episodic memory.

    Never learns from its memory, only corrects steps that would hurt it: helps little when
    tasks are many or similar, and takes twice the time. Replay with the same memory is better.
    """

    memory: str = option(
        "5%", "how much is kept: a share of the old text (5%), tokens (20000) or bytes (64kB)"
    )
    share: float = option(
        1.0, "memory rows at each step, for each row of the task", min=0.01, max=8
    )


class AGEM(KeepsData):
    """Projects gradients that would hurt the memory."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        super().__init__("agem", self.options.memory)

    @hookimpl
    def gradients_ready(self, run: Run) -> None:
        """Removes the component that points against the memory's gradient."""
        memory = self.memory
        if memory is None:
            return
        rows = max(1, round(self.options.share * run.lanes))
        batch = memory.draw(memory.window, rows, run.options.seed, run.position.batch)
        batch = batch.to(run.device)
        parameters = list(trained(run.model).values())
        state = run.model.initial_state(rows)
        loss, _, _ = mean_nll(run.model, batch, state, run.device, run.dtype)
        reference = torch.autograd.grad(loss, parameters, allow_unused=True)
        pairs = [
            (parameter.grad, g)
            for parameter, g in zip(parameters, reference, strict=True)
            if parameter.grad is not None and g is not None
        ]
        along = sum(torch.dot(own.flatten(), g.flatten()) for own, g in pairs)
        if along < 0:
            share = along / sum(torch.dot(g.flatten(), g.flatten()) for _, g in pairs)
            for own, g in pairs:
                own.sub_(g * share)
