"""Contract checks for any cell: `check_cell(build)` runs all, `CHECKS` names each.

from rnngen.testing.cells import CHECKS

@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_contract(check):
    check(lambda: Peephole(5, 7))
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import functional_call

from rnngen.contracts.cell import Cell, map_state, tensors

Build = Callable[[], Cell]
TOLERANCE = 1e-5


def check_cell(build: Build) -> None:
    """Runs every check on cells that `build` makes; AssertionError names what is broken."""
    for check in CHECKS.values():
        check(build)


def _cell(build: Build) -> Cell:
    torch.manual_seed(0)
    return build().eval()


def _inputs(cell: Cell, steps: int = 6, lanes: int = 3, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(steps, lanes, cell.input_size, generator=generator)


def _loop(cell: Cell, x: Tensor) -> tuple[Tensor, object]:
    state = cell.initial_state(x.shape[1])
    outputs = []
    for x_t in x:
        y, state = cell.step(x_t, state)
        outputs.append(y)
    return torch.stack(outputs), state


def _assert_close(actual: object, expected: object, what: str) -> None:
    for (path, a), (_, b) in zip(tensors(actual), tensors(expected), strict=True):
        assert a.shape == b.shape, f"{what} {path}: shape {list(a.shape)} is not {list(b.shape)}"
        assert torch.allclose(a.float(), b.float(), atol=TOLERANCE), f"{what} {path} differs"


def shapes(build: Build) -> None:
    """Outputs are [T,B,H]; a state keeps the structure, shapes and types it began with."""
    cell = _cell(build)
    for lanes in (1, 3):
        x = _inputs(cell, lanes=lanes)
        initial = cell.initial_state(lanes)
        for path, part in tensors(initial):
            assert part.shape[0] == lanes, f"state {path} does not begin with the batch dimension"
        y, state = cell(x, initial)
        assert y.shape == (len(x), lanes, cell.hidden_size)
        for (path, before), (after_path, after) in zip(
            tensors(initial), tensors(state), strict=True
        ):
            assert path == after_path
            assert before.shape == after.shape, f"state {path} changed its shape"
            assert before.dtype == after.dtype, f"state {path} changed its type"


def step_equals_sequence(build: Build) -> None:
    """`forward` gives what the loop over `step` gives, outputs and state."""
    cell = _cell(build)
    x = _inputs(cell)
    with torch.no_grad():
        y, state = cell(x, cell.initial_state(x.shape[1]))
        expected, expected_state = _loop(cell, x)
    _assert_close(y, expected, "output")
    _assert_close(state, expected_state, "state")


def prepared_equals_step(build: Build) -> None:
    """The prepared halves give what `step` gives."""
    cell = _cell(build)
    x = _inputs(cell)
    with torch.no_grad():
        expected, _ = _loop(cell, x)
        project, recur = cell.prepare()
        state = cell.initial_state(x.shape[1])
        for t, x_t in enumerate(x):
            y, state = recur(project(x_t), state)
            _assert_close(y, expected[t], f"output {t}")


def carries_state(build: Build) -> None:
    """A sequence cut in two, with the state handed over, gives what it gives whole."""
    cell = _cell(build)
    x = _inputs(cell)
    with torch.no_grad():
        whole, _ = cell(x, cell.initial_state(x.shape[1]))
        first, state = cell(x[:2], cell.initial_state(x.shape[1]))
        second, _ = cell(x[2:], state)
    _assert_close(torch.cat([first, second]), whole, "output")


def causal(build: Build) -> None:
    """Later inputs never change earlier outputs."""
    cell = _cell(build)
    x = _inputs(cell)
    changed = x.clone()
    changed[3:] = _inputs(cell, seed=2)[3:]
    with torch.no_grad():
        y, _ = cell(x, cell.initial_state(x.shape[1]))
        z, _ = cell(changed, cell.initial_state(x.shape[1]))
    _assert_close(z[:3], y[:3], "output before the change")
    assert not torch.allclose(z[3:], y[3:]), "the output does not depend on the input"


def rows_independent(build: Build) -> None:
    """A row's output does not depend on the other rows."""
    cell = _cell(build)
    x = _inputs(cell)
    with torch.no_grad():
        y, _ = cell(x, cell.initial_state(x.shape[1]))
        for row in range(x.shape[1]):
            alone, _ = cell(x[:, row : row + 1], cell.initial_state(1))
            _assert_close(alone[:, 0], y[:, row], f"row {row}")


def every_parameter_learns(build: Build) -> None:
    """The gradient reaches every parameter."""
    cell = _cell(build)
    cell.train()
    x = _inputs(cell)
    state = map_state(
        lambda s: torch.randn(s.shape) if s.is_floating_point() else s,
        cell.initial_state(x.shape[1]),
    )
    y, _ = cell(x, state)
    y.square().sum().backward()
    for name, parameter in cell.named_parameters():
        assert parameter.grad is not None, f"no gradient reaches `{name}`"
        assert parameter.grad.abs().sum() > 0, f"the gradient of `{name}` is zero"


def same_seed_same_numbers(build: Build) -> None:
    """Two cells built after the same seed are equal; a saved and loaded one too."""
    one, two = _cell(build), _cell(build)
    x = _inputs(one)
    with torch.no_grad():
        expected, _ = one(x, one.initial_state(x.shape[1]))
        again, _ = two(x, two.initial_state(x.shape[1]))
        loaded = copy.deepcopy(two)
        for parameter in loaded.parameters():
            parameter.zero_()
        loaded.load_state_dict(one.state_dict())
        third, _ = loaded(x, loaded.initial_state(x.shape[1]))
    assert torch.equal(again, expected), "the same seed gives different numbers"
    _assert_close(third, expected, "loaded")


def finite_on_zeros(build: Build) -> None:
    """Zero inputs give finite outputs, one step and many."""
    cell = _cell(build)
    for steps in (1, 50):
        x = torch.zeros(steps, 1, cell.input_size)
        with torch.no_grad():
            y, _ = cell(x, cell.initial_state(1))
        assert y.isfinite().all(), "zeros give an output that is not finite"


def recurrent_weights_are_its_own(build: Build) -> None:
    """`recurrent_weights` names parameters that change the later steps."""
    cell = _cell(build)
    x = _inputs(cell)
    with torch.no_grad():
        whole, _ = cell(x, cell.initial_state(x.shape[1]))
        for name in cell.recurrent_weights:
            own = dict(cell.named_parameters())
            assert name in own, f"`recurrent_weights` names `{name}`, which is not a parameter"
            without = {name: torch.zeros_like(own[name])}
            y, _ = functional_call(cell, without, (x, cell.initial_state(x.shape[1])))
            assert not torch.allclose(y[1:], whole[1:]), f"`{name}` does not act on the state"


CHECKS: dict[str, Callable[[Build], None]] = {
    check.__name__: check
    for check in (
        shapes,
        step_equals_sequence,
        prepared_equals_step,
        carries_state,
        causal,
        rows_independent,
        every_parameter_learns,
        same_seed_same_numbers,
        finite_on_zeros,
        recurrent_weights_are_its_own,
    )
}
