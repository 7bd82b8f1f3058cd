"""The negative log-likelihood of a whole split under a model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch

from rnngen.contracts.batch import Batch
from rnngen.data.measuring import evaluation
from rnngen.data.store import Store
from rnngen.model.loss import autocast, counted
from rnngen.model.model import Model

CHUNK = 512
"""Steps that are read at a time."""


@dataclass(frozen=True)
class Score:
    """The result of a pass over a split.

    Args:
        nats: sum of −ln p over all steps scored.
        steps: how many were scored.
    """

    nats: float
    steps: int

    @property
    def nats_per_token(self) -> float:
        """Mean −ln p of a step."""
        return self.nats / self.steps


def score(
    model: Model,
    batches: Iterable[Batch],
    device: torch.device,
    dtype: torch.dtype | None = None,
) -> Score:
    """Runs the model over the batches in order, carrying the state from one to the next.

    Args:
        model: its training mode is restored afterwards.
        batches: every step of the split once, as a target.
        device: where the model is.
        dtype: of matrix products; None is float32.
    """
    training = model.training
    model.eval()
    nats, steps = 0.0, 0
    state: Any = None
    width = 0
    with torch.inference_mode(), autocast(device, dtype):
        for batch in batches:
            lanes = batch.inputs.shape[1]
            if lanes != width:
                state, width = model.initial_state(lanes), lanes
            batch = counted(model, batch.to(device))
            output, state = model(batch.inputs, state, batch.resets, batch.condition)
            nll = model.likelihood.nll(output, batch.targets)
            if batch.weights is None:
                steps += nll.numel()
            else:
                nll = nll * batch.weights
                steps += int(batch.weights.sum())
            nats += float(nll.sum(dtype=torch.float64))
    model.train(training)
    return Score(nats, steps)


def score_store(
    model: Model, store: Store, device: torch.device, limit: int | None = None
) -> Score:
    """The score of a store: every step once, in order, in one lane, the state carried, float32.

    Both `rnngen evaluate` and the task matrix are measured by it, so that their numbers agree.

    Args:
        model: its training mode is restored afterwards.
        store: what was held out.
        device: where the model is.
        limit: the first steps, this many; None: all.
    """
    return score(model, evaluation(store, CHUNK, limit=limit), device)
