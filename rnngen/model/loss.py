"""The training loss: the mean negative log-likelihood of a batch, in nats per step."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from rnngen.contracts.batch import Batch
from rnngen.contracts.cell import State
from rnngen.model.model import Model


def batch_nll(
    model: Model,
    batch: Batch,
    state: list[State],
    device: torch.device,
    dtype: torch.dtype | None = None,
) -> tuple[Tensor, Tensor, list[State]]:
    """The negative log-likelihood of every target of a batch.

    Args:
        model: predicts `batch.targets [T,B]` from `batch.inputs [T,B]`.
        batch: on the model's device.
        state: of the B lanes before the batch.
        device: where the model is.
        dtype: of matrix products; None is float32.

    Returns:
        `[T,B]` in nats; the model's output `[T,B,K]`; the state afterwards.
    """
    with autocast(device, dtype):
        output, state = model(batch.inputs, state, batch.resets, batch.condition)
    return model.likelihood.nll(output, batch.targets), output, state


def mean_nll(
    model: Model,
    batch: Batch,
    state: list[State],
    device: torch.device,
    dtype: torch.dtype | None = None,
) -> tuple[Tensor, Tensor, list[State]]:
    """As `batch_nll`, but with the weighted mean over the batch: a scalar, in nats per step."""
    nll, output, state = batch_nll(model, batch, state, device, dtype)
    return weighted_mean(nll, batch.weights), output, state


def weighted_mean(nll: Tensor, weights: Tensor | None) -> Tensor:
    """The mean of `nll [T,B]`, weighted by `[T,B]` if there are weights."""
    if weights is None:
        return nll.mean()
    return (nll * weights).sum() / weights.sum().clamp(min=1.0)


def backward(
    own: Tensor, rest: Tensor | None, parameters: Mapping[str, Tensor], found: dict[str, Tensor]
) -> None:
    """As `(own + rest).backward()`, and keeps the gradient of `own` apart from that of the rest.

    Args:
        own: a scalar, the task's loss.
        rest: what else is lowered; None if nothing is.
        parameters: by name.
        found: the gradient of `own` is added to it, by name; zeros where there is none.
    """
    tensors = list(parameters.values())
    retain = rest is not None
    gradients = torch.autograd.grad(own, tensors, retain_graph=retain, allow_unused=True)
    for (name, parameter), gradient in zip(parameters.items(), gradients, strict=True):
        if gradient is None:
            found.setdefault(name, torch.zeros_like(parameter))
            continue
        found[name] = found[name] + gradient if name in found else gradient
        # A copy, so that changing one of the two does not change the other.
        parameter.grad = gradient.clone() if parameter.grad is None else parameter.grad + gradient
    if rest is not None:
        torch.autograd.backward(rest)


def autocast(device: torch.device, dtype: torch.dtype | None) -> AbstractContextManager[object]:
    """Matrix products in `dtype`; None leaves float32."""
    if dtype is None:
        return nullcontext()
    return torch.autocast(device.type, dtype=dtype)


def counted(model: Model, batch: Batch) -> Batch:
    """The batch with weight 0 where the model's likelihood does not count a target."""
    counts = model.likelihood.counts(batch.targets)
    if counts is None:
        return batch
    return batch._replace(weights=counts if batch.weights is None else counts * batch.weights)
