"""A run at one moment: its tasks, where it stands, and what the lifecycle hooks see of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from rnngen.contracts.batch import Batches
from rnngen.data.store import Store
from rnngen.kernel.core_options import TrainOptions
from rnngen.model.model import Model


@dataclass(frozen=True)
class Task:
    """One part of what is learned: its steps and batches, and what it is validated on."""

    name: str
    train: Store
    batches: Batches
    valid: Store | None
    members: tuple[int, ...] = (0,)
    """The data sets it is made of, by their place in what is measured."""


@dataclass
class Position:
    """Where a run stands. JSON."""

    task: int = 0
    batch: int = 0
    """Batches read of this task; epoch and index follow from it."""
    step: int = 0
    """Optimizer steps of the whole run."""
    task_step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    """Wall-clock seconds trained, over all sittings."""
    task_seconds: float = 0.0
    rate_scale: float = 1.0
    """Halved at each recovery."""
    recoveries: int = 0
    first_loss: float | None = None
    best: float | None = None
    """Lowest validation, nats per token."""
    best_step: int = 0
    waiting: int = 0
    """Validations since the best."""
    last_validation: float = 0.0
    """Progress at the last validation."""
    owed: bool = False
    """Whether a validation was started but not finished: it comes before the next step."""
    looked_at: int | None = None
    """Held-out tokens that validations of this task look at; None: not chosen yet."""
    begun: bool = False
    """Whether strategies were told that this task starts."""
    history: list[dict[str, Any]] = field(default_factory=list)
    """A row from before the first task and one for each that is finished; see `task_history`."""
    mean_loss: float | None = None
    """Running mean of the loss, nats per token."""

    def add_seconds(self, seconds: float) -> None:
        """Counts time that was spent on the task."""
        self.seconds += seconds
        self.task_seconds += seconds

    def start_task(self) -> None:
        """Counts this task from zero; what belongs to the whole run stays."""
        self.batch = self.task_step = 0
        self.task_seconds = self.last_validation = 0.0
        self.best, self.waiting = None, 0
        self.looked_at = None
        # A model that knows one task well finds the next one surprising: a high loss is normal.
        self.first_loss = None
        self.begun = False

    def state_dict(self) -> dict[str, Any]:
        """JSON."""
        return asdict(self)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes back to what `state_dict` gave; the object stays the same one."""
        self.__dict__.update(vars(Position(**state)))


@dataclass
class Run:
    """What lifecycle hooks see: the run as it is at this moment."""

    model: Model
    options: TrainOptions
    device: torch.device
    tasks: Sequence[Task]
    position: Position
    folder: Path
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    dtype: torch.dtype | None
    """Type of matrix products; None is float32."""
    start: Path | None
    """The bundle whose model goes on learning (`--from`)."""
    note: Callable[[str], None]
    warn: Callable[[str], None]
    strategies: tuple[str, ...] = ()
    """Names of all strategies of the run, in order."""
    lanes: int = 0
    """How many rows of a batch are the task's own; those behind them are rehearsed."""
    rehearsed: dict[str, slice] = field(default_factory=dict)
    """Which rows of a batch each strategy rehearses."""
    task_gradient: dict[str, torch.Tensor] = field(default_factory=dict)
    """Gradient of the task's own loss at this step, by parameter: without rehearsed rows, the
    strategies' terms, projections and clipping. Empty unless a strategy's attribute
    `task_gradient` is true."""

    @property
    def step(self) -> int:
        """Optimizer steps done."""
        return self.position.step

    @property
    def seed(self) -> int:
        """The seed of the run."""
        return self.options.seed

    @property
    def task(self) -> Task:
        """The task being learned."""
        return self.tasks[min(self.position.task, len(self.tasks) - 1)]
