"""The soft window keeps the contract of a cell, reads its text, and moves over it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from rnngen.components.cells.gru import GRU
from rnngen.components.cells.lstm import LSTM
from rnngen.components.conditioners.window import Window
from rnngen.contracts.cell import Cell, State
from rnngen.contracts.steps import ConditionShape
from rnngen.testing.cells import CHECKS

SHAPE = ConditionShape(symbols=4, length=6, pace=0.5)
TEXT = torch.tensor([[1, 3, 2, 2, 1, 0]])


class Reading(Window):
    """A window whose lanes all begin before the same text."""

    def initial_state(self, batch_size: int) -> State:
        return self.conditioned(TEXT.expand(batch_size, -1))


def _window(cell: Callable[[int, int], Cell], kind: type[Window] = Reading) -> Window:
    return kind(lambda size: cell(size, 7), 5, SHAPE, 3)


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
@pytest.mark.parametrize("cell", [LSTM, GRU])
def test_contract(cell: Callable[[int, int], Cell], check: Callable[..., None]) -> None:
    check(lambda: _window(cell))


def _shown(window: Window, steps: int) -> tuple[Tensor, Tensor]:
    """What the window shows after each step `[T,S]`, and where it is `[T,K]`."""
    state = window.initial_state(1)
    shown, place = [], []
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for _ in range(steps):
            _, state = window.step(torch.randn(1, 5, generator=generator), state)
            shown.append(state["shown"][0])
            place.append(state["place"][0])
    return torch.stack(shown), torch.stack(place)


def test_window_shows_what_the_equations_say() -> None:
    torch.manual_seed(0)
    window = _window(LSTM)
    x = torch.randn(1, 5)
    with torch.no_grad():
        start = window.initial_state(1)
        h, _ = window.cell.step(torch.cat([x, start["shown"]], 1), start["cell"])
        y, state = window.step(x, start)
        alpha, beta, pace = np.exp(window.moves(h)[0].double().numpy()).reshape(3, 3)
    shown = np.zeros(SHAPE.symbols)
    for u, symbol in enumerate(TEXT[0].tolist(), start=1):
        for k in range(3):
            if symbol:
                shown[symbol] += alpha[k] * np.exp(-beta[k] * (pace[k] - u) ** 2)
    assert np.allclose(state["shown"][0], shown, atol=1e-5)
    assert torch.allclose(y, h + window.shows(state["shown"]))


def test_window_never_moves_back_and_begins_at_the_pace_of_the_data() -> None:
    torch.manual_seed(0)
    _, place = _shown(_window(LSTM), 20)
    assert (place.diff(dim=0) > 0).all()
    assert float(place.diff(dim=0).mean()) == pytest.approx(SHAPE.pace, rel=0.2)


def test_window_reads_the_text_from_its_first_symbol_to_its_last() -> None:
    torch.manual_seed(0)
    shown, _ = _shown(_window(LSTM), 30)
    # Symbols that are there once, in their order; 0 is padding and never seen.
    seen = shown.argmax(0)
    assert seen[3] < 30
    assert float(shown[:, 0].abs().max()) == 0.0
    first = int((shown[:, 3] > shown[:, 2]).nonzero()[0])
    then = int((shown[:, 2] > shown[:, 3]).nonzero()[0])
    assert first < then
    assert float(shown[-1].sum()) < 1e-3, "the window does not leave the text"


def test_each_lane_reads_its_own_text() -> None:
    torch.manual_seed(0)
    window = _window(LSTM, Window)
    texts = torch.tensor([[1, 2, 3, 0, 0, 0], [3, 3, 0, 0, 0, 0]])
    x = torch.randn(8, 1, 5).expand(-1, 2, -1)
    with torch.no_grad():
        both, _ = window(x, window.conditioned(texts))
        for lane in range(2):
            start = window.conditioned(texts[lane : lane + 1])
            alone, _ = window(x[:, :1], start)
            assert torch.allclose(both[:, lane], alone[:, 0], atol=1e-6)
    assert not torch.allclose(both[:, 0], both[:, 1], atol=1e-3)


def test_window_learns_to_move_as_fast_as_it_has_to() -> None:
    torch.manual_seed(0)
    window = _window(LSTM, Window)
    readout = torch.nn.Linear(7, SHAPE.symbols)
    optimizer = torch.optim.Adam([*window.parameters(), *readout.parameters()], lr=0.02)
    # Each symbol of a text is to be named for three steps: a task that needs the window.
    generator = torch.Generator().manual_seed(0)
    texts = torch.randint(1, SHAPE.symbols, (32, SHAPE.length), generator=generator)
    wanted = texts.repeat_interleave(3, 1).T
    x = torch.zeros(len(wanted), 32, 5)
    for _ in range(250):
        y, _ = window(x, window.conditioned(texts))
        loss = torch.nn.functional.cross_entropy(readout(y).flatten(0, 1), wanted.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.3
