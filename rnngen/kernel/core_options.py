"""The options of the core itself: its sections of a configuration, and its tables of commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rnngen.contracts.options import option

MOST = 10**15
"""A count that no run reaches: above it, a number was mistyped."""

LONGEST = 3.2e9
"""Seconds: a hundred years."""


@dataclass(frozen=True)
class ModelOptions:
    """Shape of the model."""

    cell: str = option("lstm", "recurrent cell, see `rnngen list cells`")
    layers: int = option(1, "number of stacked cells", min=1, max=64)
    hidden: int = option(512, "size of a cell's output", min=1, max=65536)
    embedding: int | None = option(
        None,
        "size of a token's embedding; none: 64, and more for vocabularies of more than 256",
        min=1,
        max=65536,
    )
    dropout: float = option(
        0.4, "share of each layer's output dropped while training", min=0, max=0.95
    )
    input_dropout: float = option(
        0.0, "share of the lowest layer's input dropped while training", min=0, max=0.95
    )
    weight_dropout: float = option(
        0.0,
        "share of each cell's recurrent weights dropped for a chunk of training (Merity et al. "
        "2018)",
        min=0,
        max=0.95,
    )
    residual: bool = option(False, "add a layer's input to its output")
    layer_norm: bool = option(False, "normalise every layer's output (Ba et al. 2016)")
    conditioner: str = option(
        "window", "how a condition is read, where data has one; see `rnngen list conditioners`"
    )
    window: int = option(
        10,
        "size of the conditioner: bells of the soft window through which a text to write is read "
        "(Graves 2013)",
        min=1,
        max=256,
    )
    tied: bool = option(False, "share embedding and readout weights (Press and Wolf 2017)")


DROPOUTS = ("dropout", "input_dropout", "weight_dropout")
"""Options of a model that are not part of its shape, so that training may continue with others."""


@dataclass(frozen=True)
class TrainOptions:
    """How the model is trained."""

    time: float | None = option(
        None, "stop after this many seconds of steps and validations", min=0.001, max=LONGEST
    )
    steps: int | None = option(None, "stop after this many optimizer steps", min=1, max=MOST)
    epochs: float | None = option(
        None, "stop after this many passes over the data", min=1e-6, max=MOST
    )
    seed: int = option(0, "seed of initial weights, data order and dropout", min=0, max=2**63 - 1)
    device: str = option("auto", "`auto`, `cpu`, `cuda`, `cuda:1`, `mps`")
    precision: Literal["auto", "fp32", "bf16"] = option(
        "auto", "auto: bf16 matrix products where the processor has them, else fp32"
    )
    threads: int | None = option(None, "processor threads; none: as many as cores", min=1, max=1024)
    optimizer: str = option("adamw", "see `rnngen list optimizers`")
    reset_optimizer: bool = option(
        True, "forget the optimizer's running means before the next task"
    )
    learning_rate: float = option(0.008, "highest learning rate", min=0, max=1e12)
    schedule: Literal["cosine", "linear", "constant"] = option(
        "cosine", "how the rate falls after warmup, over the budget of steps or time"
    )
    warmup: float = option(0.02, "share of the budget in which the rate rises", min=0, max=1)
    decay: float = option(
        1.0, "share of the budget in which the rate falls; before, it is constant", min=0, max=1
    )
    final_rate: float = option(0.0, "last learning rate, as a share of the highest", min=0, max=1)
    clip: float = option(1.0, "largest norm of the gradient; 0: no clipping", min=0, max=1e30)
    lanes: int = option(32, "sequences in a batch", min=1, max=65536)
    chunk: int = option(64, "steps of backpropagation through time", min=1, max=65536)
    accumulate: int = option(
        1, "batches whose gradients are added for one optimizer step", min=1, max=65536
    )
    scheduled_sampling: float = option(
        0.0,
        "share of inputs that are the model's own guesses at the end of training, rising from 0 "
        "(Bengio et al. 2015, in one parallel pass: Duckworth et al. 2019)",
        min=0,
        max=1,
    )
    validate_every: int | None = option(
        None,
        "steps between validations; none: about 10 in a run, taking at most 4 % of it",
        min=1,
        max=MOST,
    )
    validate_tokens: int = option(
        1_000_000,
        "held-out tokens in a validation: all of them up to this number, else this many "
        "spread over the whole; `rnngen evaluate` uses all",
        min=1,
        max=MOST,
    )
    patience: int | None = option(
        None, "stop after this many validations without a better one; none: never", min=1, max=MOST
    )
    checkpoint_every: int | None = option(
        None,
        "steps between checkpoints; none: one a minute and one at each validation",
        min=1,
        max=MOST,
    )
    sample: int = option(160, "steps of the preview written at each validation", min=0, max=10**6)
    recoveries: int = option(
        3,
        "how many times to roll back to the last checkpoint when the loss explodes",
        min=0,
        max=64,
    )


SECTIONS: dict[str, type] = {"model": ModelOptions, "train": TrainOptions}
"""The sections of the core, which are there whatever was chosen."""

COMMANDS: dict[str, dict[str, type]] = {
    "fit": {
        "data": list,
        "run": str,
        "plugins": list,
        "trackers": list,
        "arrangement": list,
        "domain": str,
    },
    "continual": {"data": list, "run": str, "domain": str},
    "generate": {"run": str, "decoder": str},
    "chat": {"run": str, "decoder": str},
    "evaluate": {"run": str, "data": list},
}
"""The commands that have a table of their own in a configuration, and what it may hold."""
