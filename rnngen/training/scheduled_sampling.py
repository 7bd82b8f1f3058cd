"""Scheduled sampling: the model learns to continue from its own mistakes.

Bengio et al., "Scheduled sampling for sequence prediction with recurrent neural networks", 2015:
with a probability that rises over training, an input is not the true step but what the model drew
there itself. All draws are made in one pass over the true inputs (Duckworth et al., "Parallel
scheduled sampling", 2019), so that fused layers stay fused: it costs one more forward pass.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnngen.contracts.batch import Batch
from rnngen.contracts.cell import State
from rnngen.model.model import Model


def guessed_inputs(
    model: Model, batch: Batch, state: list[State], share: float, generator: torch.Generator
) -> Tensor:
    """The inputs of a batch, some of them replaced by what the model draws in their place.

    Args:
        model: draws each step from those before it in `batch`.
        batch: inputs `[T,B]`; the first row, and rows where a lane restarts, stay.
        state: of the lanes before the batch.
        share: probability with which an input is replaced; 0 costs nothing.
        generator: on the processor; what is drawn depends on it alone.

    Returns:
        of the shape of the inputs.
    """
    if share == 0.0:
        return batch.inputs
    device = batch.inputs.device
    with torch.no_grad():
        output, _ = model(batch.inputs, state, batch.resets, batch.condition)
    guesses = model.likelihood.sample(output[:-1], generator)  # [T-1, B, ...]
    chosen = torch.rand(guesses.shape[:2], generator=generator).to(device) < share
    guesses = model.likelihood.replaced(batch.inputs[1:], guesses)
    inputs = batch.inputs.clone()
    inputs[1:] = torch.where(_as(chosen, guesses), guesses, inputs[1:])
    if batch.resets is not None:
        inputs = torch.where(_as(batch.resets, inputs), batch.inputs, inputs)
    return inputs


def _as(mask: Tensor, steps: Tensor) -> Tensor:
    """`[T,B]` as `[T,B]` or `[T,B,1]`, whatever fits steps."""
    return mask.view(*mask.shape, *[1] * (steps.dim() - 2))
