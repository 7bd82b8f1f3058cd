"""The base of cells for which torch computes a whole sequence in one fused kernel."""

from __future__ import annotations

import math
from typing import cast

from torch import Tensor, nn

from rnngen.contracts.cell import Cell


class FusedCell(Cell):
    """A cell around one layer of `nn.RNN`, `nn.LSTM` or `nn.GRU`; G gates of H numbers each."""

    recurrent_weights = ("layer.weight_hh_l0",)
    layer: nn.RNNBase

    @property
    def w(self) -> Tensor:
        """Input weights of all gates, `[G·H, I]`."""
        return cast(Tensor, self.layer.weight_ih_l0)

    @property
    def u(self) -> Tensor:
        """Recurrent weights of all gates, `[G·H, H]`."""
        return cast(Tensor, self.layer.weight_hh_l0)

    @property
    def b(self) -> Tensor:
        """Biases of the input product, `[G·H]`."""
        return cast(Tensor, self.layer.bias_ih_l0)

    @property
    def d(self) -> Tensor:
        """Biases of the recurrent product, `[G·H]`; torch has both."""
        return cast(Tensor, self.layer.bias_hh_l0)

    def _start(self) -> None:
        """Input weights so large that inputs of variance 1 move a gate by about 1/2; no biases.

        torch draws them with variance 1/(3H): with few inputs and many hidden numbers the cell
        hardly sees its input, and learns markedly slower. Recurrent weights are torch's.
        """
        nn.init.normal_(self.w, std=0.5 / math.sqrt(self.input_size))
        nn.init.zeros_(self.b)
        nn.init.zeros_(self.d)
