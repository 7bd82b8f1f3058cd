"""Builds the optimizer; one of a plugin is looked at before training starts.

An optimizer that has only some of the parameters trains half a model, and nobody would notice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from rnngen.contracts.errors import PluginError
from rnngen.kernel.component import Component


def build_optimizer(
    component: Component, model: nn.Module, learning_rate: float, options: Mapping[str, Any]
) -> torch.optim.Optimizer:
    """The optimizer of a model's parameters.

    Raises:
        PluginError: it can't be built, is none, or has other parameters than the model.
    """
    named = list(model.named_parameters())
    made = component.build(named, learning_rate, **options)
    if component.plugin.is_own:
        return made  # type: ignore[no-any-return]
    if not isinstance(made, torch.optim.Optimizer):
        raise _wrong(component, f"is a {type(made).__name__}", "a `torch.optim.Optimizer`")
    names = {id(parameter): name for name, parameter in named if parameter.requires_grad}
    had = [id(parameter) for group in made.param_groups for parameter in group["params"]]
    lacking = [name for key, name in names.items() if key not in had]
    if lacking:
        found = f"has {len(names) - len(lacking)} of {len(names)} parameters, not `{lacking[0]}`"
        raise _wrong(component, found, "all of them")
    if len(set(had)) < len(had):
        raise _wrong(component, "has a parameter twice", "each of them once")
    if any("lr" not in group for group in made.param_groups):
        raise _wrong(component, "has a group without `lr`", "a rate that the schedule can set")
    return made


def _wrong(component: Component, found: str, expected: str) -> PluginError:
    return PluginError(
        f"{component} of plugin {component.plugin} {found}, expected {expected}",
        hint="`rnngen.testing.optimizers` checks the contract; tell the plugin's author",
    )
