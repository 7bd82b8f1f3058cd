"""The parameters that strategies protect, and what is remembered of them as they grow."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

Named = dict[str, Tensor]
"""One tensor for every trained parameter, by its name in the model."""


def trained(model: nn.Module) -> dict[str, nn.Parameter]:
    """The trained parameters; tied ones once."""
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


def copies(model: nn.Module) -> Named:
    """A copy of the parameters."""
    return {name: p.detach().clone() for name, p in trained(model).items()}


def zeros(model: nn.Module) -> Named:
    """Zeros in the shape of the parameters."""
    return {name: torch.zeros_like(p, dtype=torch.float32) for name, p in trained(model).items()}


def gradients(model: nn.Module) -> Named:
    """A copy of the gradients; zeros where there is none."""
    return {
        name: torch.zeros_like(p) if p.grad is None else p.grad.detach().clone()
        for name, p in trained(model).items()
    }


def grown(remembered: Mapping[str, Tensor], model: nn.Module, fill: Mapping[str, Tensor]) -> Named:
    """The remembered tensors, in the parameters' current shapes and on their device.

    A vocabulary that grew has added rows at the end; these, and parameters of which nothing is
    remembered, are taken from `fill`.

    Args:
        remembered: by name, in the shapes of that time.
        model: as it is now.
        fill: by name, in the current shapes.
    """
    result: Named = {}
    for name, parameter in trained(model).items():
        value = fill[name].detach().clone()
        if name in remembered:
            old = remembered[name].to(parameter.device)
            value[tuple(slice(0, size) for size in old.shape)] = old
        result[name] = value
    return result
