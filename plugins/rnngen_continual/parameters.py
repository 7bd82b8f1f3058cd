"""The parameters that strategies look after, and what is remembered of them as they grow."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

Named = dict[str, Tensor]
"""One tensor for every trained parameter, by its name in the model."""


def trained(model: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that are trained; tied ones once."""
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


def copies(model: nn.Module) -> Named:
    """What the parameters are now."""
    return {name: p.detach().clone() for name, p in trained(model).items()}


def zeros(model: nn.Module) -> Named:
    """Zeros in the shape of the parameters."""
    return {name: torch.zeros_like(p, dtype=torch.float32) for name, p in trained(model).items()}


def gradients(model: nn.Module) -> Named:
    """The gradients as they are now; zeros where there is none."""
    return {
        name: torch.zeros_like(p) if p.grad is None else p.grad.detach().clone()
        for name, p in trained(model).items()
    }


def grown(remembered: Mapping[str, Tensor], model: nn.Module, fill: Mapping[str, Tensor]) -> Named:
    """What was remembered, in the shape that the parameters have now and where they are.

    A vocabulary that grew has added rows at the end; there, and for parameters that nothing is
    remembered of, `fill` is taken.

    Args:
        remembered: by name, in the shapes of the time.
        model: as it is now.
        fill: by name, in the shapes of now.
    """
    result: Named = {}
    for name, parameter in trained(model).items():
        value = fill[name].detach().clone()
        if name in remembered:
            old = remembered[name].to(parameter.device)
            value[tuple(slice(0, size) for size in old.shape)] = old
        result[name] = value
    return result
