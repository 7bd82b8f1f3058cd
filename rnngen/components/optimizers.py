"""The optimizers of training; each is called as `target(parameters, learning_rate, options)`.

Matrices are decayed; vectors (biases, gains of layer norm) and embeddings are not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import option


@dataclass(frozen=True)
class AdamWOptions:
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019)."""

    beta1: float = option(0.9, "memory of the mean gradient", min=0, max=0.9999)
    beta2: float = option(0.999, "memory of the mean squared gradient", min=0, max=0.99999)
    weight_decay: float = option(
        0.01, "share of a matrix lost at each step, times the rate", min=0, max=1e6
    )
    epsilon: float = option(1e-8, "added to the denominator", min=0, max=1e6)


@dataclass(frozen=True)
class SGDOptions:
    """Stochastic gradient descent."""

    momentum: float = option(0.0, "memory of the step's direction", min=0, max=0.9999)
    nesterov: bool = option(False, "look ahead along the momentum")
    weight_decay: float = option(
        0.0, "share of a matrix lost at each step, times the rate", min=0, max=1e6
    )


def AdamW(
    parameters: Iterable[tuple[str, nn.Parameter]], learning_rate: float, options: AdamWOptions
) -> torch.optim.Optimizer:
    """torch's AdamW, fused in one kernel where the device has it."""
    groups = decay_groups(parameters, options.weight_decay)
    return torch.optim.AdamW(
        groups,
        lr=learning_rate,
        betas=(options.beta1, options.beta2),
        eps=options.epsilon,
        fused=groups[0]["params"][0].device.type in {"cpu", "cuda"},
    )


def SGD(
    parameters: Iterable[tuple[str, nn.Parameter]], learning_rate: float, options: SGDOptions
) -> torch.optim.Optimizer:
    """torch's SGD.

    Raises:
        UsageError: it is to look ahead along a momentum of 0.
    """
    if options.nesterov and not options.momentum:
        raise UsageError(
            "`sgd.nesterov` looks ahead along the momentum, but `sgd.momentum` is 0",
            hint="add `-o sgd.momentum=0.9`",
        )
    groups = decay_groups(parameters, options.weight_decay)
    return torch.optim.SGD(
        groups, lr=learning_rate, momentum=options.momentum, nesterov=options.nesterov
    )


def decay_groups(
    parameters: Iterable[tuple[str, nn.Parameter]], weight_decay: float
) -> list[dict[str, Any]]:
    """Parameter groups: what decays, and what does not."""
    decayed: list[nn.Parameter] = []
    kept: list[nn.Parameter] = []
    for name, parameter in parameters:
        is_matrix = parameter.dim() >= 2 and not name.startswith("embedding")
        (decayed if is_matrix else kept).append(parameter)
    groups = [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": kept, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]
