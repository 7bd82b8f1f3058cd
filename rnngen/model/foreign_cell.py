"""Builds cells and conditioners; those of plugins are tried before training starts.

Otherwise our own code would fail at what it gave, far from its cause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from rnngen.contracts.cell import Cell, tensors
from rnngen.contracts.condition import Conditioner
from rnngen.contracts.errors import PluginError, RnngenError
from rnngen.contracts.steps import ConditionShape
from rnngen.kernel.component import PLURALS, Component

STEPS, LANES = 3, 2


def build_cell(component: Component, inputs: int, hidden: int, options: Mapping[str, Any]) -> Cell:
    """The cell, `inputs` to `hidden` numbers.

    Raises:
        PluginError: it can't be built, or does not keep the contract of a cell.
    """
    cell = component.build(inputs, hidden, **options)
    if not component.plugin.is_own:
        _try(component, cell, inputs, hidden)
    return cell  # type: ignore[no-any-return]


def build_conditioner(
    component: Component,
    build: Callable[[int], Cell],
    inputs: int,
    condition: ConditionShape,
    size: int,
    options: Mapping[str, Any],
) -> Conditioner:
    """The conditioner around a cell that `build` makes; the arguments are those of its contract.

    Raises:
        PluginError: it can't be built, or does not keep its contract.
        UsageError: it can't read such conditions.
    """
    made = component.build(build, inputs, condition, size, **options)
    if not isinstance(made, Conditioner):
        raise _wrong(component, f"is a {type(made).__name__}", "an `rnngen.Conditioner`")
    if not component.plugin.is_own:
        _try(component, made, inputs, made.hidden_size)
    return made


def _try(component: Component, cell: Any, inputs: int, hidden: int) -> None:
    is_module = isinstance(cell, nn.Module)
    if not is_module or not hasattr(cell, "initial_state"):
        raise _wrong(component, f"is a {type(cell).__name__}", "an `rnngen.Cell`")
    weights = next(iter(cell.parameters()), None)
    if torch.get_default_device().type == "meta" or (weights is not None and weights.is_meta):
        return  # built to count shapes only; it is tried when it is built for use
    x = torch.zeros(STEPS, LANES, inputs)
    # Its random draws must not change later ones.
    with torch.no_grad(), torch.random.fork_rng([]):
        try:
            state = cell.initial_state(LANES)
            before = _sizes(state)
            right = before is not None and all(size[:1] == (LANES,) for size in before)
            result = cell(x, state) if right else None
            after = _sizes(result[1]) if isinstance(result, tuple) else None
        except (KeyboardInterrupt, RnngenError):
            raise
        except BaseException as error:
            raise component.failure("failed when it was tried", error) from error
    if not right:
        found = f"starts with a state of {_listed(before)}"
        raise _wrong(component, found, f"tensors that each begin with the batch of {LANES}")
    if not isinstance(result, tuple) or len(result) != 2:
        raise _wrong(component, f"gives a {type(result).__name__}", "outputs and a state")
    y, shape = result[0], (STEPS, LANES, hidden)
    if not isinstance(y, Tensor) or y.shape != shape or y.dtype != x.dtype:
        raise _wrong(component, f"gives outputs of {_described(y)}", f"float32 {list(shape)}")
    if after != before:
        raise _wrong(component, f"gives a state of {_listed(after)}", _listed(before))


def _sizes(state: Any) -> list[tuple[int, ...]] | None:
    """The shape of every tensor in a state; None if it is not made of tensors."""
    try:
        return [tuple(part.shape) for _, part in tensors(state)]
    except (AttributeError, TypeError):
        return None


def _listed(sizes: list[tuple[int, ...]] | None) -> str:
    if sizes is None:
        return "something other than tensors"
    return ", ".join(str(list(size)) for size in sizes) or "nothing"


def _wrong(component: Component, found: str, expected: str) -> PluginError:
    kit = f"rnngen.testing.{PLURALS[component.kind]}"
    return PluginError(
        f"{component} of plugin {component.plugin} {found}, expected {expected}",
        hint=f"`{kit}` checks the contract; tell the plugin's author",
    )


def _described(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {list(value.shape)}"
    return f"type {type(value).__name__}"
