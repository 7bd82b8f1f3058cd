"""A run at one moment, for strategies to be called by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from rnngen.data.choose_batches import choose
from rnngen.data.store import Store
from rnngen.kernel.core_options import ModelOptions, TrainOptions
from rnngen.model.build import build
from rnngen.model.model import Model
from rnngen.training.run import Position, Run, Task


def text(steps: int = 400, size: int = 5, seed: int = 0) -> Store:
    """Random steps 1 to size - 1."""
    drawn = np.random.default_rng(seed).integers(1, size, steps)
    return Store.of([drawn.astype(np.uint8)])


def task(store: Store, name: str = "one", member: int = 0, **options: int) -> Task:
    chosen = TrainOptions(**{"lanes": 4, "chunk": 8, **options})
    batches = choose(store, chosen.lanes, chosen.chunk, chosen.seed)
    return Task(name, store, batches, None, (member,))


def model(size: int = 5, hidden: int = 4, cell: str = "gru", **options) -> Model:
    torch.manual_seed(0)
    return build(size, ModelOptions(cell=cell, hidden=hidden, dropout=0.0, **options), {})


def run(
    learner: Model,
    tasks: list[Task],
    said: list[str] | None = None,
    start: Path | None = None,
    rate: float = 0.1,
    **options: int,
) -> Run:
    """A run with plain gradient descent; messages go to `said`."""
    said = [] if said is None else said
    return Run(
        learner,
        TrainOptions(**{"lanes": 4, "chunk": 8, **options}),
        torch.device("cpu"),
        tasks,
        Position(),
        Path("run"),
        torch.optim.SGD(learner.parameters(), lr=rate),
        torch.Generator().manual_seed(0),
        None,
        start,
        said.append,
        lambda line: said.append(f"warning: {line}"),
    )
