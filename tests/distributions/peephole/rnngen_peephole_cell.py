"""LSTM with peephole connections (Gers and Schmidhuber 2000).

i, f = σ(W x + U h + p ⊙ c),  c' = f ⊙ c + i ⊙ tanh(W x + U h),  o = σ(W x + U h + p ⊙ c')
"""

import torch
from torch import nn

import rnngen


class Peephole(rnngen.Cell):
    """The state is (h, c), each `[B,H]`."""

    recurrent_weights = ("recurrent.weight",)

    def __init__(self, input_size, hidden_size, forget_bias=1.0):
        super().__init__(input_size, hidden_size)
        self.input = nn.Linear(input_size, 4 * hidden_size)
        self.recurrent = nn.Linear(hidden_size, 4 * hidden_size, bias=False)
        self.peepholes = nn.Parameter(torch.zeros(3, hidden_size))
        nn.init.constant_(self.input.bias[hidden_size : 2 * hidden_size], forget_bias)

    def initial_state(self, batch_size):
        zeros = self.peepholes.new_zeros(batch_size, self.hidden_size)
        return zeros, zeros

    def step(self, x, state):
        h, c = state
        i, f, g, o = (self.input(x) + self.recurrent(h)).chunk(4, dim=-1)  # each [B,H]
        i = torch.sigmoid(i + self.peepholes[0] * c)
        f = torch.sigmoid(f + self.peepholes[1] * c)
        c = f * c + i * torch.tanh(g)
        h = torch.sigmoid(o + self.peepholes[2] * c) * torch.tanh(c)
        return h, (h, c)
