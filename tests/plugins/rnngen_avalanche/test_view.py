"""The model as plugins see it: the same numbers as the loop's, state and all."""

from __future__ import annotations

import copy

import pytest
import torch

from rnngen.contracts.batch import Batch
from rnngen.contracts.cell import Cell, tensors
from rnngen_avalanche.chunk import IGNORED, PADDING, Chunk
from rnngen_avalanche.view import PluginView
from tests.plugins.rnngen_continual.stage import model

CELLS = ["gru", "lstm", "rnn", "nested"]
STEPS, LANES, SIZE = 6, 3, 5


def batch(seed: int = 0, rows: int = LANES, steps: int = STEPS) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(1, SIZE, (steps + 1, rows), generator=generator)
    return Batch(ids[:-1], ids[1:], None, None)


class Nested(Cell):
    """A cell whose state is a dict of a tensor and a tuple, one of them whole numbers."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.gate = torch.nn.Linear(input_size + hidden_size, hidden_size)

    def initial_state(self, batch_size):
        count = torch.zeros(batch_size, 1, dtype=torch.int64)
        return {"h": self.gate.weight.new_zeros(batch_size, self.hidden_size), "clock": (count,)}

    def step(self, x, state):
        h = torch.tanh(self.gate(torch.cat([x, state["h"]], 1)) + state["clock"][0] / 7)
        return h, {"h": h, "clock": (state["clock"][0] + 1,)}


def view(cell: str = "gru", **options) -> PluginView:
    if cell != "nested":
        return PluginView(model(cell=cell, **options), Chunk(), boundary=0)
    net = model(cell="gru", **options)
    old = net.cells[0]
    net.cells[0] = Nested(old.input_size, old.hidden_size)
    return PluginView(net, Chunk(), boundary=0)


def items_first(output: torch.Tensor) -> torch.Tensor:
    return output.transpose(0, 1).flatten(0, 1)


@pytest.mark.parametrize("cell", CELLS)
def test_windows_begin_with_the_initial_state_and_reset_at_boundaries(cell):
    seen = view(cell)
    window = batch().inputs
    window[3, 1] = 0
    resets = window == 0
    expected, _ = seen.net(window, seen.net.initial_state(LANES), resets)
    for _ in range(2):
        assert torch.equal(seen(window.t()), items_first(expected))


def test_padding_of_a_window_is_read_as_something_without_a_reset():
    seen = view()
    window = batch().inputs.t().clone()
    expected = seen(window).view(LANES, STEPS, -1)
    window[1, 4:] = PADDING
    assert torch.equal(seen(window).view(LANES, STEPS, -1)[1, :4], expected[1, :4])


@pytest.mark.parametrize("cell", CELLS)
def test_current_chunk_is_read_with_the_state_that_the_one_before_left(cell):
    seen = view(cell)
    state = seen.net.initial_state(LANES)
    for seed in range(3):
        chunk = batch(seed)
        expected, state = seen.net(chunk.inputs, state)
        seen.chunk.read(chunk, LANES)
        # A second pass starts where the first one did.
        for _ in range(2):
            assert torch.allclose(seen(seen.chunk.x), items_first(expected), atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_rows_behind_the_lanes_begin_anew_and_are_not_carried_on(cell):
    seen = view(cell)
    first, second = batch(0), batch(1, rows=LANES + 2)
    seen.chunk.read(first, LANES)
    seen(seen.chunk.x)
    seen.chunk.read(second, LANES)
    output = seen(seen.chunk.x).view(LANES + 2, STEPS, -1)
    alone, _ = seen.net(second.inputs[:, LANES:], seen.net.initial_state(2))
    assert torch.allclose(output[LANES:], alone.transpose(0, 1), atol=1e-6)
    assert {part.shape[0] for layer in seen.carried for _, part in tensors(layer)} == {LANES}


def test_equal_tensor_is_not_the_current_chunk():
    seen = view()
    for seed in range(2):
        seen.chunk.read(batch(seed), LANES)
        carried = seen(seen.chunk.x)
    assert not torch.equal(seen(seen.chunk.x.clone()), carried)
    seen.chunk.close()
    assert seen.chunk.x is None


def test_copied_teacher_reads_with_the_loop_and_carries_a_state_of_its_own():
    seen = view(layers=2)
    teacher = copy.deepcopy(seen)
    assert teacher.chunk is seen.chunk
    assert not any(parameter.requires_grad for parameter in teacher.parameters())
    with torch.no_grad():
        for parameter in seen.parameters():
            parameter += 0.3
    state = teacher.net.initial_state(LANES)
    for seed in range(3):
        chunk = batch(seed)
        expected, state = teacher.net(chunk.inputs, state)
        seen.chunk.read(chunk, LANES)
        assert torch.allclose(teacher(seen.chunk.x), items_first(expected), atol=1e-6)


def test_teacher_has_dropout_off_whatever_mode_the_model_was_in():
    seen = view()
    seen.net.dropout.share = 0.5
    seen.train()
    teacher = copy.deepcopy(seen)
    assert not any(module.training for module in teacher.modules())
    window = batch().inputs.t()
    assert torch.equal(teacher(window), teacher(window))
    assert not torch.equal(seen(window), seen(window))


def test_dropout_stays_off_within_a_pass_that_asks_for_training_mode():
    seen = view().train()
    with seen.without_dropout():
        seen.eval()
        seen.train()
        assert seen.training
        assert not seen.net.dropout.training
    assert seen.net.dropout.training


def test_recurrent_layers_on_a_gpu_never_leave_training_mode(monkeypatch):
    seen = view()
    seen.eval()
    layer = seen.net.cells[0].layer
    assert not layer.training
    monkeypatch.setattr(torch.nn.Parameter, "is_cuda", True, raising=False)
    seen.eval()
    assert layer.training
    assert not seen.net.dropout.training


def test_targets_without_weight_are_ignored_and_unknown_ids_masked():
    chunk = Chunk()
    inputs = torch.tensor([[1, 2], [3, 4]])
    weights = torch.tensor([[1.0, 1.0], [0.0, 1.0]])
    chunk.read(Batch(inputs, inputs + 1, weights, None), 2)
    assert chunk.y.tolist() == [[2, IGNORED], [3, 5]]
    assert chunk.known(5, 5).tolist() == [True, False, True, True]
    assert chunk.known(4, 5).tolist() == [True, False, True, False]
    chunk.read(Batch(inputs, inputs + 1, None, None), 2)
    assert chunk.known(5, 5) is None
