"""When and how the held-out part is measured, and when patience ends.

`rnngen evaluate` reads the held-out text in one lane, which is slow. Here a long one is read in
`LANES` lanes; each begins `WARM` steps before its stretch, so that the state is carried into it.
That costs little, and the numbers agree: of a text of 60,000 characters to eight decimals, where
lanes that begin empty differ in the third.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from rnngen.bundles.run_folder import RunFolder
from rnngen.contracts.exact_text import readable
from rnngen.contracts.reporter import Reporter
from rnngen.contracts.steps import loss_unit
from rnngen.data.measuring import evaluation
from rnngen.kernel.strategies import Lifecycle
from rnngen.metrics.scoring import score
from rnngen.metrics.shown import fixed
from rnngen.training.limits import Limits, looked_at
from rnngen.training.progress import Progress
from rnngen.training.run import Position, Run
from rnngen.training.watch import Watch

LANES = 16
"""A longer text is measured in this many stretches side by side."""

WARM = 256
"""Steps before a stretch that are read first, unmeasured, so that its state is not empty."""

ONE_LANE = 2048
"""Most steps that are measured in one lane, as `rnngen evaluate` does."""

VALIDATION_SHARE = 0.04
"""Largest share of a run's time that validations take."""

VALIDATIONS = 10
"""Most validations in a run, where the user did not say how often."""

SaveModel = Callable[[Position, float | None], None]
"""Commits the weights as the bundle's, given the validation in nats (or None)."""


class Validation:
    """Measures the held-out part of the task, and keeps the best model.

    Args:
        limits: how far the run is, and how much time is left.
        progress: where the result is recorded.
        strategies: told of it.
        watch: over the measurement.
        steps_are: what the codec calls its steps.
        save_model: called with a better model.
        preview: what the model writes, given the step.
        folder: where previews go.
        reporter: who is told.
        clock: in seconds.
    """

    def __init__(
        self,
        limits: Limits,
        progress: Progress,
        strategies: Lifecycle,
        watch: Watch,
        *,
        steps_are: str,
        save_model: SaveModel,
        preview: Callable[[int], str],
        folder: RunFolder,
        reporter: Reporter,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._progress = progress
        self._strategies = strategies
        self._watch = watch
        self._steps_are = steps_are
        self._save_model = save_model
        self._preview = preview
        self._folder = folder
        self._reporter = reporter
        self._clock = clock
        self._seconds = 0.0

    def due(self, run: Run) -> bool:
        """Whether it is time for one after this step."""
        options, position = run.options, run.position
        if options.validate_every is not None:
            return position.task_step % options.validate_every == 0
        progress = self._limits.progress(run)
        gap = 1.0 / VALIDATIONS
        if options.time and self._seconds:
            # Only the clock may ask for fewer: with a budget of steps the run must be repeatable.
            gap = max(gap, self._seconds / (VALIDATION_SHARE * options.time / len(run.tasks)))
        return progress >= 1.0 or progress - position.last_validation >= gap

    def stale(self, run: Run) -> bool:
        """Whether the model has learned something since the last one."""
        return run.position.last_validation < self._limits.progress(run)

    def out_of_patience(self, run: Run) -> bool:
        """Whether there were too many without a better one."""
        patience, waiting = run.options.patience, run.position.waiting
        if patience is None or waiting < patience:
            return False
        self._reporter.note(f"stopped early: {waiting} validations without a better one")
        return True

    def measure(self, run: Run) -> None:
        """Measures the held-out part, writes a preview, and saves the model if it is better."""
        begin, position, task = self._clock(), run.position, run.task
        position.owed = True
        self._choose_tokens(run)
        result, text = None, ""
        with self._watch.part("a validation"):
            if task.valid is not None:
                limit = looked_at(run)
                lanes = 1 if task.valid.targets <= ONE_LANE else LANES
                batches = evaluation(task.valid, 256, lanes, limit, WARM)
                # In float32, whatever training computes in: it is the number of the model card.
                result = score(run.model, batches, run.device).nats_per_token
            if run.options.sample:
                text = self._preview(position.step)
        position.owed = False
        better = result is not None and self._judge(run, result)
        if text:
            self._folder.sample(position.step, text)
            self._reporter.sample(readable(text), f"step {position.step}")
        if better or task.valid is None or len(run.tasks) > 1:
            self._save_model(position, position.best)
        self._seconds = self._clock() - begin
        self._limits.time.add_validation(self._seconds)
        position.add_seconds(self._seconds)
        # The validation itself has used some of a limit of time.
        position.last_validation = self._limits.progress(run)

    def _choose_tokens(self, run: Run) -> None:
        """Once for all validations of a task, so that they can be compared."""
        position = run.position
        if position.looked_at is not None or run.task.valid is None:
            return
        limit = looked_at(run)
        position.looked_at = self._limits.time.validated(limit)
        if position.looked_at < limit:
            self._reporter.note(
                f"validations look at {position.looked_at:,} of {limit:,} held-out "
                f"{self._steps_are}, "
                "to stay within the time limit"
            )

    def _judge(self, run: Run, result: float) -> bool:
        """Records a result, in nats per token; whether it is the best."""
        position = run.position
        better = position.best is None or result < position.best
        if better:
            position.best, position.best_step, position.waiting = result, position.step, 0
        else:
            position.waiting += 1
        self._progress.record(run, {"split": "valid", "loss": result})
        if self._strategies:
            self._strategies.evaluated(run, "valid", {"loss": result})
        unit = loss_unit(self._steps_are, bool(run.task.train.steps.shape[1:]))
        self._reporter.note(
            f"step {position.step}  valid {fixed(result, 4)} {unit}{' (best)' if better else ''}"
        )
        return better
