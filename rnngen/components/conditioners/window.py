"""A soft window over a text (Graves 2013, "Generating sequences with recurrent neural networks",
section 5.1).

The cell's output moves the window forward, and the next step reads what the window shows:

    (α̂, β̂, κ̂) = W h_t + b                          K numbers each
    α = exp α̂,  β = exp β̂,  κ_t = κ_{t-1} + exp κ̂   eq. 48 to 51: it never moves back
    φ(t,u) = Σ_k α_k exp(−β_k (κ_k − u)²)            eq. 46
    w_t = Σ_u φ(t,u) c_u                             eq. 47: c_u is symbol u, one-hot
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from rnngen.components.cells.linear import prepare_linear
from rnngen.contracts.cell import Cell, Project
from rnngen.contracts.condition import Conditioner, Read
from rnngen.contracts.errors import UsageError
from rnngen.contracts.steps import ConditionShape

STEEPEST = 6.0
"""α̂, β̂ and κ̂ are clamped to this size, so their exponentials stay finite in half precision."""


class Window(Conditioner):
    """Reads symbols through a window.

    The memory is the text `[B,U]` int64, 0 where there is nothing; the focus is the place κ
    `[B,K]`.

    Args:
        build: makes the cell, given the size of its input.
        input_size: I.
        condition: how many symbols there are, and how many a condition has at most.
        size: K, bells of the window.

    Raises:
        UsageError: conditions are not symbols.
    """

    def __init__(
        self, build: Callable[[int], Cell], input_size: int, condition: ConditionShape, size: int
    ) -> None:
        if condition.symbols is None or condition.element:
            raise UsageError(
                "the conditioner `window` reads symbols, but the conditions of this data are "
                f"{condition.dtype} of shape {list(condition.shape)}",
                hint="choose another with `-o model.conditioner=NAME`; see "
                "`rnngen list conditioners`",
            )
        super().__init__(build, input_size, condition, condition.symbols)
        self.bells = size
        self.moves = nn.Linear(self.hidden_size, 3 * size)
        self.shows = nn.Linear(condition.symbols, self.hidden_size, bias=False)
        with torch.no_grad():
            nn.init.normal_(self.moves.weight, std=0.075)
            # At first, the bells are one letter wide, have total weight one and move evenly.
            nn.init.zeros_(self.moves.bias)
            self.moves.bias[:size] = -math.log(size)
            self.moves.bias[2 * size :] = math.log(condition.pace)

    def encode(self, values: Tensor, mask: Tensor) -> Tensor:
        """The symbols as they are: `[B,U]`, 0 where there is nothing."""
        return values

    def focus(self, batch: int) -> Tensor:
        """`[B,K]`, before the first symbol."""
        return self.moves.weight.new_zeros(batch, self.bells)

    def read(self, memory: Tensor, focus: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """`[B,S]`, how much of each symbol the window shows, and its place `[B,K]`."""
        return self._read(self.moves, memory, focus, h)

    def prepare_read(self) -> tuple[Read, Project | None]:
        """Over prepared matrices."""
        assert self.shows is not None
        moves = prepare_linear(self.moves.weight, self.moves.bias)
        shows = prepare_linear(self.shows.weight, None)
        return lambda memory, focus, h: self._read(moves, memory, focus, h), shows

    def _read(
        self, moves: Project, text: Tensor, place: Tensor, h: Tensor
    ) -> tuple[Tensor, Tensor]:
        alpha, beta, pace = moves(h).clamp(-STEEPEST, STEEPEST).exp().chunk(3, -1)  # [B,K] each
        place = place + pace
        u = torch.arange(1, text.shape[1] + 1, device=h.device, dtype=place.dtype)
        apart = place.unsqueeze(-1) - u  # [B,K,U]
        bells = alpha.unsqueeze(-1) * torch.exp(-beta.unsqueeze(-1) * apart.square())
        phi = bells.sum(1) * (text > 0)  # [B,U]
        return phi.new_zeros(len(phi), self.width).scatter_add(1, text, phi), place
