"""Checks what a checkpoint says before a run goes on from it: its files may come from anywhere.

What a forged or damaged checkpoint holds is found here, where it can be named, and not in the
middle of a step.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from rnngen.bundles.manifest import CHECKPOINT
from rnngen.contracts.cell import State, tensors
from rnngen.contracts.errors import BundleError
from rnngen.files import schema
from rnngen.model.model import Model

COUNTS = ("task", "batch", "step", "task_step", "tokens", "recoveries", "best_step", "waiting")
POSITION = {
    **{name: schema.at_least(0) for name in COUNTS},
    **dict.fromkeys(("seconds", "task_seconds", "rate_scale", "last_validation"), float),
    **{name: schema.Maybe(float) for name in ("first_loss", "best")},
    "looked_at": schema.Maybe(schema.at_least(1)),
    "owed": schema.Maybe(bool),
    "begun": schema.Maybe(bool),
    "history": schema.Maybe(schema.Each(dict, list)),
}
STREAM = {"blocks": schema.Each(float, list), "waiting": schema.Each(float, list)}


def check_state(state: Mapping[str, Any], folder: Path) -> int:
    """Checks what `checkpoint.json` says of where the run stands; the step it was taken at.

    Raises:
        BundleError: what is at which place, and what was expected there.
    """
    where = f"`{folder / CHECKPOINT}`: `state`,"
    schema.check(state, {"position": POSITION, "stream": schema.Maybe(STREAM)}, where)
    step: int = state["position"]["step"]
    return step


def check_lanes(state: Any, model: Model) -> None:
    """The lanes' state is one of this model: the same parts, of the same types and shapes.

    Raises:
        BundleError: it is not.
    """
    if state is None:
        return
    found, expected = _tensors(state), _tensors(model.initial_state(1))
    same = len(found) == len(expected) and all(
        path == own_path and _of_one_kind(part, own)
        for (path, part), (own_path, own) in zip(found, expected, strict=True)
    )
    if not same or len({part.shape[0] for _, part in found}) != 1:
        raise BundleError("the state of its lanes is not that of this model")


def _of_one_kind(part: Tensor, own: Tensor) -> bool:
    """Whether a part of a state is like the initial one, apart from the number of lanes."""
    # With autocast, products and so states are in a shorter type.
    types = {own.dtype, torch.bfloat16} if own.is_floating_point() else {own.dtype}
    return part.ndim > 0 and part.shape[1:] == own.shape[1:] and part.dtype in types


def _tensors(state: State) -> list[tuple[str, Tensor]]:
    """Every tensor and its place; none where a part is something else."""
    try:
        found = list(tensors(state))
    except (TypeError, AttributeError, RuntimeError):
        return []
    return found if all(isinstance(part, Tensor) for _, part in found) else []


def check_optimizer(state: Any, optimizer: torch.optim.Optimizer) -> None:
    """An optimizer's state has the settings of this one, and a state for its parameters.

    Raises:
        BundleError: it has not.
    """
    own = optimizer.state_dict()
    groups = state.get("param_groups") if isinstance(state, dict) else None
    kept = state.get("state") if isinstance(state, dict) else None
    if not isinstance(groups, list) or not isinstance(kept, dict):
        raise BundleError("the state of its optimizer is none")
    if len(groups) != len(own["param_groups"]):
        raise BundleError("the state of its optimizer has other groups of parameters")
    for group, mine in zip(groups, own["param_groups"], strict=True):
        if not isinstance(group, dict) or group.get("params") != mine["params"]:
            raise BundleError("the state of its optimizer has other parameters")
        for name, value in mine.items():
            if name not in group or not _alike(group[name], value):
                raise BundleError(
                    f"`{name}` of its optimizer is {_shown(group.get(name))}, expected one like "
                    f"{_shown(value)}"
                )
    parameters = [part for group in optimizer.param_groups for part in group["params"]]
    own_kind = _remembered(optimizer)
    for number, values in kept.items():
        if not isinstance(number, int) or not 0 <= number < len(parameters):
            raise BundleError(f"its optimizer remembers a parameter {_shown(number)}")
        if own_kind is not None:
            _check_remembered(values, parameters[number], own_kind)


def _remembered(optimizer: torch.optim.Optimizer) -> Mapping[str, Any] | None:
    """What one of torch's own optimizers remembers of a parameter, tried out with a small one."""
    if not type(optimizer).__module__.startswith("torch."):
        return None
    group = optimizer.param_groups[0]
    small = torch.nn.Parameter(torch.zeros(2, 3, device=group["params"][0].device))
    small.grad = torch.zeros_like(small)
    tried = copy.copy(optimizer)
    tried.param_groups, tried.state = [{**group, "params": [small]}], defaultdict(dict)
    tried.step()
    return dict(tried.state[small])


def _check_remembered(values: Any, parameter: Tensor, own: Mapping[str, Any]) -> None:
    """What is remembered of a parameter is what this optimizer would remember of it."""
    if not isinstance(values, dict) or values.keys() != own.keys():
        raise BundleError("what its optimizer remembers is not what this optimizer would")
    for name, value in values.items():
        if not isinstance(own[name], Tensor):
            continue
        shape = parameter.shape if own[name].ndim else own[name].shape
        if not isinstance(value, Tensor) or value.shape != shape:
            raise BundleError(
                f"`{name}` of its optimizer is {_shown(value)}, expected numbers of shape "
                f"{list(shape)}"
            )


def _alike(value: Any, own: Any) -> bool:
    """Whether a setting that was saved is of the kind that this optimizer has."""
    if isinstance(own, list | tuple):
        same = isinstance(value, list | tuple) and len(value) == len(own)
        return same and all(map(_alike, value, own))
    if isinstance(own, bool) or own is None:
        return value is None or isinstance(value, bool)
    if isinstance(own, int | float):
        return isinstance(value, int | float | Tensor) and not isinstance(value, bool)
    return isinstance(value, type(own))


def _shown(value: Any) -> str:
    text = f"a tensor of {list(value.shape)}" if isinstance(value, Tensor) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
