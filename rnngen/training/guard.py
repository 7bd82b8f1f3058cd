"""Detects an exploding loss, and rolls back to the last checkpoint."""

from __future__ import annotations

import math

from rnngen.bundles.run_folder import RunFolder
from rnngen.contracts.errors import RunError
from rnngen.contracts.reporter import Reporter
from rnngen.metrics.shown import fixed
from rnngen.training.checkpoints import Checkpoints
from rnngen.training.run import Run

EXPLODED = 2.0
"""A loss above this multiple of the task's first loss counts as exploded."""

EXPLODED_DENSITY = 50.0
"""The same in nats above the first loss, for densities, whose loss has no zero."""

LOOK_EVERY = {"cpu": 1, "cuda": 16, "mps": 16}
"""Steps between two looks at the loss: on a GPU, a look waits for it."""


class Exploded(Exception):
    """The loss or the gradient is not a number, or far above where it began."""


class Guard:
    """Checks the loss before it changes a weight.

    Args:
        checkpoints: where to go back to.
        folder: its metrics go back, too.
        reporter: who is told.
    """

    def __init__(self, checkpoints: Checkpoints, folder: RunFolder, reporter: Reporter) -> None:
        self._checkpoints = checkpoints
        self._folder = folder
        self._reporter = reporter

    def due(self, run: Run) -> bool:
        """Whether the loss of the step that is being taken is looked at."""
        return (run.position.step + 1) % LOOK_EVERY.get(run.device.type, 1) == 0

    def check(self, run: Run, loss: float, norm: float) -> None:
        """Looks at the loss of a step, and at the norm of its gradient.

        Raises:
            Exploded: nothing can be learned from here on.
        """
        position = run.position
        if not math.isfinite(loss) or not math.isfinite(norm):
            raise Exploded("the loss is not a number" if math.isnan(loss) else "the loss exploded")
        if position.first_loss is None:
            position.first_loss = loss
        most = EXPLODED * max(position.first_loss, 1.0)
        if run.model.likelihood.density:
            most = position.first_loss + EXPLODED_DENSITY
        if loss > most:
            raise Exploded(
                f"the loss rose to {fixed(loss, 2)} from {fixed(position.first_loss, 2)}"
            )

    def roll_back(self, run: Run, reason: str) -> None:
        """Goes back to the last checkpoint, at half the learning rate.

        Raises:
            RunError: the loss exploded too often, or there is no checkpoint.
        """
        position, most = run.position, run.options.recoveries
        count, scale, at = position.recoveries + 1, position.rate_scale / 2, position.step
        if count > most:
            raise RunError(
                f"{reason} at step {at}, after going back {count - 1} times",
                hint="try a lower `-o train.learning_rate`, or a lower `-o train.clip`",
            )
        saved = self._checkpoints.last()
        if saved is None:
            raise RunError(f"{reason} at step {at}, and there is no checkpoint to go back to")
        self._checkpoints.restore(saved)
        position.recoveries, position.rate_scale = count, scale
        self._folder.truncate_metrics(position.step)
        self._checkpoints.save(run)
        self._reporter.warn(
            f"{reason} at step {at}: back to step {position.step}, learning rate now "
            f"{scale:g} times the requested one ({count} of {most} recoveries)"
        )
        self._folder.log(f"{reason} at step {at}: back to step {position.step}")
