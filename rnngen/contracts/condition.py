"""The contract of a conditioner, which reads what a document is conditioned on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from rnngen.contracts.cell import Cell, Project, Recur, State, map_state
from rnngen.contracts.steps import ConditionShape

Memory = Any
"""What a conditioner made of a condition: a tensor, or a nested tuple, list or dict of tensors; the
first dimension is the batch, and shapes do not depend on what is read."""

Read = Callable[[Memory, State, Tensor], tuple[Tensor, State]]


class Conditioner(Cell, ABC):
    """The lowest layer of a model, which reads a condition at each step of its cell:

        h_t = cell([x_t, r_{t-1}])
        r_t, focus_t = read(memory, focus_{t-1}, h_t)
        y_t = h_t + V r_t                               for the layers above, V where there is one

    Memory, focus and what was read last are part of the layer's state. So they are carried, chosen
    and reset with it, lane by lane, and nothing else knows of conditions. The gradient of `encode`
    covers the batch in which the document begins.

    It is built as `target(build, input_size, condition, size, options)`, where `size` is the
    option `model.window`. A subclass defines `encode`, `focus` and `read`, and sets `shows` to V;
    `rnngen.testing.conditioners` checks the contract.

    Args:
        build: makes the cell, given the size of its input.
        input_size: I, numbers in one x.
        condition: what conditions look like.
        width: E, numbers in what is read in a step.
    """

    def __init__(
        self, build: Callable[[int], Cell], input_size: int, condition: ConditionShape, width: int
    ) -> None:
        cell = build(input_size + width)
        super().__init__(input_size, cell.hidden_size)
        self.cell = cell
        self.recurrent_weights = tuple(f"cell.{name}" for name in cell.recurrent_weights)
        self.condition = condition
        self.width = width
        self.shows: nn.Linear | None = None

    @abstractmethod
    def encode(self, values: Tensor, mask: Tensor) -> Memory:
        """Encodes a condition, once per document.

        Args:
            values: `[B, U, *element]` of the type `condition.dtype`.
            mask: `[B,U]` bool, where there is something; all False where there is no condition.
        """

    def initial(self, memory: Memory) -> Tensor | None:
        """`[B,H]`, added to each part `[B,H]` of the cell's first state; None: nothing."""
        return None

    @abstractmethod
    def focus(self, batch: int) -> State:
        """Its own state before the first step, such as the place of a window; batch first."""

    @abstractmethod
    def read(self, memory: Memory, focus: State, h: Tensor) -> tuple[Tensor, State]:
        """Reads from memory after a step.

        Args:
            memory: from `encode`.
            focus: from `focus`, or from the step before.
            h: `[B,H]` float32, the cell's output.

        Returns:
            `[B,E]` float32, and the focus for the next step.
        """

    def prepare_read(self) -> tuple[Read, Project | None]:
        """`read` and `shows` for inference, over weights laid out once for speed."""
        return self.read, self.shows

    # What follows from these: a cell.

    def initial_state(self, batch_size: int) -> State:
        """The state before the first step of documents without a condition."""
        shape = (batch_size, *self.condition.shape)
        return self.conditioned(torch.zeros(shape, dtype=getattr(torch, self.condition.dtype)))

    def conditioned(self, values: Tensor) -> State:
        """The state before the first step, with the condition to read.

        The keys are those of the window in 0.1.0, whose checkpoints hold such states.

        Args:
            values: `[B, U, *element]`; elements of zeros only are padding.
        """
        device = next(self.cell.parameters()).device
        values = values.to(device, getattr(torch, self.condition.dtype))
        batch = len(values)
        mask = (values != 0).reshape(*values.shape[:2], -1).any(-1)
        memory = self.encode(values, mask)
        first, cell = self.initial(memory), self.cell.initial_state(batch)
        if first is not None:
            cell = map_state(lambda part: part + first if part.shape == first.shape else part, cell)
        return {
            "cell": cell,
            "place": self.focus(batch),
            "shown": torch.zeros(batch, self.width, device=device),
            "text": memory,
        }

    def recur(self, z: Tensor, state: State) -> tuple[Tensor, State]:
        """`z [B,I]` to `(y [B,H], state)`."""
        return _advance(self.cell.step, self.read, self.shows, z, state)

    def prepare(self) -> tuple[Project, Recur]:
        """Over the prepared cell."""
        project, recur = self.cell.prepare()
        read, shows = self.prepare_read()

        def step(x: Tensor, state: State) -> tuple[Tensor, State]:
            return recur(project(x), state)

        def advance(z: Tensor, state: State) -> tuple[Tensor, State]:
            return _advance(step, read, shows, z, state)

        return (lambda x: x), advance


def _advance(
    step: Recur, read: Read, shows: Project | None, x: Tensor, state: State
) -> tuple[Tensor, State]:
    memory = state["text"]
    h, cell = step(torch.cat([x, state["shown"].to(x.dtype)], -1), state["cell"])
    with torch.autocast(h.device.type, enabled=False):
        y = h.float()
        shown, place = read(memory, state["place"], y)
        if shows is not None:
            y = y + shows(shown)
    return y, {"cell": cell, "place": place, "shown": shown, "text": memory}
