"""Contract checks for any conditioner: `check_conditioner(build, condition)` runs all.

from rnngen.testing.conditioners import CHECKS

@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_contract(check):
    condition = ConditionShape(symbols=6, length=5)
    check(lambda cell: Label(cell, 5, condition, 10), condition)

`build` is given what makes the cell, a function of the size of its input.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rnngen.components.cells.gru import GRU
from rnngen.components.cells.lstm import LSTM
from rnngen.contracts.cell import Cell, State, tensors
from rnngen.contracts.condition import Conditioner
from rnngen.contracts.steps import ConditionShape
from rnngen.testing.cells import CHECKS as CELL_CHECKS
from rnngen.testing.cells import check_gradient
from rnngen.testing.saying import all_of, require

Build = Callable[[Callable[[int], Cell]], Conditioner]
HIDDEN, STEPS, LANES = 7, 6, 3
TOLERANCE = 1e-5


def check_conditioner(build: Build, condition: ConditionShape) -> None:
    """Runs every check on conditioners that `build` makes; AssertionError names what is broken."""
    for check in CHECKS.values():
        check(build, condition)


def _made(build: Build) -> Conditioner:
    torch.manual_seed(0)
    made = build(lambda size: LSTM(size, HIDDEN)).eval()
    require(isinstance(made, Conditioner), f"it is a {type(made).__name__}, not a `Conditioner`")
    return made


def _values(condition: ConditionShape, lanes: int = LANES, seed: int = 1) -> Tensor:
    """Conditions `[B, U, *element]`, each shorter than the one before; behind it are zeros."""
    generator = torch.Generator().manual_seed(seed)
    shape = (lanes, *condition.shape)
    values: Tensor
    if condition.symbols is None:
        values = torch.randn(shape, generator=generator)
    else:
        values = torch.randint(1, condition.symbols, shape, generator=generator)
    for lane in range(lanes):
        values[lane, max(condition.length - lane, 1) :] = 0
    dtype: torch.dtype = getattr(torch, condition.dtype)
    return values.to(dtype)


def _outputs(made: Conditioner, start: State) -> Tensor:
    lanes = len(start["shown"])
    x = torch.randn(STEPS, 1, made.input_size, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        y: Tensor = made(x.expand(-1, lanes, -1), start)[0]
    return y


def keeps_the_contract_of_a_cell(build: Build, condition: ConditionShape) -> None:
    """With a condition in its state, it is a cell; see `rnngen.testing.cells`."""
    for kind in (LSTM, GRU):
        for name, check in CELL_CHECKS.items():
            # One begins with random states, without a memory; the other moves it to a device.
            if name in ("every_parameter_learns", "lives_where_its_weights_are"):
                continue
            check(lambda kind=kind: _begun(build(lambda size: kind(size, HIDDEN)), condition))  # type: ignore[misc]


def _begun(made: Conditioner, condition: ConditionShape) -> Conditioner:
    """The conditioner, whose lanes all begin before the same condition."""
    values = _values(condition, 1)
    # On the object alone: its class may be used elsewhere.
    object.__setattr__(
        made,
        "initial_state",
        lambda batch: made.conditioned(values.expand(batch, *condition.shape)),
    )
    return made


def reads_what_it_says(build: Build, condition: ConditionShape) -> None:
    """`read` gives `[B,width]` float32 and a focus of the shapes that `focus` gave."""
    made = _made(build)
    values = _values(condition)
    memory = made.encode(values, torch.ones(values.shape[:2], dtype=torch.bool))
    focus = made.focus(LANES)
    read, after = made.read(memory, focus, torch.zeros(LANES, HIDDEN))
    require(
        read.shape == (LANES, made.width),
        f"`read` gives {list(read.shape)}, expected {[LANES, made.width]}",
    )
    require(read.dtype == torch.float32, f"`read` gives {read.dtype}, expected float32")
    for what, state in (("memory", memory), ("focus", focus)):
        for path, part in tensors(state):
            require(
                part.shape[0] == LANES, f"{what} {path} does not begin with the batch dimension"
            )
    for (path, before), (_, now) in zip(tensors(focus), tensors(after), strict=True):
        require(now.shape == before.shape, f"focus {path} changed its shape")
        require(now.dtype == before.dtype, f"focus {path} changed its type")


def what_is_read_matters(build: Build, condition: ConditionShape) -> None:
    """Two conditions give two sequences of outputs."""
    made = _made(build)
    one, two = (_outputs(made, made.conditioned(_values(condition, 1, seed))) for seed in (1, 5))
    require(not torch.allclose(one, two), "the output does not depend on the condition")


def each_lane_reads_its_own(build: Build, condition: ConditionShape) -> None:
    """What a lane reads does not depend on the other lanes."""
    made = _made(build)
    values = _values(condition)
    together = _outputs(made, made.conditioned(values))
    for lane in range(LANES):
        alone = _outputs(made, made.conditioned(values[lane : lane + 1]))
        require(
            torch.allclose(together[:, lane], alone[:, 0], atol=TOLERANCE),
            f"lane {lane} reads something else among others than alone",
        )


def padding_is_nothing(build: Build, condition: ConditionShape) -> None:
    """A condition of zeros only counts as none, and memory has one shape for every length."""
    made = _made(build)
    nothing = made.conditioned(torch.zeros(LANES, *condition.shape))
    fresh = made.initial_state(LANES)
    for (path, one), (_, two) in zip(tensors(nothing), tensors(fresh), strict=True):
        require(torch.equal(one, two), f"state {path} of an empty condition is not the initial one")
    full = made.conditioned(_values(condition))
    for (path, one), (_, two) in zip(tensors(full), tensors(fresh), strict=True):
        require(one.shape == two.shape, f"state {path} has another shape with a condition")
        require(one.dtype == two.dtype, f"state {path} has another type with a condition")


def every_parameter_learns(build: Build, condition: ConditionShape) -> None:
    """The gradient of what follows a condition reaches every parameter."""
    made = _made(build).train()
    x = torch.randn(STEPS, LANES, made.input_size, generator=torch.Generator().manual_seed(2))
    y, _ = made(x, made.conditioned(_values(condition)))
    y.square().sum().backward()
    for name, parameter in made.named_parameters():
        check_gradient(name, parameter)


CHECKS: dict[str, Callable[[Build, ConditionShape], None]] = all_of(
    (
        reads_what_it_says,
        what_is_read_matters,
        each_lane_reads_its_own,
        padding_is_nothing,
        every_parameter_learns,
        keeps_the_contract_of_a_cell,
    )
)
