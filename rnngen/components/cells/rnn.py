"""The plain recurrent network (Elman 1990).

h_t = φ(W x_t + U h_{t−1} + b),   y_t = h_t,   φ = tanh or relu
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from rnngen.components.cells.fused import FusedCell
from rnngen.components.cells.linear import prepare_linear
from rnngen.contracts.cell import Project, Recur
from rnngen.contracts.options import option


@dataclass(frozen=True)
class Options:
    """Plain recurrent network."""

    activation: Literal["tanh", "relu"] = option("tanh", "φ, applied to the sum")


class RNN(FusedCell):
    """h_t = φ(W x_t + U h_{t−1} + b); the state is h [B,H].

    Elman, "Finding structure in time", 1990. Its gradients vanish or explode over long lags
    (Bengio, Simard and Frasconi 1994): the reason for `lstm` and `gru`.
    """

    def __init__(self, input_size: int, hidden_size: int, options: Options | None = None) -> None:
        super().__init__(input_size, hidden_size)
        self.options = options or Options()
        self.layer = nn.RNN(input_size, hidden_size, nonlinearity=self.options.activation)
        self._start()

    def initial_state(self, batch_size: int) -> Tensor:
        """h = 0, `[B,H]`."""
        return self.u.new_zeros(batch_size, self.hidden_size)

    def project(self, x: Tensor) -> Tensor:
        """W x + b, `[..., I]` to `[..., H]`."""
        bias = self.b + self.d
        return nn.functional.linear(x, self.w, bias)

    def recur(self, z: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """φ(z + U h)."""
        h = self._phi(torch.addmm(z, state, self.u.t()))
        return h, h

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """The fused layer: `x [T,B,I]` to `(y [T,B,H], h [B,H])`."""
        y, h = self.layer(x, state.unsqueeze(0))
        return y, h.squeeze(0)

    def prepare(self) -> tuple[Project, Recur]:
        """Weights laid out once."""
        bias = (self.b + self.d).detach()
        project = prepare_linear(self.w, bias)
        u = prepare_linear(self.u)
        phi = self._phi

        def recur(z: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
            h = phi(u(state).add_(z))
            return h, h

        return project, recur

    def _phi(self, a: Tensor) -> Tensor:
        return torch.tanh(a) if self.options.activation == "tanh" else torch.relu(a)
