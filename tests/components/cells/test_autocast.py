"""Every registered cell computes under autocast to bfloat16, alone and inside a conditioner."""

import pytest
import torch

from rnngen.components.conditioners.window import Window
from rnngen.contracts.cell import map_state, tensors
from rnngen.contracts.steps import ConditionShape
from rnngen.kernel.catalog import get_catalog
from tests.components.cells.test_contract import VARIANTS

INPUT, HIDDEN, LANES, STEPS = 5, 8, 3, 12


def built(name, options, windowed):
    torch.manual_seed(0)
    cell = get_catalog().find("cell", name)
    if not windowed:
        return cell.build(INPUT, HIDDEN, **options)
    shape = ConditionShape(symbols=4, length=6)
    return Window(lambda size: cell.build(size, HIDDEN, **options), INPUT, shape, 2)


def first_state(cell):
    if not isinstance(cell, Window):
        return cell.initial_state(LANES)
    return cell.conditioned(torch.tensor([[1, 2, 3, 0, 0, 0]] * LANES))


def types(state):
    return {path: part.dtype for path, part in tensors(state)}


WAYS = pytest.mark.parametrize("windowed", [False, True], ids=["alone", "window"])
CELLS = pytest.mark.parametrize(
    ("name", "options"), VARIANTS, ids=[f"{n}-{o}" for n, o in VARIANTS]
)


@WAYS
@CELLS
def test_sequence_under_autocast_is_near_that_in_float32_and_has_gradients(name, options, windowed):
    cell = built(name, options, windowed)
    x = torch.randn(STEPS, LANES, INPUT)
    expected, _ = cell(x, first_state(cell))
    with torch.autocast("cpu", torch.bfloat16):
        y, state = cell(x[:5], first_state(cell))
        # The state is carried into the next chunk, as training does.
        rest, _ = cell(x[5:], map_state(torch.Tensor.detach, state))
    torch.testing.assert_close(torch.cat([y, rest]).float(), expected, atol=0.05, rtol=0.05)
    (y.float().sum() + rest.float().sum()).backward()
    gradients = [parameter.grad for parameter in cell.parameters() if parameter.requires_grad]
    assert all(gradient is None or gradient.isfinite().all() for gradient in gradients)
    assert any(gradient is not None and gradient.abs().sum() > 0 for gradient in gradients)


@WAYS
@CELLS
def test_prepared_steps_under_autocast_are_near_those_in_float32(name, options, windowed):
    cell = built(name, options, windowed)
    x = torch.randn(STEPS, LANES, INPUT)
    with torch.inference_mode():
        expected, _ = cell(x, first_state(cell))
        with torch.autocast("cpu", torch.bfloat16):
            project, recur = cell.prepare()
            state = first_state(cell)
            for x_t, expected_t in zip(x, expected, strict=True):
                y, state = recur(project(x_t), state)
                torch.testing.assert_close(y.float(), expected_t, atol=0.05, rtol=0.05)


@pytest.mark.parametrize("reset", ["after", "before"])
def test_gru_carries_its_state_in_float32_under_autocast(reset):
    cell = built("gru", {"reset": reset}, windowed=True)
    state = first_state(cell)
    with torch.autocast("cpu", torch.bfloat16):
        _, later = cell.step(torch.randn(LANES, INPUT), state)
    assert types(later) == types(state)
