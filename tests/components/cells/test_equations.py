"""The built-in cells compute the published equations, written out here in numpy."""

import numpy as np
import pytest
import torch

from rnngen.components.cells.gru import GRU
from rnngen.components.cells.gru import Options as GRUOptions
from rnngen.components.cells.lstm import LSTM
from rnngen.components.cells.lstm import Options as LSTMOptions
from rnngen.components.cells.rnn import RNN
from rnngen.components.cells.rnn import Options as RNNOptions


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def _weights(cell):
    for parameter in cell.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return [
        p.detach().double().numpy()
        for p in (
            cell.layer.weight_ih_l0,
            cell.layer.weight_hh_l0,
            cell.layer.bias_ih_l0,
            cell.layer.bias_hh_l0,
        )
    ]


@pytest.fixture
def x():
    return torch.randn(9, 2, 4, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize(
    ("activation", "phi"), [("tanh", np.tanh), ("relu", lambda a: np.maximum(a, 0))]
)
def test_rnn_is_phi_of_wx_plus_uh_plus_b(x, activation, phi):
    cell = RNN(4, 5, RNNOptions(activation=activation))
    w, u, b, d = _weights(cell)
    y, _ = cell(x, cell.initial_state(2))
    h = np.zeros((2, 5))
    for t in range(9):
        h = phi(x[t].numpy() @ w.T + h @ u.T + b + d)
        np.testing.assert_allclose(y[t].detach().numpy(), h, atol=1e-4)


def test_lstm_follows_hochreiter_and_gers(x):
    cell = LSTM(4, 5)
    w, u, b, d = _weights(cell)
    y, (h_end, c_end) = cell(x, cell.initial_state(2))
    h, c = np.zeros((2, 5)), np.zeros((2, 5))
    for t in range(9):
        i, f, g, o = np.split(x[t].numpy() @ w.T + h @ u.T + b + d, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        np.testing.assert_allclose(y[t].detach().numpy(), h, atol=1e-5)
    np.testing.assert_allclose(c_end.detach().numpy(), c, atol=1e-5)
    np.testing.assert_allclose(h_end.detach().numpy(), h, atol=1e-5)


@pytest.mark.parametrize("reset", ["after", "before"])
def test_gru_follows_cho_with_both_resets(x, reset):
    cell = GRU(4, 5, GRUOptions(reset=reset))
    w, u, b, d = _weights(cell)
    y, _ = cell(x, cell.initial_state(2))
    h = np.zeros((2, 5))
    for t in range(9):
        wr, wz, wn = np.split(x[t].numpy() @ w.T + b, 3, axis=1)
        ur, uz, un = np.split(u, 3)
        dr, dz, dn = np.split(d, 3)
        r = sigmoid(wr + h @ ur.T + dr)
        z = sigmoid(wz + h @ uz.T + dz)
        if reset == "after":
            n = np.tanh(wn + r * (h @ un.T + dn))
        else:
            n = np.tanh(wn + (r * h) @ un.T + dn)
        h = (1 - z) * n + z * h
        np.testing.assert_allclose(y[t].detach().numpy(), h, atol=1e-5)


@pytest.mark.parametrize("build", [RNN, LSTM, GRU])
def test_a_cell_without_options_has_the_defaults_of_its_dataclass(build):
    declared = {RNN: RNNOptions, LSTM: LSTMOptions, GRU: GRUOptions}[build]
    assert build(3, 4).options == declared()


def test_forget_bias_is_what_was_asked():
    cell = LSTM(3, 4, LSTMOptions(forget_bias=2.5))
    bias = (cell.layer.bias_ih_l0 + cell.layer.bias_hh_l0).detach()
    assert torch.equal(bias[4:8], torch.full((4,), 2.5))
    assert torch.equal(bias[:4], torch.zeros(4))
