"""The stack: resets, residuals, tying, saving, and refusing what does not fit."""

import itertools

import pytest
import torch

from rnngen.components.likelihoods.categorical import Categorical
from rnngen.contracts.errors import BundleError, UsageError
from rnngen.kernel.core_options import ModelOptions
from rnngen.model.build import build, from_manifest


def _model(size=11, cell_options=None, **options):
    torch.manual_seed(0)
    return build(size, ModelOptions(**{"hidden": 12, **options}), cell_options or {}).eval()


def _steps(rows, lanes, size=11):
    return torch.randint(0, size, (rows, lanes), generator=torch.Generator().manual_seed(1))


def test_a_reset_forgets_what_a_lane_read_before():
    model = _model(layers=2)
    steps = _steps(10, 3)
    resets = torch.zeros(10, 3, dtype=torch.bool)
    resets[4, 1] = resets[7, 2] = True
    whole, _ = model(steps, model.initial_state(3), resets)
    without, _ = model(steps, model.initial_state(3))
    fresh, _ = model(steps[4:, 1:2], model.initial_state(1))
    torch.testing.assert_close(whole[4:, 1:2], fresh, atol=1e-5, rtol=0)
    torch.testing.assert_close(whole[:, 0], without[:, 0], atol=1e-5, rtol=0)
    assert not torch.allclose(whole[4:, 1], without[4:, 1])


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_carried_state_makes_chunks_equal_to_the_whole(cell):
    model = _model(cell=cell, layers=2, residual=True, layer_norm=True)
    steps = _steps(12, 2)
    whole, _ = model(steps, model.initial_state(2))
    first, state = model(steps[:5], model.initial_state(2))
    second, _ = model(steps[5:], state)
    torch.testing.assert_close(torch.cat([first, second]), whole, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("residual", "layer_norm", "tied"), list(itertools.product([False, True], repeat=3))
)
def test_a_described_model_is_rebuilt_to_the_same_outputs(residual, layer_norm, tied):
    model = _model(layers=2, residual=residual, layer_norm=layer_norm, tied=tied)
    again = from_manifest(model.describe(), model.likelihood)
    again.load_tensors(model.tensors())
    again.eval()
    steps = _steps(5, 2)
    assert torch.equal(
        model(steps, model.initial_state(2))[0], again(steps, again.initial_state(2))[0]
    )


def test_tied_weights_are_one_tensor_and_saved_once():
    model = _model(tied=True)
    assert model.readout.weight is model.embedding.weight
    assert "readout.weight" not in model.tensors()
    untied = _model(tied=False)
    assert untied.parameter_count - model.parameter_count == 11 * 12


def test_tying_different_widths_is_refused():
    with pytest.raises(UsageError, match="shares embedding and readout"):
        _model(tied=True, embedding=5)


def test_a_residual_adds_the_layer_s_input():
    model = _model(layers=1, residual=True)
    plain = _model(layers=1, residual=False)
    plain.load_tensors(model.tensors())
    steps = _steps(4, 2)
    added = model(steps, model.initial_state(2))[0] - plain(steps, plain.initial_state(2))[0]
    assert model.embedding.weight.shape == (11, 12)
    expected = model.embedding(steps) @ model.readout.weight.t()
    torch.testing.assert_close(added, expected, atol=1e-5, rtol=0)


def test_dropout_acts_only_in_training():
    model = _model(dropout=0.5)
    steps = _steps(4, 2)
    one, two = (model(steps, model.initial_state(2))[0] for _ in range(2))
    assert torch.equal(one, two)
    model.train()
    one, two = (model(steps, model.initial_state(2))[0] for _ in range(2))
    assert not torch.equal(one, two)


def test_wrong_shapes_are_named():
    model, other = _model(), _model(size=13)
    with pytest.raises(BundleError, match=r"embedding.weight.*\[13, 12\].*\[11, 12\]"):
        model.load_tensors(other.tensors())


@pytest.mark.parametrize(
    "change",
    [
        {"size": -1},
        {"size": "many"},
        {"parameters": 3},
        {"hidden": 0},
        {"hidden": "wide"},
        {"colour": 1},
        {"cell_options": {"forget_bias": "high"}},
    ],
)
def test_a_description_that_lies_is_refused(change):
    with pytest.raises(BundleError):
        from_manifest({**_model().describe(), **change}, Categorical(11))


@pytest.mark.parametrize("missing", ["size", "parameters", "cell_options"])
def test_a_description_that_lacks_something_is_refused(missing):
    description = _model().describe()
    del description[missing]
    with pytest.raises(BundleError, match=missing):
        from_manifest(description, Categorical(11))
