"""Cells that break their contract in one way each: a check finds it, and says so in a sentence."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import rnngen
from rnngen.testing.cells import CHECKS, check_cell


class Plain(rnngen.Cell):
    """A cell that keeps its contract, of which the others break one part."""

    def __init__(self):
        super().__init__(5, 7)
        self.u = nn.Linear(5, 7)
        self.w = nn.Linear(7, 7)

    def initial_state(self, batch_size):
        return self.u.weight.new_zeros(batch_size, 7)

    def step(self, x, h):
        h = torch.tanh(self.u(x) + self.w(h))
        return h, h


class KeepsItsState(Plain):
    def initial_state(self, batch_size):
        self.h = super().initial_state(batch_size)
        return self.h

    def step(self, x, h):
        self.h = super().step(x, self.h)[0]
        return self.h, h


class Counts(Plain):
    """Its output depends on how often it was called."""

    calls = 0

    def step(self, x, h):
        self.calls += 1
        y, h = super().step(x, h)
        return y * (1 + 0.01 * self.calls), h


class ChangesItsState(Plain):
    def step(self, x, h):
        y, _ = super().step(x, h)
        with torch.no_grad():
            h.zero_()
        return y, y


class Detaches(Plain):
    def step(self, x, h):
        return super().step(x, h.detach())


class DetachesAPart(Plain):
    """The weights learn, but not through time."""

    def step(self, x, h):
        h = torch.tanh(self.u(x) + self.w(h.detach()) + 0.01 * h)
        return h, h


class WithoutGradients(Plain):
    def step(self, x, h):
        with torch.no_grad():
            old = self.w(h)
        h = torch.tanh(self.u(x) + old + 0 * self.w(h).sum())
        return h, h


class Doubles(Plain):
    def step(self, x, h):
        y, h = super().step(x, h)
        return y.double(), h


class DoublesItsState(Plain):
    def step(self, x, h):
        y, h = super().step(x, h.float())
        return y, h.double()


class OnTheProcessor(Plain):
    def initial_state(self, batch_size):
        return torch.zeros(batch_size, 7)


class KeepsATensor(Plain):
    """A tensor that is no buffer stays where it was made."""

    def __init__(self):
        super().__init__()
        self.scale = torch.ones(7)

    def step(self, x, h):
        h = torch.tanh(self.u(x) + self.w(h)) * self.scale
        return h, h


class Short(Plain):
    def step(self, x, h):
        y, h = super().step(x, h)
        return y[:, :-1], h


class Raises(Plain):
    def step(self, x, h):
        return {}["gate"]


class Unbatched(Plain):
    def initial_state(self, batch_size):
        return self.u.weight.new_zeros(7)


BROKEN = {
    KeepsItsState: ("remembers_in_its_state_alone", "another sequence|another order"),
    Counts: ("remembers_in_its_state_alone", "after another sequence"),
    ChangesItsState: ("remembers_in_its_state_alone", "changes the state that it is given"),
    Detaches: ("learns_through_time", "is the state detached"),
    DetachesAPart: ("learns_through_time", "is the state detached"),
    WithoutGradients: ("learns_through_time", "under `no_grad`"),
    Doubles: ("shapes", "outputs of torch.float64"),
    DoublesItsState: ("shapes", "changed its type from torch.float32 to torch.float64"),
    OnTheProcessor: ("lives_where_its_weights_are", "new_zeros"),
    KeepsATensor: ("lives_where_its_weights_are", "register_buffer"),
    Short: ("shapes", r"outputs of shape \[6, 1, 6\], expected \[6, 1, 7\]"),
    Raises: ("shapes", "it raised KeyError: 'gate' .*test_broken_cells.py"),
    Unbatched: ("shapes", "does not begin with the batch dimension"),
}


def test_a_cell_that_keeps_the_contract_passes_every_check():
    check_cell(Plain)


@pytest.mark.parametrize("cell", BROKEN, ids=lambda cell: cell.__name__)
def test_what_is_broken_is_found_and_said(cell):
    check, sentence = BROKEN[cell]
    with pytest.raises(AssertionError, match=sentence) as caught:
        CHECKS[check](cell)
    assert "checked: " in str(caught.value)


def test_a_cell_that_learns_only_in_float32_is_no_fault():
    class Single(Plain):
        def initial_state(self, batch_size):
            return torch.zeros(batch_size, 7, dtype=torch.float32, device=self.u.weight.device)

    check_cell(Single)
