"""What a training step lowers: the mean negative log-likelihood of a batch, in nats per step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rnngen.cells.cell import State, map_state
from rnngen.data import Batch
from rnngen.model import Model
from rnngen.scoring import autocast


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
    """The mean of `nll [T,B]`, weighted where there are weights `[T,B]`."""
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
        # A copy: whoever changes one of the two must not change the other.
        parameter.grad = gradient.clone() if parameter.grad is None else parameter.grad + gradient
    if rest is not None:
        torch.autograd.backward(rest)


def beside(batch: Batch, rehearsed: Sequence[Batch]) -> Batch:
    """The batch with more rows behind its own `[T,B]`; all have the same T.

    The new rows begin with the initial state: `extended` gives the state that belongs to them.
    """
    if not rehearsed:
        return batch
    every = [batch, *rehearsed]
    weights = resets = condition = None
    if any(part.condition is not None for part in every):
        condition = torch.cat([_condition(part, every) for part in every])
    if any(part.weights is not None for part in every):
        weights = torch.cat([_weights(part) for part in every], dim=1)
    if any(part.resets is not None for part in every):
        resets = torch.cat([_resets(part) for part in every], dim=1)
    return Batch(
        torch.cat([part.inputs for part in every], dim=1),
        torch.cat([part.targets for part in every], dim=1),
        weights,
        resets,
        condition,
    )


def columns(lanes: int, rehearsed: Mapping[str, Batch]) -> dict[str, slice]:
    """Where `beside` puts the rows of each strategy: behind the first `lanes`."""
    places, start = {}, lanes
    for name, batch in rehearsed.items():
        places[name] = slice(start, start + batch.inputs.shape[1])
        start = places[name].stop
    return places


def extended(model: Model, state: list[State], rows: int) -> list[State]:
    """The state of the lanes, and the initial one of so many more rows."""
    if rows == 0:
        return state
    return [
        map_state(lambda old, new: torch.cat([old, new.to(old.dtype)]), old, new)
        for old, new in zip(state, model.initial_state(rows), strict=True)
    ]


def _weights(batch: Batch) -> Tensor:
    if batch.weights is not None:
        return batch.weights
    return torch.ones(batch.targets.shape[:2], device=batch.targets.device)


def _condition(batch: Batch, every: Sequence[Batch]) -> Tensor:
    if batch.condition is not None:
        return batch.condition
    model = next(part.condition for part in every if part.condition is not None)
    return model.new_zeros(batch.inputs.shape[1], model.shape[1])


def _resets(batch: Batch) -> Tensor:
    if batch.resets is not None:
        return batch.resets
    return torch.zeros(batch.targets.shape[:2], dtype=torch.bool, device=batch.targets.device)
