"""Adds rehearsed rows to a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rnngen.contracts.batch import Batch
from rnngen.contracts.cell import State, map_state
from rnngen.model.model import Model


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
    """The state of the lanes, followed by the initial state of this many more rows."""
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
