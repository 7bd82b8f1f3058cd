"""What is dropped of a model while it learns: recurrent weights, numbers of the input."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from rnngen.components.likelihoods.categorical import Categorical
from rnngen.contracts.cell import Cell
from rnngen.contracts.errors import UsageError
from rnngen.contracts.steps import ConditionShape
from rnngen.kernel.core_options import ModelOptions
from rnngen.model.build import build
from rnngen.model.model import Model

CELLS = ["rnn", "lstm", "gru"]
STEPS = torch.randint(0, 11, (9, 3), generator=torch.Generator().manual_seed(1))


def model(seed=0, **options):
    torch.manual_seed(seed)
    return build(11, ModelOptions(**{"hidden": 16, "dropout": 0.0, **options}), {})


def output(made, seed=5, resets=None):
    torch.manual_seed(seed)
    return made(STEPS, made.initial_state(3), resets)[0]


@pytest.mark.parametrize("cell", CELLS)
def test_one_draw_of_recurrent_weights_serves_a_whole_chunk(cell):
    """The same as a model whose recurrent weights were thinned once, beforehand."""
    dropped = model(cell=cell, layers=2, weight_dropout=0.5)
    plain = model(cell=cell, layers=2)
    torch.manual_seed(5)
    for thinned, kept in zip(plain.cells, dropped.cells, strict=True):
        with torch.no_grad():
            thinned.u.copy_(dropped.weight_dropout(kept.u))
            share = (thinned.u == 0).float().mean().item()
            assert 0.3 < share < 0.7
    resets = torch.zeros(9, 3, dtype=torch.bool)
    resets[4, 1] = True
    torch.testing.assert_close(output(dropped, resets=resets), output(plain, resets=resets))
    assert torch.equal(dropped.cells[0].u, model(cell=cell, layers=2).cells[0].u), (
        "changed for good"
    )


@pytest.mark.parametrize("cell", CELLS)
def test_the_gradient_reaches_the_weights_that_were_kept_and_no_others(cell):
    made = model(cell=cell, weight_dropout=0.4)
    torch.manual_seed(5)
    kept = made.weight_dropout(made.cells[0].u.detach()) != 0
    loss = cross_entropy(output(made).flatten(0, 1), STEPS.flatten())
    loss.backward()
    gradient = made.cells[0].u.grad
    assert (gradient[~kept] == 0).all()
    assert (gradient[kept] != 0).float().mean() > 0.9
    assert all(parameter.grad is not None for parameter in made.parameters())


def test_half_precision_thins_the_same_weights():
    made = model(weight_dropout=0.5)
    exact = output(made)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = output(made)
    torch.testing.assert_close(half.float(), exact, atol=0.05, rtol=0)


def test_numbers_of_the_input_are_dropped_before_the_lowest_layer():
    made = model(input_dropout=0.5)
    torch.manual_seed(5)
    x = made.input_dropout(made.embedding(STEPS))
    y, _ = made.cells[0](x, made.cells[0].initial_state(3))
    torch.testing.assert_close(output(made), made.readout(y))


@pytest.mark.parametrize("name", ["dropout", "input_dropout", "weight_dropout"])
def test_in_evaluation_nothing_is_dropped(name):
    made = model(**{name: 0.5})
    assert not torch.equal(output(made, seed=5), output(made, seed=6))
    torch.testing.assert_close(output(made.eval()), output(model().eval()), rtol=0, atol=0)


def test_a_window_thins_the_cell_that_it_holds():
    torch.manual_seed(0)
    shape = ConditionShape(symbols=5, length=4, pace=0.5)
    options = ModelOptions(hidden=16, dropout=0.0, weight_dropout=0.5)
    made = Model(Categorical(11), options, {}, shape)
    assert made.cells[0].recurrent_weights == ("cell.layer.weight_hh_l0",)
    assert not torch.equal(output(made, seed=5), output(made, seed=6))


def test_a_cell_that_names_no_recurrent_weights_is_refused(monkeypatch):
    monkeypatch.setattr(
        "rnngen.components.cells.fused.FusedCell.recurrent_weights", Cell.recurrent_weights
    )
    with pytest.raises(UsageError, match=r"`lstm` does not name any") as error:
        model(weight_dropout=0.1)
    assert "`recurrent_weights`" in error.value.hint


def test_other_shares_are_described():
    made = model(weight_dropout=0.5, input_dropout=0.1)
    made.set_dropout(ModelOptions(dropout=0.25, input_dropout=0.0, weight_dropout=0.125))
    described = made.describe()
    assert described["dropout"] == 0.25
    assert described["input_dropout"] == 0.0
    assert described["weight_dropout"] == 0.125
    assert described["hidden"] == 16
