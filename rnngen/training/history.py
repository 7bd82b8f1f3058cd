"""Measures every task after each task, and the losses in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from rnngen.kernel.strategies import Lifecycle
from rnngen.metrics.task_history import MEASURED, Measured, Stream, measure, size_of
from rnngen.training.run import Run
from rnngen.training.watch import Watch


class History:
    """Fills `run.position.history`, in a run that measures tasks; false in any other.

    Args:
        tasks: what is measured, in the order of the data.
        strategies: what they remember is measured, too.
        watch: over the measurement.
        device: where the model is.
    """

    def __init__(
        self, tasks: Sequence[Measured], strategies: Lifecycle, watch: Watch, device: torch.device
    ) -> None:
        self._tasks = tasks
        self._strategies = strategies
        self._watch = watch
        self._device = device
        self._stream = Stream()

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def add(self, loss: Tensor) -> None:
        """Adds the loss of a step, a scalar."""
        if self._tasks:
            self._stream.add(loss)

    def start_task(self) -> None:
        """Forgets the losses of the previous task."""
        self._stream = Stream()

    def measure(self, run: Run, learned: int | None) -> None:
        """Adds a row: every task's held-out part, with the model as it is.

        Args:
            run: the training.
            learned: number of the task that was learned last; None: none was.
        """
        limit = min(run.options.validate_tokens, MEASURED)
        with self._watch.part("the measurement of all tasks"):
            nats = measure(run.model, self._tasks, run.device, limit)
        position = run.position
        position.history.append(
            {
                "learned": learned,
                "nats": nats,
                "steps": position.task_step,
                "tokens": position.tokens,
                "seconds": round(position.seconds, 3),
                "after_switch": self._stream.after_switch,
                "recovered": self._stream.recovered,
                "memory_bytes": size_of(self._strategies.state_dict()),
                "memory_tokens": self._strategies.memory_tokens,
            }
        )
        self._strategies.tasks_measured(run, nats)

    def state_dict(self) -> dict[str, Any]:
        """The losses of the task so far. JSON."""
        return self._stream.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes back to what `state_dict` gave."""
        self._stream = Stream.of(state, self._device)
