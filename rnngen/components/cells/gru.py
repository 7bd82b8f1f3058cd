"""Gated recurrent unit (Cho et al. 2014).

    r_t = σ(W_r x_t + U_r h_{t−1} + b_r)                      reset gate
    z_t = σ(W_z x_t + U_z h_{t−1} + b_z)                      update gate
    n_t = tanh(W_n x_t + b_n + r_t ⊙ (U_n h_{t−1} + d_n))     candidate, reset after the product
    n_t = tanh(W_n x_t + b_n + U_n (r_t ⊙ h_{t−1}))           candidate, reset before the product
    h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{t−1},   y_t = h_t

`reset = "before"` is the paper's; `reset = "after"` is what cuDNN and torch compute, and trains as
a fused layer, several times faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from rnngen.components.cells.fused import FusedCell
from rnngen.components.cells.linear import Linear, prepare_linear
from rnngen.contracts.cell import Project, Recur
from rnngen.contracts.options import option


@dataclass(frozen=True)
class Options:
    """Gated recurrent unit."""

    reset: Literal["after", "before"] = option(
        "after",
        "where the reset gate acts: after the matrix product (fused, fast) or before it (Cho 2014)",
    )


class GRU(FusedCell):
    """Reset and update gates, no separate memory; the state is h [B,H].

    Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014, equations 5 to 8.
    Gates lie in the order r, z, n, as in torch.
    """

    def __init__(self, input_size: int, hidden_size: int, options: Options | None = None) -> None:
        super().__init__(input_size, hidden_size)
        self.options = options or Options()
        self.layer = nn.GRU(input_size, hidden_size)
        self._start()

    def initial_state(self, batch_size: int) -> Tensor:
        """h = 0, `[B,H]`."""
        return self.u.new_zeros(batch_size, self.hidden_size)

    def project(self, x: Tensor) -> Tensor:
        """W x + b for all gates, `[..., I]` to `[..., 3H]`."""
        return nn.functional.linear(x, self.w, self.b)

    def recur(self, z: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """The equations above, given z = W x + b."""
        weight, bias = self.u, self.d
        linear = nn.functional.linear
        if self.options.reset == "after":
            return _reset_after(z, state, lambda h: linear(h, weight, bias))
        k = 2 * self.hidden_size
        return _reset_before(
            z,
            state,
            lambda h: linear(h, weight[:k], bias[:k]),
            lambda h: linear(h, weight[k:], bias[k:]),
        )

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """The fused layer, or the loop where the reset comes before: `x [T,B,I]`."""
        if self.options.reset == "before":
            return super().forward(x, state)
        y, h = self.layer(x, state.unsqueeze(0))
        return y, h.squeeze(0)

    def prepare(self) -> tuple[Project, Recur]:
        """Weights laid out once."""
        project = prepare_linear(self.w, self.b)
        weight, bias = self.u, self.d
        if self.options.reset == "after":
            u = prepare_linear(weight, bias)
            return project, lambda z, h: _reset_after(z, h, u)
        k = 2 * self.hidden_size
        u_gates = prepare_linear(weight[:k], bias[:k])
        u_n = prepare_linear(weight[k:], bias[k:])
        return project, lambda z, h: _reset_before(z, h, u_gates, u_n)


def _reset_after(z: Tensor, h: Tensor, u: Linear) -> tuple[Tensor, Tensor]:
    """One step; `u(h)` is U h + d for all gates, `[B,3H]`."""
    size = h.shape[1]
    a = u(h)
    gates = torch.sigmoid(z[:, : 2 * size] + a[:, : 2 * size])
    r, update = gates[:, :size], gates[:, size:]
    n = torch.tanh(torch.addcmul(z[:, 2 * size :], r, a[:, 2 * size :]))
    return _mix(n, h, update)


def _reset_before(z: Tensor, h: Tensor, u_gates: Linear, u_n: Linear) -> tuple[Tensor, Tensor]:
    """One step; `u_gates(h)` is `[B,2H]` for r and z, `u_n(h)` is `[B,H]` for the candidate."""
    size = h.shape[1]
    gates = torch.sigmoid(z[:, : 2 * size] + u_gates(h))
    r, update = gates[:, :size], gates[:, size:]
    n = torch.tanh(z[:, 2 * size :] + u_n(r * h))
    return _mix(n, h, update)


def _mix(n: Tensor, h: Tensor, update: Tensor) -> tuple[Tensor, Tensor]:
    """(1 − z) ⊙ n + z ⊙ h, as output and state.

    Under autocast the gates are in half precision but the state is float32 and stays so: a small
    change would be lost in bfloat16. `torch.lerp` takes one type only.
    """
    h = torch.lerp(n.to(h.dtype), h, update.to(h.dtype))
    return h, h
