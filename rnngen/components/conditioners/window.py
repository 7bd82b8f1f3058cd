"""A soft window over a text, around any cell (Graves 2013, "Generating sequences with recurrent
neural networks", section 5.1).

The cell reads its input and what the window showed last; its output moves the window on:

    h_t = cell([x_t, w_{t-1}])
    (α̂, β̂, κ̂) = W h_t + b                          K numbers each
    α = exp α̂,  β = exp β̂,  κ_t = κ_{t-1} + exp κ̂   eq. 48 to 51: it never moves back
    φ(t,u) = Σ_k α_k exp(−β_k (κ_k − u)²)            eq. 46
    w_t = Σ_u φ(t,u) c_u                             eq. 47: c_u is symbol u, one-hot
    y_t = h_t + V w_t                                for the layers above

What is read stands in the state, lane by lane, so that it is carried, chosen and set back with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from rnngen.components.cells.linear import prepare_linear
from rnngen.contracts.cell import Cell, Project, Recur, State
from rnngen.contracts.steps import ConditionShape

STEEPEST = 6.0
"""α̂, β̂ and κ̂ are held to this size, so that their exponentials stay finite in half precision."""


class Window(Cell):
    """Reads a condition `[B,U]` of symbols through a window that its own output moves.

    Args:
        build: makes the cell, given the size of its input.
        input_size: I.
        condition: how many symbols there are, and how many a condition has at most.
        bells: K, components of the window.
    """

    def __init__(
        self, build: Callable[[int], Cell], input_size: int, condition: ConditionShape, bells: int
    ) -> None:
        cell = build(input_size + condition.symbols)
        super().__init__(input_size, cell.hidden_size)
        self.cell = cell
        self.recurrent_weights = tuple(f"cell.{name}" for name in cell.recurrent_weights)
        self.shape = condition
        self.bells = bells
        self.moves = nn.Linear(cell.hidden_size, 3 * bells)
        self.shows = nn.Linear(condition.symbols, cell.hidden_size, bias=False)
        with torch.no_grad():
            nn.init.normal_(self.moves.weight, std=0.075)
            # At first bells of one letter's width, which together weigh one, move evenly.
            nn.init.zeros_(self.moves.bias)
            self.moves.bias[:bells] = -math.log(bells)
            self.moves.bias[2 * bells :] = math.log(condition.pace)

    def initial_state(self, batch_size: int) -> State:
        """The cell's, and a window before the first symbol of no text."""
        weight = self.moves.weight
        return {
            "cell": self.cell.initial_state(batch_size),
            "place": weight.new_zeros(batch_size, self.bells),
            "shown": weight.new_zeros(batch_size, self.shape.symbols),
            "text": torch.zeros(
                batch_size, self.shape.length, dtype=torch.int64, device=weight.device
            ),
        }

    def conditioned(self, state: State, condition: Tensor) -> State:
        """The state with what is to be read, `[B,U]` int64, 0 where there is nothing."""
        return {**state, "text": condition.to(self.moves.weight.device)}

    def recur(self, z: Tensor, state: State) -> tuple[Tensor, State]:
        """`z [B,I]` to `(y [B,H], state)`."""
        return self._advance(self.cell.step, self.moves, self.shows, z, state)

    def prepare(self) -> tuple[Project, Recur]:
        """Over the prepared cell."""
        project, recur = self.cell.prepare()
        moves = prepare_linear(self.moves.weight, self.moves.bias)
        shows = prepare_linear(self.shows.weight, None)

        def step(x: Tensor, state: State) -> tuple[Tensor, State]:
            return recur(project(x), state)

        def advance(z: Tensor, state: State) -> tuple[Tensor, State]:
            return self._advance(step, moves, shows, z, state)

        return (lambda x: x), advance

    def _advance(
        self, step: Recur, moves: Project, shows: Project, x: Tensor, state: State
    ) -> tuple[Tensor, State]:
        text = state["text"]
        h, cell = step(torch.cat([x, state["shown"].to(x.dtype)], -1), state["cell"])
        with torch.autocast(h.device.type, enabled=False):
            alpha, beta, pace = (
                moves(h.float()).clamp(-STEEPEST, STEEPEST).exp().chunk(3, -1)
            )  # [B,K] each
            place = state["place"] + pace
            u = torch.arange(1, text.shape[1] + 1, device=h.device, dtype=place.dtype)
            apart = place.unsqueeze(-1) - u  # [B,K,U]
            bells = alpha.unsqueeze(-1) * torch.exp(-beta.unsqueeze(-1) * apart.square())
            phi = bells.sum(1) * (text > 0)  # [B,U]
            shown = phi.new_zeros(len(phi), self.shape.symbols).scatter_add(1, text, phi)
            y = h.float() + shows(shown)
        return y, {"cell": cell, "place": place, "shown": shown, "text": text}
