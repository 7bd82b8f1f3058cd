"""Passes over a task's batches after it was learned: gradients of one batch at a time.

Every batch begins with the initial state, so that batches can be skipped; dropout is off.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from rnngen import Batch, Run, batch_nll, weighted_mean


def spread(count: int, wanted: int | None) -> list[int]:
    """Evenly spread numbers below `count`: as many as wanted, or all."""
    if wanted is None or wanted >= count:
        return list(range(count))
    return [index * count // wanted for index in range(wanted)]


@contextmanager
def without_dropout(model: nn.Module) -> Iterator[None]:
    """Switches dropout off and leaves the rest in training mode.

    cuDNN has no backward pass for recurrent layers in evaluation mode.
    """
    changed = [part for part in model.modules() if "Dropout" in type(part).__name__]
    modes = [part.training for part in changed]
    for part in changed:
        part.eval()
    try:
        yield
    finally:
        for part, mode in zip(changed, modes, strict=True):
            part.train(mode)


def whole_gradient(run: Run, batch: Batch, sampled: torch.Generator | None = None) -> int:
    """Leaves the gradient of a batch's mean loss in the parameters; returns its number of tokens.

    Args:
        run: whose model it is.
        batch: `[T,B]`, on the run's device.
        sampled: draws targets from the model instead of taking the batch's.
    """
    model = run.model
    run.optimizer.zero_grad(set_to_none=True)
    state = model.initial_state(batch.inputs.shape[1])
    with without_dropout(model):
        nll, output, _ = batch_nll(model, batch, state, run.device, run.dtype)
    if sampled is not None:
        nll = model.likelihood.nll(output, model.likelihood.sample(output, sampled))
    torch.autograd.backward(weighted_mean(nll, batch.weights))
    return nll.numel() if batch.weights is None else int(batch.weights.sum())
