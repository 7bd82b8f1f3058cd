"""Long prompts are read by the model's forward: what follows is the same within 1e-4."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from rnngen.components.decoders.sample import Sample
from rnngen.components.likelihoods.categorical import Categorical
from rnngen.contracts.cell import Cell, tensors
from rnngen.contracts.decoder import Emission, Request
from rnngen.contracts.engine import STEPPED
from rnngen.contracts.steps import ConditionShape
from rnngen.engines import torch_engine
from rnngen.engines.torch_engine import Engine
from rnngen.kernel.catalog import get_catalog
from rnngen.kernel.core_options import ModelOptions
from rnngen.model.model import Model

SIZE = 11
TOLERANCE = 1e-4


class Attention(Cell):
    """Attends to a cache of its last inputs, whose fill grows: a hybrid cell of a plugin."""

    WINDOW = 5

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.ask = nn.Linear(input_size, hidden_size)
        self.keep = nn.Linear(input_size, hidden_size)

    def initial_state(self, batch_size: int) -> dict[str, Tensor]:
        zeros = self.ask.weight.new_zeros(batch_size, self.WINDOW, self.hidden_size)
        return {"cache": zeros, "filled": torch.zeros(batch_size, dtype=torch.int64)}

    def step(self, x: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        cache = torch.cat([state["cache"][:, 1:], self.keep(x).unsqueeze(1)], 1)
        filled = (state["filled"] + 1).clamp(max=self.WINDOW)
        scores = (cache * self.ask(x).unsqueeze(1)).sum(-1)
        empty = torch.arange(self.WINDOW - 1, -1, -1) >= filled.unsqueeze(1)
        weights = scores.masked_fill(empty, -torch.inf).softmax(-1)
        return (weights.unsqueeze(-1) * cache).sum(1), {"cache": cache, "filled": filled}


def made(condition: ConditionShape | None = None, **options: Any) -> Model:
    torch.manual_seed(1)
    cell_options = options.pop("cell_options", {})
    model = Model(Categorical(SIZE), ModelOptions(hidden=24, **options), cell_options, condition)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape), alpha=0.1)
    return model.eval()


def hybrid() -> Model:
    """A recurrent layer below one that attends."""
    model = made(layers=2)
    torch.manual_seed(2)
    model.cells[1] = Attention(24, 24)
    return model.eval()


OWN = [
    name
    for name in get_catalog().names("cell")
    if get_catalog().find("cell", name).plugin.distribution == "rnngen"
]

MODELS: dict[str, Any] = {
    **{name: (lambda name=name: made(cell=name)) for name in OWN},
    "two layers, residual, normalised": lambda: made(layers=2, residual=True, layer_norm=True),
    "three gru": lambda: made(cell="gru", layers=3, tied=True),
    "reset before": lambda: made(cell="gru", cell_options={"reset": "before"}),
    "relu": lambda: made(cell="rnn", cell_options={"activation": "relu"}),
    "attention": hybrid,
}


def prompt(length: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(1, SIZE, (length, 1), generator=generator)


def assert_continues(engine: Engine, steps: Tensor) -> None:
    """After `read_prompt` the outputs are those after stepping, also many steps later."""
    output, state = engine.read_prompt(steps, engine.start(1))
    expected, stepped = engine.read(steps, engine.start(1))
    places = [(output, expected)]
    for step in prompt(30, seed=9):
        output, state = engine.step(step, state)
        expected, stepped = engine.step(step, stepped)
        places.append((output, expected))
    for one, other in places:
        assert one.shape == other.shape
        assert float((one - other).abs().max()) < TOLERANCE * max(1, float(other.abs().max()))


@pytest.mark.parametrize("name", MODELS)
def test_after_a_long_prompt_every_cell_continues_as_after_stepping(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_engine, "BLOCK", 50)
    assert_continues(Engine(MODELS[name](), boundary=0), prompt(STEPPED + 60))


@pytest.mark.parametrize("name", ["lstm", "attention"])
def test_documents_begin_within_a_prompt_as_they_do_step_by_step(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_engine, "BLOCK", 32)
    steps = prompt(120)
    steps[0] = steps[31] = steps[32] = steps[77] = steps[119] = 0
    assert_continues(Engine(MODELS[name](), boundary=0), steps)


def test_a_condition_is_read_beside_a_long_prompt() -> None:
    model = made(ConditionShape(symbols=5, length=4))
    steps = prompt(90)
    steps[40] = 0
    assert_continues(Engine(model, boundary=0, condition=torch.tensor([1, 4, 2, 0])), steps)


def test_a_short_prompt_is_stepped_bit_by_bit() -> None:
    engine = Engine(made())
    steps = prompt(STEPPED)
    output, state = engine.read_prompt(steps, engine.start(1))
    expected, stepped = engine.read(steps, engine.start(1))
    assert torch.equal(output, expected)
    pairs = zip(tensors(state), tensors(stepped), strict=True)
    assert all(torch.equal(one, other) for (_, one), (_, other) in pairs)


def test_a_prompt_has_the_same_bits_on_any_number_of_threads() -> None:
    engine, steps = Engine(made(layers=2)), prompt(300)
    one, _ = engine.read_prompt(steps, engine.start(1))
    torch.set_num_threads(2)
    try:
        two, _ = engine.read_prompt(steps, engine.start(1))
    finally:
        torch.set_num_threads(1)
    assert torch.equal(one, two)


def test_a_long_prompt_takes_one_forward_and_no_step() -> None:
    model = made()
    forwards = []
    model.cells[0].register_forward_hook(lambda cell, given, made: forwards.append(len(given[0])))
    engine = Engine(model)
    engine.step = None  # type: ignore[method-assign, assignment]
    engine.read_prompt(prompt(2500), engine.start(1))
    assert forwards == [1024, 1024, 452]


def test_no_logits_of_the_prompt_are_kept() -> None:
    model, shapes = made(), []
    model.readout.register_forward_hook(lambda layer, given, made: shapes.append(made.shape))
    engine = Engine(model)
    engine.read_prompt(prompt(1500), engine.start(1))
    assert shapes == [(1, SIZE), (1, SIZE)]


def written(engine: Engine, prompts: list[list[int]], first: int = 0) -> list[list[Emission]]:
    rows: list[list[Emission]] = [[] for _ in prompts]
    for part in Sample().decode(engine, Request(prompts, 25, seed=3, first=first)):
        rows[part.row].append(part)
    return rows


def test_a_sequence_after_a_long_prompt_does_not_depend_on_the_others() -> None:
    engine = Engine(made(layers=2))
    long, other = (prompt(200, seed).flatten().tolist() for seed in (1, 2))
    prompts = [[0], long, long, [0, 3], other, [0, 3, 4], long]
    together = written(engine, prompts)
    for row, one in enumerate(prompts):
        (alone,) = written(engine, [one], first=row)
        assert [(part.step, part.log_probability) for part in alone] == [
            (part.step, part.log_probability) for part in together[row]
        ]
