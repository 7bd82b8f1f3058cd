"""Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000).

i_t = σ(W_i x_t + U_i h_{t−1} + b_i)          input gate
f_t = σ(W_f x_t + U_f h_{t−1} + b_f)          forget gate
o_t = σ(W_o x_t + U_o h_{t−1} + b_o)          output gate
g_t = tanh(W_c x_t + U_c h_{t−1} + b_c)       candidate
c_t = f_t ⊙ c_{t−1} + i_t ⊙ g_t
h_t = o_t ⊙ tanh(c_t),   y_t = h_t
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnngen.components.cells.fused import FusedCell
from rnngen.components.cells.linear import prepare_linear
from rnngen.contracts.cell import Project, Recur
from rnngen.contracts.options import option


@dataclass(frozen=True)
class Options:
    """Long short-term memory."""

    forget_bias: float = option(
        0.0,
        "initial b_f; 1 or more helps where lags are long, and slows the first minutes of text "
        "(Gers et al. 2000, Jozefowicz et al. 2015)",
        min=-10,
        max=10,
    )


class LSTM(FusedCell):
    """Input, forget and output gates around a memory c; the state is (h, c), each [B,H].

    Hochreiter and Schmidhuber, "Long short-term memory", 1997, with the forget gate of Gers,
    Schmidhuber and Cummins 2000. Gates lie in the order i, f, g, o, as in torch.
    """

    def __init__(self, input_size: int, hidden_size: int, options: Options | None = None) -> None:
        super().__init__(input_size, hidden_size)
        self.options = options or Options()
        self.layer = nn.LSTM(input_size, hidden_size)
        self._start()
        nn.init.constant_(self.b[hidden_size : 2 * hidden_size], self.options.forget_bias)

    def initial_state(self, batch_size: int) -> tuple[Tensor, Tensor]:
        """h = c = 0, each `[B,H]`."""
        zeros = self.u.new_zeros(batch_size, self.hidden_size)
        return zeros, zeros.clone()

    def project(self, x: Tensor) -> Tensor:
        """W x + b for all gates, `[..., I]` to `[..., 4H]`."""
        bias = self.b + self.d
        return nn.functional.linear(x, self.w, bias)

    def recur(
        self, z: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The equations above, given z = W x + b."""
        h, c = state
        i, f, g, o = torch.addmm(z, h, self.u.t()).chunk(4, -1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return h, (h, c)

    def forward(
        self, x: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The fused layer: `x [T,B,I]` to `(y [T,B,H], (h, c))`."""
        h, c = state
        y, (h, c) = self.layer(x, (h.unsqueeze(0), c.unsqueeze(0)))
        return y, (h.squeeze(0), c.squeeze(0))

    def prepare(self) -> tuple[Project, Recur]:
        """Weights laid out once, gates in the order i, f, o, g: one call squashes three."""
        size = self.hidden_size
        i, f, g, o = torch.arange(4 * size, device=self.u.device).chunk(4)
        order = torch.cat([i, f, o, g])
        b = (self.b + self.d).detach()[order]
        project = prepare_linear(self.w.detach()[order], b)
        u = prepare_linear(self.u.detach()[order])

        def recur(z: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor]]:
            h, c = state
            a = u(h).add_(z)
            gates = a[:, : 3 * size].sigmoid_()
            c = gates[:, size : 2 * size] * c
            c.addcmul_(gates[:, :size], a[:, 3 * size :].tanh_())
            h = torch.tanh(c).mul_(gates[:, 2 * size :])
            return h, (h, c)

        return project, recur
