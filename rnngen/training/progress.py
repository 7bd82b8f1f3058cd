"""Tells how a training goes: rates, time left, and rows of `metrics.jsonl`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from rnngen.bundles.run_folder import RunFolder
from rnngen.contracts.reporter import Reporter
from rnngen.training.limits import Limits
from rnngen.training.run import Run

RECORD_EVERY = 10
"""Steps between two rows of metrics."""

KEPT = 0.95
"""Share of the running mean that each step keeps."""

Log = Callable[[int, Mapping[str, float]], None]


def mean_loss(run: Run) -> float:
    """The running mean of the loss, NaN before the first look at it."""
    mean = run.position.mean_loss
    return math.nan if mean is None else mean


class Progress:
    """Keeps the numbers of the last steps.

    Args:
        limits: say how far the run is.
        folder: where the rows go.
        log: hands numbers to the trackers.
        reporter: who is told after each step.
        steps_are: what the codec calls its steps.
    """

    def __init__(
        self, limits: Limits, folder: RunFolder, log: Log, reporter: Reporter, steps_are: str
    ) -> None:
        self._limits = limits
        self._folder = folder
        self._log = log
        self._reporter = reporter
        self._speed_name = f"{steps_are.replace(' ', '_')}_per_second"
        self.restart()

    def restart(self) -> None:
        """Forgets what was seen, as the steps it was seen at have been taken back."""
        self._grad_norm = self._speed = math.nan
        self._since = time.monotonic()
        self._tokens = 0

    def saw(self, run: Run, loss: float, norm: float) -> None:
        """The loss of a step, which is smoothed, and the norm of its gradient."""
        before = run.position.mean_loss
        run.position.mean_loss = loss if before is None else before + (loss - before) * (1 - KEPT)
        self._grad_norm = norm

    def tell(self, run: Run, tokens: int, metrics: Mapping[str, float]) -> None:
        """Tells of a step that was taken.

        Args:
            run: after the step.
            tokens: how many it read.
            metrics: what else is known of it.
        """
        self._add_tokens(tokens)
        position = run.position
        speed = {"tokens_per_second": self._speed}
        head = {"epoch": position.batch / len(run.task.batches), "loss": mean_loss(run)}
        rest = {"grad_norm": self._grad_norm, **metrics}
        done = self._limits.progress(run)
        left = position.task_seconds * (1.0 - done) / done if done > 0 else None
        shown = {**head, self._speed_name: self._speed, **rest}
        self._reporter.progress(position.step, run.options.steps or None, shown, left)
        if position.step % RECORD_EVERY == 0 or position.step == 1:
            self.record(run, {"split": "train", **head, **speed, **rest})

    def record(self, run: Run, metrics: Mapping[str, Any]) -> None:
        """Writes a row of metrics, and hands its numbers to the trackers."""
        position = run.position
        head = {
            "step": position.step,
            "task": run.task.name,
            "tokens": position.tokens,
            "seconds": round(position.seconds, 3),
        }
        self._folder.append_metrics({**head, **metrics})
        prefix = f"{metrics['split']}/"
        numbers = {prefix + k: float(v) for k, v in metrics.items() if isinstance(v, int | float)}
        self._log(position.step, numbers)

    def _add_tokens(self, tokens: int) -> None:
        self._tokens += tokens
        now = time.monotonic()
        if now - self._since >= 1.0 or math.isnan(self._speed):
            self._speed = self._tokens / max(now - self._since, 1e-9)
            self._since, self._tokens = now, 0
