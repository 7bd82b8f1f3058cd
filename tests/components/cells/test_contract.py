"""Every registered cell, with each of its discrete options, keeps the contract."""

import itertools
import typing

import pytest
import torch

from rnngen.contracts.cell import Cell
from rnngen.contracts.options import describe
from rnngen.kernel.catalog import get_catalog
from rnngen.testing.cells import CHECKS, check_cell


def _variants():
    for component in get_catalog().components("cell"):
        fields = describe(component.load_options()) if component.options else []
        choices = {
            field.name: typing.get_args(field.type)
            for field in fields
            if typing.get_origin(field.type) is typing.Literal
        }
        for values in itertools.product(*choices.values()):
            yield component.name, dict(zip(choices, values, strict=True))


VARIANTS = list(_variants())


def test_the_literature_s_cells_are_registered():
    assert {"rnn", "lstm", "gru"} <= {name for name, _ in VARIANTS}
    assert ("gru", {"reset": "before"}) in VARIANTS


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=[f"{n}-{o}" for n, o in VARIANTS])
def test_registered_cell_keeps_the_contract(name, options, check):
    component = get_catalog().find("cell", name)
    check(lambda: component.build(5, 7, **options))


class _LooksAhead(Cell):
    """Broken on purpose: the output of a step contains the next input."""

    def __init__(self):
        super().__init__(4, 4)
        self.weight = torch.nn.Parameter(torch.eye(4))

    def initial_state(self, batch_size):
        return torch.zeros(batch_size, 4)

    def step(self, x, state):
        return x @ self.weight + state, state

    def forward(self, x, state):
        return torch.roll(x, -1, 0) @ self.weight + state, state


def test_the_contract_finds_a_cell_that_looks_ahead():
    with pytest.raises(AssertionError):
        check_cell(_LooksAhead)


class _Mixer(_LooksAhead):
    """Broken on purpose: rows see each other."""

    def step(self, x, state):
        return (x + x.mean(0)) @ self.weight + state, state

    forward = Cell.forward


def test_the_contract_finds_a_cell_whose_rows_mix():
    with pytest.raises(AssertionError, match="row"):
        check_cell(_Mixer)


class _OnlyStep(Cell):
    """The least a third party writes: `initial_state` with integers in it, and `step`."""

    def __init__(self):
        super().__init__(3, 3)
        self.weight = torch.nn.Parameter(torch.eye(3) * 0.5)

    def initial_state(self, batch_size):
        count = self.weight.new_zeros(batch_size, dtype=torch.long)
        return {"h": self.weight.new_zeros(batch_size, 3), "count": count}

    def step(self, x, state):
        h = torch.tanh(x + state["h"] @ self.weight)
        return h, {"h": h, "count": state["count"] + 1}


def test_a_cell_of_two_methods_keeps_the_contract():
    check_cell(_OnlyStep)
