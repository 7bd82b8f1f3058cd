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
from rnngen.testing.saying import all_of, found, require

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
    given, wanted = list(tensors(actual)), list(tensors(expected))
    require(len(given) == len(wanted), f"{what} has {len(given)} tensors, not {len(wanted)}")
    for (path, a), (_, b) in zip(given, wanted, strict=True):
        require(a.shape == b.shape, f"{what} {path}: shape {list(a.shape)} is not {list(b.shape)}")
        apart = float((a.float() - b.float()).abs().max()) if a.numel() else 0.0
        close = torch.allclose(a.float(), b.float(), atol=TOLERANCE)
        require(close, f"{what} {path} differs by up to {apart:.2g}".replace("  ", " "))


def shapes(build: Build) -> None:
    """Outputs are [T,B,H] in float32; a state keeps the structure, shapes and types it began with.

    A state or an output in float64 makes training slow, and mixes with nothing.
    """
    cell = _cell(build)
    for lanes in (1, 3):
        x = _inputs(cell, lanes=lanes)
        initial = cell.initial_state(lanes)
        for path, part in tensors(initial):
            require(
                part.ndim > 0 and part.shape[0] == lanes,
                f"state {path} of `initial_state({lanes})` is of shape {list(part.shape)}, expected"
                f" [{lanes}, ...]: it does not begin with the batch dimension",
            )
        y, state = cell(x, initial)
        _check_output(y, (len(x), lanes, cell.hidden_size), x.dtype, "forward")
        _check_output(cell.step(x[0], initial)[0], y.shape[1:], x.dtype, "step")
        paths, after = ([path for path, _ in tensors(each)] for each in (initial, state))
        require(paths == after, f"a state of the parts {paths} became one of {after}")
        for (path, before), (_, now) in zip(tensors(initial), tensors(state), strict=True):
            require(
                before.shape == now.shape,
                f"state {path} changed its shape from {list(before.shape)} to {list(now.shape)}",
            )
            require(
                before.dtype == now.dtype,
                f"state {path} changed its type from {before.dtype} to {now.dtype}",
            )


def _check_output(y: Tensor, shape: tuple[int, ...], dtype: torch.dtype, method: str) -> None:
    require(
        y.shape == shape,
        f"`{method}` gives outputs of shape {list(y.shape)}, expected {list(shape)}",
    )
    require(
        y.dtype == dtype,
        f"`{method}` gives outputs of {y.dtype} for inputs of {dtype}: make no tensor of another "
        "type (`.double()`, numbers of NumPy)",
    )


def remembers_in_its_state_alone(build: Build) -> None:
    """What a step gives depends on its input and the state it is given, and on nothing else.

    States are carried, kept, chosen and reset by those who call; what a cell keeps in itself is
    that of another sequence.
    """
    cell = _cell(build)
    x, other = _inputs(cell), _inputs(cell, seed=2)
    with torch.no_grad():
        _, state = cell(x[:3], cell.initial_state(x.shape[1]))
        kept = [part.clone() for _, part in tensors(state)]
        expected, _ = cell.step(x[3], state)
        for part, before in zip([part for _, part in tensors(state)], kept, strict=True):
            require(torch.equal(part, before), "a step changes the state that it is given in place")
        cell(other, cell.initial_state(x.shape[1]))  # another sequence comes in between
        again, _ = cell.step(x[3], state)
        _assert_close(
            again, expected, "the same step from the same state, after another sequence: output"
        )
        order = torch.tensor([2, 0, 1])
        turned, _ = cell.step(x[3][order], map_state(lambda part: part[order], state))
    _assert_close(
        turned, expected[order], "with its lanes in another order (keep nothing in `self`): output"
    )


def learns_through_time(build: Build) -> None:
    """The gradient of a later output reaches the earlier inputs, all of it.

    It is compared with how the output changes where an input does. A state that is detached, or
    computed without gradients, is learned from as if each step stood alone.
    """
    cell, dtype, size, tolerance = _precise(_cell(build))
    x = _inputs(cell, steps=4).to(dtype)
    generator = torch.Generator().manual_seed(3)
    direction = torch.randn(x[0].shape, generator=generator).to(dtype)
    weights = torch.randn(x.shape[1], cell.hidden_size, generator=generator).to(dtype)

    def last(first: Tensor) -> Tensor:
        state = cell.initial_state(x.shape[1])
        y = first
        for x_t in (first, *x[1:]):
            y, state = cell.step(x_t, state)
        return (y * weights).sum()

    with torch.no_grad():
        change = float(last(x[0] + size * direction) - last(x[0] - size * direction)) / (2 * size)
    first = x[0].clone().requires_grad_()
    value = last(first)
    gradient = 0.0
    if value.requires_grad:
        (part,) = torch.autograd.grad(value, first, allow_unused=True)
        gradient = 0.0 if part is None else float((part * direction).sum())
    away = abs(gradient - change)
    require(
        away <= tolerance * max(abs(change), abs(gradient)) + tolerance * 1e-2,
        f"the gradient says that the output of the fourth step changes by {gradient:.4g} with the "
        f"first input, it changes by {change:.4g}: is the state detached, or made under `no_grad`?",
    )


def _precise(cell: Cell) -> tuple[Cell, torch.dtype, float, float]:
    """The cell in float64 where it can, with a step to take and how near the gradient must be."""
    double = copy.deepcopy(cell).double()
    try:
        with torch.no_grad():
            x = _inputs(cell, steps=1).double()
            y, _ = double.step(x[0], double.initial_state(x.shape[1]))
        if y.dtype == torch.float64:
            return double, torch.float64, 1e-4, 1e-3
    except (RuntimeError, TypeError):  # it makes tensors of float32 itself
        pass
    return cell, torch.float32, 1e-2, 5e-2


def lives_where_its_weights_are(build: Build) -> None:
    """The state is made on the device of the weights, and so is all that a step makes.

    It is tried on torch's device `meta`, which has no memory and is on every machine.
    """
    cell = _cell(build)
    if next(cell.parameters(), None) is None:
        return
    try:
        moved = copy.deepcopy(cell).to("meta")
    except (NotImplementedError, RuntimeError):
        return  # it holds something that can't be moved there
    state = moved.initial_state(2)
    for path, part in tensors(state):
        require(
            part.device.type == "meta",
            f"`initial_state` makes its tensor {path or 'of the state'} on {part.device}, the "
            "weights are on another device: make it with `self.weight.new_zeros(...)`",
        )
    try:
        moved.step(torch.zeros(2, cell.input_size, device="meta"), state)
    except RuntimeError as error:
        require(
            "device" not in str(error) or "item" in str(error),
            f"a step mixes devices: {error}; make tensors with `x.new_zeros(...)`, and register "
            "those that a cell keeps with `register_buffer`",
        )


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
    require(not torch.allclose(z[3:], y[3:]), "the output does not depend on the input")


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
        check_gradient(name, parameter)


def check_gradient(name: str, parameter: Tensor) -> None:
    """The gradient has reached a parameter; AssertionError where it has not."""
    if parameter.grad is None:
        found(f"no gradient reaches `{name}`: it is not used, or what it makes is detached")
    require(
        parameter.grad.abs().sum() > 0,
        f"the gradient of `{name}` is zero: what it makes does not act on the output",
    )


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
    require(
        torch.equal(again, expected),
        "two cells built after the same seed give different numbers: draw with torch alone, and "
        "count nothing in the class",
    )
    _assert_close(third, expected, "loaded")


def finite_on_zeros(build: Build) -> None:
    """Zero inputs give finite outputs, one step and many."""
    cell = _cell(build)
    for steps in (1, 50):
        x = torch.zeros(steps, 1, cell.input_size)
        with torch.no_grad():
            y, _ = cell(x, cell.initial_state(1))
        require(y.isfinite().all(), "zeros give an output that is not finite")


def recurrent_weights_are_its_own(build: Build) -> None:
    """`recurrent_weights` names parameters that change the later steps."""
    cell = _cell(build)
    x = _inputs(cell)
    with torch.no_grad():
        whole, _ = cell(x, cell.initial_state(x.shape[1]))
        for name in cell.recurrent_weights:
            own = dict(cell.named_parameters())
            require(name in own, f"`recurrent_weights` names `{name}`, which is not a parameter")
            without = {name: torch.zeros_like(own[name])}
            y, _ = functional_call(cell, without, (x, cell.initial_state(x.shape[1])))
            require(not torch.allclose(y[1:], whole[1:]), f"`{name}` does not act on the state")


CHECKS: dict[str, Callable[[Build], None]] = all_of(
    (
        shapes,
        remembers_in_its_state_alone,
        step_equals_sequence,
        prepared_equals_step,
        carries_state,
        causal,
        rows_independent,
        every_parameter_learns,
        learns_through_time,
        lives_where_its_weights_are,
        same_seed_same_numbers,
        finite_on_zeros,
        recurrent_weights_are_its_own,
    )
)
