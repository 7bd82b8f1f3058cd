"""Contract checks for any engine: `check_engine(build)` runs all, `CHECKS` names each.

from rnngen.testing.engines import CHECKS

@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_contract(check):
    check(lambda model, boundary, condition: Native(model, boundary, condition))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from rnngen.components.likelihoods.categorical import Categorical
from rnngen.contracts.cell import tensors
from rnngen.contracts.engine import STEPPED, Engine
from rnngen.contracts.steps import ConditionShape
from rnngen.kernel.core_options import ModelOptions
from rnngen.model.model import Model
from rnngen.testing.saying import all_of, require

Build = Callable[[Model, int | None, Tensor | None], Engine]
TOLERANCE = 1e-4
"""Tolerance of outputs against the model's: engines may add in another order."""
SIZE, LENGTH, ROWS = 11, 7, 5
BATCHES = (1, 2, 3, 5, 16, 33)
CONDITION = ConditionShape(symbols=5, length=4)


def check_engine(build: Build) -> None:
    """Runs every check on engines that `build` makes; AssertionError names what is broken."""
    for check in CHECKS.values():
        check(build)


def _models() -> Iterator[tuple[str, Model]]:
    """Models of several shapes, none of whose weights is at a value that hides a mistake."""
    for name, options in (
        ("one layer", ModelOptions(hidden=12)),
        ("several layers", ModelOptions(cell="gru", layers=2, hidden=16, residual=True)),
        (
            "layer norm, tied",
            ModelOptions(cell="rnn", layers=2, hidden=9, layer_norm=True, tied=True),
        ),
    ):
        yield name, _model(options)


def _model(options: ModelOptions | None = None, condition: ConditionShape | None = None) -> Model:
    torch.manual_seed(0)
    model = Model(Categorical(SIZE), options or ModelOptions(hidden=12), {}, condition).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape), alpha=0.2)
    return model


def _steps(length: int = LENGTH, rows: int = ROWS) -> Tensor:
    return torch.randint(1, SIZE, (length, rows), generator=torch.Generator().manual_seed(1))


def _stepped(engine: Engine, steps: Tensor) -> Tensor:
    state = engine.start(steps.shape[1])
    outputs = []
    for row in steps:
        output, state = engine.step(row, state)
        outputs.append(output.cpu())
    return torch.stack(outputs)


def _expected(
    model: Model, steps: Tensor, boundary: int | None = None, condition: Tensor | None = None
) -> Tensor:
    rows = steps.shape[1]
    conditions = None if condition is None else condition.expand(rows, *condition.shape)
    resets = None if boundary is None else steps == boundary
    with torch.no_grad():
        state = model.initial_state(rows, conditions)
        output: Tensor = model(steps, state, resets, conditions)[0]
    return output


def _assert_close(actual: Tensor, expected: Tensor, what: str) -> None:
    require(
        actual.shape == expected.shape,
        f"{what}: outputs are {list(actual.shape)}, expected {list(expected.shape)}",
    )
    apart = float((actual - expected).abs().max())
    require(
        apart <= TOLERANCE * max(1.0, float(expected.abs().max())),
        f"{what}: outputs differ from the model's by {apart:.1e}",
    )


def says_what_it_steps(build: Build) -> None:
    """`size`, `likelihood` and `device` are the model's."""
    model = _model()
    engine = build(model, None, None)
    require(engine.size == SIZE, f"`size` is {engine.size}, expected {SIZE}")
    require(engine.likelihood is model.likelihood, "`likelihood` is not the model's")
    output, _ = engine.step(_steps()[0], engine.start(ROWS))
    require(output.device.type == engine.device.type, "outputs are not on `device`")


def computes_what_the_model_computes(build: Build) -> None:
    """Step by step, the outputs are those of `Model.forward`."""
    for name, model in _models():
        steps = _steps()
        _assert_close(_stepped(build(model, None, None), steps), _expected(model, steps), name)


def starts_again_at_a_boundary(build: Build) -> None:
    """Before the boundary a row's state becomes the initial one; the other rows continue."""
    model, steps = _model(), _steps()
    steps[2, 1] = steps[4, 1] = steps[4, 3] = 0
    expected = _expected(model, steps, boundary=0)
    _assert_close(_stepped(build(model, 0, None), steps), expected, "after a boundary")
    _assert_close(_stepped(build(model, None, None), steps), _expected(model, steps), "without one")


def is_conditioned_on_its_condition(build: Build) -> None:
    """Every sequence is conditioned on `condition`, and on it again after a boundary."""
    model, steps = _model(condition=CONDITION), _steps()
    condition = torch.tensor([1, 4, 2, 0])
    steps[3, 2] = 0
    expected = _expected(model, steps, 0, condition)
    _assert_close(_stepped(build(model, 0, condition), steps), expected, "with a condition")


def a_row_has_the_same_bits_beside_any_others(build: Build) -> None:
    """A row's output does not depend on how many rows are stepped with it, bit by bit."""
    for name, model in _models():
        engine = build(model, None, None)
        steps = _steps(rows=max(BATCHES))
        alone = torch.cat([_stepped(engine, steps[:, row : row + 1]) for row in range(ROWS)], 1)
        for batch in BATCHES:
            shared = min(batch, ROWS)
            together = _stepped(engine, steps[:, :batch])[:, :shared]
            require(
                torch.equal(together, alone[:, :shared]),
                f"{name}: a row has other bits among {batch} rows than alone",
            )


def reads_as_it_steps(build: Build) -> None:
    """`read` gives the output and the state that the loop over `step` gives."""
    engine, steps = build(_model(), None, None), _steps()
    output, state = engine.read(steps, engine.start(ROWS))
    require(torch.equal(output.cpu(), _stepped(engine, steps)[-1]), "`read` differs from `step`")
    after, _ = engine.step(steps[0], state)
    again = _stepped(engine, torch.cat([steps, steps[:1]]))[-1]
    require(torch.equal(after.cpu(), again), "the state of `read` differs from that of `step`")


def reads_a_long_prompt_as_it_steps(build: Build) -> None:
    """After `read_prompt`, outputs are those after stepping; for a short prompt, the same bits."""
    engine = build(_model(), 0, None)
    for length in (LENGTH, 3 * STEPPED):
        steps = _steps(length, 1)
        steps[length // 2] = 0
        output, state = engine.read_prompt(steps, engine.start(1))
        after, _ = engine.step(steps[0], state)
        stepped = _stepped(engine, torch.cat([steps, steps[:1]]))
        _assert_close(output.cpu(), stepped[-2], f"a prompt of {length} steps")
        _assert_close(after.cpu(), stepped[-1], f"after a prompt of {length} steps")
        if length <= STEPPED:
            assert torch.equal(output.cpu(), stepped[-2]), "a short prompt differs from its steps"


def selected_rows_continue(build: Build) -> None:
    """`select` gives states that continue as their rows would have, in any order and repeatedly."""
    engine, steps = build(_model(), None, None), _steps()
    _, state = engine.read(steps, engine.start(ROWS))
    rows = torch.tensor([4, 1, 1])
    token = torch.full((ROWS,), 3)
    chosen, _ = engine.step(token[: len(rows)], engine.select(state, rows))
    everyone, _ = engine.step(token, state)
    require(
        torch.equal(chosen, everyone[rows.to(everyone.device)]),
        "selected rows continue in another way",
    )


def leaves_what_it_is_given(build: Build) -> None:
    """Neither the model, nor a state, nor torch's random state is changed."""
    model, steps = _model(), _steps()
    before = {name: tensor.clone() for name, tensor in model.tensors().items()}
    random = torch.get_rng_state()
    engine = build(model, None, None)
    _, state = engine.read(steps, engine.start(ROWS))
    kept = [part.clone() for _, part in tensors(state)]
    first, _ = engine.step(steps[0], state)
    require(
        all(torch.equal(a, b) for a, (_, b) in zip(kept, tensors(state), strict=True)),
        "a step changes the state that it is given",
    )
    again, _ = engine.step(steps[0], state)
    require(torch.equal(first, again), "the same step from the same state gives something else")
    require(
        all(torch.equal(before[name], tensor) for name, tensor in model.tensors().items()),
        "the engine changes the model",
    )
    require(torch.equal(torch.get_rng_state(), random), "the engine draws random numbers")


CHECKS: dict[str, Callable[[Build], None]] = all_of(
    (
        says_what_it_steps,
        computes_what_the_model_computes,
        starts_again_at_a_boundary,
        is_conditioned_on_its_condition,
        a_row_has_the_same_bits_beside_any_others,
        reads_as_it_steps,
        reads_a_long_prompt_as_it_steps,
        selected_rows_continue,
        leaves_what_it_is_given,
    )
)
