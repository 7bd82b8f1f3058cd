"""Refuses a model that can't fit into memory, before any of it is allocated.

Only what is needed for certain counts: weights, gradients and the optimizer's means, and of a batch
the outputs of each layer and the probabilities of its steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from rnngen.contracts.errors import RnngenError, UsageError
from rnngen.kernel.core_options import ModelOptions
from rnngen.kernel.memory import available, check_memory
from rnngen.model.model import Model
from rnngen.model.without_memory import without_memory
from rnngen.training.run import Task

BYTES_PER_PARAMETER = 16
"""Of a weight, its gradient and Adam's two means, float32."""

BYTES_PER_OUTPUT = 8
"""Of a number that a batch computes, and its gradient, float32."""

SMALL = 2**26
"""Weights, roughly, up to which a model is simply built."""


def check_room(
    options: ModelOptions,
    size: int,
    tasks: Sequence[Task],
    device: torch.device,
    build: Callable[[], Model],
) -> None:
    """Raises UsageError where the model and a batch need more memory than there is.

    Args:
        options: shape of the model.
        size: K, numbers in an output.
        tasks: what is learned.
        device: where it is computed.
        build: makes the model; here without memory, only to count its weights.
    """
    steps = max((task.batches.lanes * task.batches.chunk for task in tasks), default=0)
    numbers = steps * (options.layers * options.hidden + size)
    weights = 0
    if options.layers * options.hidden**2 + size * options.hidden > SMALL:
        weights = _count(build)
    check_memory(
        f"a model of {options.layers} x {options.hidden:,} {options.cell} with {weights:,} weights"
        if weights
        else f"a batch of {steps:,} steps",
        weights * BYTES_PER_PARAMETER + numbers * BYTES_PER_OUTPUT,
        hint="use a smaller `--hidden`, `--layers`, `-o model.embedding=...`, vocabulary, "
        "`-o train.lanes=...` or `-o train.chunk=...`",
        free=_free(device),
    )


def _count(build: Callable[[], Model]) -> int:
    """Weights of the model; 0 if a plugin's cell can't be built without memory."""
    try:
        with without_memory():
            return build().parameter_count
    except UsageError:
        raise
    except RnngenError:
        return 0
    except Exception:
        return 0


def _free(device: torch.device) -> int | None:
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return available()
