"""What to do for a model of whose past a strategy kept nothing."""

from __future__ import annotations

from rnngen import Run

MODEL_ALONE = ("self-replay", "lwf")
"""Strategies that need nothing but the old model, the better one first."""


def way_to_protect(run: Run) -> str:
    """A sentence on how the old can be kept; never to name a strategy that is named already."""
    named = [name for name in MODEL_ALONE if name in run.strategies]
    if named:
        return f"`{named[0]}`, which needs the model alone, protects the old"
    with_old = "train with the old data as the first task"
    if run.model.likelihood.step_shape:
        return f"To keep the old as well, {with_old}"
    alone = f"`--plugin {MODEL_ALONE[0]}` needs the model alone"
    return f"To keep the old as well: {alone}, or {with_old}"
