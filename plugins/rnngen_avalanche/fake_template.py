"""The object that Avalanche's plugins take for its `strategy`.

The 22 names below are all that the supported plugins use of a strategy; a test reads their sources
and fails if there is another. The training loop is ours, and so is what stands behind the names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from avalanche.training.plugins.clock import Clock
from torch import Tensor

from rnngen import Batches
from rnngen_avalanche import windows
from rnngen_avalanche.chunk import IGNORED, Chunk
from rnngen_avalanche.effects import Effects
from rnngen_avalanche.randomness import apart
from rnngen_avalanche.view import PluginView

EVENTS = tuple(
    f"{when}_{what}"
    for what in (
        "training",
        "train_dataset_adaptation",
        "training_exp",
        "training_epoch",
        "training_iteration",
        "forward",
        "backward",
        "update",
    )
    for when in ("before", "after")
)

SMALLEST = torch.finfo(torch.float32).tiny
"""A loss to add penalties to: MAS takes exactly 0 for none. It is far below rounding."""

NO_DEFAULTS = ("avalanche.core", "avalanche.training.plugins.strategy_plugin")
"""Where Avalanche defines every event as a method that does nothing."""


def token_loss(output: Tensor, y: Tensor) -> Tensor:
    """The mean negative log-likelihood: `[B·T, K]` and `[B,T]` to a scalar, in nats per token."""
    return torch.nn.functional.cross_entropy(output, y.reshape(-1), ignore_index=IGNORED)


class FakeTemplate:
    """A strategy without a loop.

    Args:
        view: the model.
        plugins: Avalanche's, by name, in their order.
        clock: counts experiences and iterations.
        optimizer: of the run.
        seed: of the run.
    """

    def __init__(
        self,
        view: PluginView,
        plugins: dict[str, Any],
        clock: Clock,
        optimizer: torch.optim.Optimizer,
        seed: int,
    ) -> None:
        self.model = view
        self.optimizer = optimizer
        self.device = next(view.parameters()).device
        self.clock = clock
        # The clock counts what the others read, so it is called last.
        self.plugins = [*plugins.values(), clock]
        self.train_mb_size = self.eval_mb_size = 0
        self.train_epochs = 1
        self.is_training = True
        self.dataloader: Any = None
        self.loss = torch.zeros((), device=self.device)
        self.output: Tensor | None = None
        """`[T,B,K]`, of the loop's own forward pass."""
        self._criterion = token_loss
        self._experience: Any = None
        self._make: Callable[[], Any] | None = None
        self._seed = seed
        self._table = {event: _listeners(plugins, clock, event) for event in EVENTS}

    @property
    def chunk(self) -> Chunk:
        """The chunk that the loop reads."""
        return self.model.chunk

    def hears(self, event: str) -> bool:
        """Whether any plugin acts at an event."""
        return bool(self._table[event])

    def fire(self, event: str, effects: Effects | None = None) -> None:
        """Calls the plugins in order.

        Args:
            event: one of `EVENTS`.
            effects: notes which plugin changes something.
        """
        for name, method in self._table[event]:
            if effects is None:
                method(self)
            else:
                effects.watch(name, self, method)

    def penalty(self, output: Tensor, effects: Effects | None = None) -> Tensor:
        """What the plugins add to the loss, a scalar; without a gradient if nothing.

        Args:
            output: `[T,B,K]`, of the loop's own forward pass.
            effects: as in `fire`.
        """
        self.output = output
        self.loss = torch.full((), SMALLEST, device=self.device)
        self.fire("before_backward", effects)
        self.output = None
        return self.loss

    def begin(self, batches: Batches, number: int, most: int | None, epochs: int) -> None:
        """The task that is learned now.

        Args:
            batches: of the task.
            number: of tasks learned before, over all runs.
            most: batches that make up its data set; None: all.
            epochs: how often it is read.
        """
        self.train_mb_size = self.eval_mb_size = batches.lanes
        self.train_epochs = epochs
        self.dataloader = self._experience = None
        self._make = lambda: windows.experience(windows.of_task(batches, most, number), number)

    def end(self) -> None:
        """Frees the task's data."""
        self.dataloader = self._experience = self._make = self.output = None

    @property
    def experience(self) -> Any:
        """The task, with its data set, which is read on first use."""
        if self._experience is None and self._make is not None:
            self._experience = self._make()
        return self._experience

    @property
    def adapted_dataset(self) -> Any:
        """The data set of the task."""
        return self.experience.dataset

    @property
    def mbatch(self) -> list[Tensor]:
        """The current chunk: `[B,T]` inputs and targets, and a task label for each row."""
        return [self.mb_x, self.mb_y, self.mb_task_id]

    @property
    def mb_x(self) -> Tensor:
        """`[B,T]`, the object by which the model knows that it is the current chunk."""
        assert self.chunk.x is not None
        return self.chunk.x

    @property
    def mb_y(self) -> Tensor:
        """`[B,T]`."""
        return self.chunk.y

    @property
    def mb_task_id(self) -> Tensor:
        """`[B]`, zeros."""
        return torch.zeros(len(self.mb_x), dtype=torch.int64)

    @property
    def mb_output(self) -> Tensor:
        """`[B·T, K]`, of the loop's own forward pass."""
        assert self.output is not None
        return self.output.float().transpose(0, 1).flatten(0, 1)

    def criterion(self) -> Tensor:
        """The loss of the current chunk."""
        return self._criterion(self.mb_output, self.mb_y)

    def model_adaptation(self, model: Any = None) -> Any:
        """Does nothing: the model does not change with the task."""
        return self.model if model is None else model

    def stop_training(self) -> None:
        """Raises: no supported plugin stops a task early."""
        raise NotImplementedError("a strategy of Avalanche can't end a task of this loop")

    @contextmanager
    def between_tasks(self) -> Iterator[None]:
        """Gives the task its own random numbers, and hides a numpy warning that SI causes."""
        with apart(self._seed, self.clock.train_exp_counter), windows.quiet():
            yield


def _listeners(
    plugins: dict[str, Any], clock: Clock, event: str
) -> Sequence[tuple[str, Callable[..., Any]]]:
    """The plugins that act at an event, ignoring methods that are empty by default."""
    found = []
    for name, plugin in [*plugins.items(), ("clock", clock)]:
        owners = [kind for kind in type(plugin).__mro__ if event in vars(kind)]
        if owners and owners[0].__module__ not in NO_DEFAULTS:
            found.append((name, getattr(plugin, event)))
    return found
