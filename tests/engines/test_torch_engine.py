"""The engine computes what the model computes, the same bits for any number of rows."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from rnngen.components.cells import linear
from rnngen.components.decoders.sample import Options as SampleOptions
from rnngen.components.decoders.sample import Sample
from rnngen.contracts.cell import Cell, tensors
from rnngen.contracts.decoder import Request
from rnngen.engines import prepared_step
from rnngen.engines.torch_engine import Engine
from rnngen.kernel.catalog import get_catalog
from rnngen.kernel.core_options import ModelOptions
from rnngen.model.build import build
from rnngen.model.model import Model

SIZE = 21
SHAPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "deep": {"layers": 3},
    "narrow_embedding": {"layers": 2, "embedding": 5},
    "residual": {"layers": 2, "residual": True},
    "layer_norm": {"layers": 2, "layer_norm": True},
    "tied": {"tied": True},
    "everything": {"layers": 3, "residual": True, "layer_norm": True, "tied": True, "dropout": 0.4},
}


def make(cell: str = "lstm", cell_options: dict[str, Any] | None = None, **shape: Any) -> Model:
    torch.manual_seed(1)
    options = ModelOptions(**{"cell": cell, "hidden": 12, "layers": 1, **shape})
    model = build(SIZE, options, cell_options or {})
    with torch.no_grad():
        for parameter in model.parameters():
            # Nothing stays at a value such as 0 that would hide a mistake.
            parameter.add_(torch.randn_like(parameter), alpha=0.2)
    return model.eval()


def stepped(engine: Engine, steps: Tensor) -> Tensor:
    state = engine.start(steps.shape[1])
    outputs = []
    for row in steps:
        output, state = engine.step(row, state)
        outputs.append(output)
    return torch.stack(outputs)


def some_steps(length: int, batch: int) -> Tensor:
    generator = torch.Generator().manual_seed(length)
    return torch.randint(SIZE, (length, batch), generator=generator)


def assert_computes(model: Model) -> None:
    steps = some_steps(9, 5)
    with torch.no_grad():
        expected, _ = model(steps, model.initial_state(5))
    assert torch.allclose(stepped(Engine(model), steps), expected, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("cell", get_catalog().names("cell"))
def test_output_is_the_models_for_every_cell_and_shape(cell: str, shape: dict[str, Any]) -> None:
    assert_computes(make(cell, **shape))


def test_output_is_the_models_for_the_other_options_of_cells() -> None:
    assert_computes(make("gru", {"reset": "before"}))
    assert_computes(make("rnn", {"activation": "relu"}))


def test_output_is_the_models_without_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared_step, "TABLE_LIMIT", 0)
    for shape in SHAPES.values():
        assert_computes(make("gru", **shape))


def test_output_is_the_models_without_onednn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "_packed", lambda weight, bias: None)
    assert_computes(make("lstm", layers=2))


class Counting(Cell):
    """A stranger's cell: only `step`, a dictionary for a state, an integer in it."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.both = nn.Linear(input_size + hidden_size, hidden_size)

    def initial_state(self, batch_size: int) -> dict[str, Tensor]:
        return {
            "h": torch.zeros(batch_size, self.hidden_size),
            "time": torch.zeros(batch_size, dtype=torch.int64),
        }

    def step(self, x: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        h = torch.tanh(self.both(torch.cat([x, state["h"]], -1)))
        return h / (1 + state["time"].unsqueeze(1)), {"h": h, "time": state["time"] + 1}


class BatchSensitive(Counting):
    """Its numbers depend a little on how many rows there are, as those of libraries do."""

    def step(self, x: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        y, state = super().step(x, state)
        return y + 1e-7 * len(x), state


def with_cells(cell: type[Cell]) -> Model:
    model = make("rnn", layers=2)
    torch.manual_seed(2)
    model.cells = nn.ModuleList(cell(12, 12) for _ in range(2))
    return model.eval()


def test_a_cell_that_only_has_step_works() -> None:
    assert_computes(with_cells(Counting))


MODELS = {
    "lstm_64": lambda: make("lstm", hidden=64, layers=2),
    "gru_50": lambda: make("gru", hidden=50, layers=2),
    "rnn_7_layer_norm": lambda: make("rnn", hidden=7, layers=2, layer_norm=True),
    "stranger": lambda: with_cells(Counting),
    "sensitive": lambda: with_cells(BatchSensitive),
}


@pytest.mark.parametrize("packed", [True, False], ids=["onednn", "plain"])
@pytest.mark.parametrize("name", MODELS)
def test_a_rows_bits_do_not_depend_on_the_rows_beside_it(
    name: str, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not packed:
        monkeypatch.setattr(linear, "_packed", lambda weight, bias: None)
    engine = Engine(MODELS[name]())
    steps = some_steps(20, 67)
    expected = torch.cat([stepped(engine, steps[:, row : row + 1]) for row in range(67)], 1)
    for batch in (2, 3, 5, 16, 33, 64, 67):
        assert torch.equal(stepped(engine, steps[:, :batch]), expected[:, :batch]), batch


@pytest.mark.parametrize("name", MODELS)
def test_a_seed_gives_the_same_sequences_however_many_are_drawn(name: str) -> None:
    engine = Engine(MODELS[name]())
    drawn = {}
    for count in (1, 3, 64, 100):
        sequences: list[list[tuple[int, float]]] = [[] for _ in range(count)]
        for part in Sample(SampleOptions(temperature=1.2)).decode(
            engine, Request([[0]] * count, 200, seed=4)
        ):
            sequences[part.row].append((part.step, part.log_probability))
        drawn[count] = sequences
    assert len({tuple(sequence) for sequence in drawn[100]}) == 100
    for count in (1, 3, 64):
        assert drawn[count] == drawn[100][:count], count


def test_read_is_the_loop_over_step() -> None:
    engine = Engine(make("lstm", layers=2))
    steps = some_steps(6, 3)
    output, state = engine.read(steps, engine.start(3))
    assert torch.equal(output, stepped(engine, steps)[-1])
    again, _ = engine.step(steps[0], state)
    assert torch.equal(again, stepped(engine, torch.cat([steps, steps[:1]]))[-1])


@pytest.mark.parametrize("name", MODELS)
def test_selected_rows_go_on_as_they_would_have(name: str) -> None:
    engine = Engine(MODELS[name]())
    steps = some_steps(5, 6)
    _, state = engine.read(steps, engine.start(6))
    rows = torch.tensor([4, 1, 1])
    chosen, _ = engine.step(torch.tensor([3, 3, 3]), engine.select(state, rows))
    everyone, _ = engine.step(torch.full((6,), 3), state)
    assert torch.equal(chosen, everyone[rows])


def test_the_state_begins_anew_before_a_boundary() -> None:
    model = make("lstm", layers=2)
    steps = some_steps(8, 4).clamp(min=1)
    steps[3, 1] = steps[5, 1] = steps[5, 2] = 0
    with torch.no_grad():
        expected, _ = model(steps, model.initial_state(4), steps == 0)
    assert torch.allclose(stepped(Engine(model, boundary=0), steps), expected, atol=1e-5)
    assert not torch.allclose(stepped(Engine(model), steps), expected, atol=1e-3)


def test_a_model_in_training_is_copied_and_left_alone() -> None:
    model = make("lstm", layers=2, dropout=0.5).train()
    engine = Engine(model)
    assert model.training
    steps = some_steps(4, 2)
    before = stepped(engine, steps)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    assert torch.equal(stepped(engine, steps), before)


def test_the_engine_leaves_random_state_threads_and_gradients_alone() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    model = make("gru")
    torch.set_rng_state(before)
    torch.set_num_threads(2)
    try:
        engine = Engine(model)
        stepped(engine, some_steps(2, 5))
        with engine.threads(1):
            assert torch.get_num_threads() == 1
        with pytest.raises(KeyError), engine.threads(1):
            raise KeyError
        assert torch.get_num_threads() == 2
        with engine.threads(10**9):
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


def test_a_step_leaves_the_state_it_was_given_as_it_was() -> None:
    for name, model in MODELS.items():
        engine = Engine(model())
        _, state = engine.read(some_steps(3, 2), engine.start(2))
        before = [part.clone() for _, part in tensors(state)]
        engine.step(torch.tensor([1, 2]), state)
        after = [part for _, part in tensors(state)]
        assert all(map(torch.equal, before, after)), name


@pytest.mark.parametrize("rows", [1, 2, 7, 64])
def test_prepared_products_are_the_plain_ones(rows: int) -> None:
    torch.manual_seed(0)
    for size, out in ((5, 3), (64, 256), (130, 33)):
        weight, bias, x = torch.randn(out, size), torch.randn(out), torch.randn(rows, size)
        expected = nn.functional.linear(x, weight, bias)
        product = linear.prepare_linear(weight, bias)
        with torch.inference_mode():
            assert torch.allclose(product(x), expected, atol=1e-4)
            weight.zero_()
            assert torch.allclose(product(x), expected, atol=1e-4)
            without = linear.prepare_linear(weight)
            assert torch.equal(without(x), torch.zeros(rows, out))
