"""How far a comparison is, and how long it will take: told through another reporter."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from rnngen.contracts.reporter import Reporter
from rnngen.verbs.continual.trials import Trial


class Clock:
    """Estimates what is left from what was measured, method by method.

    Args:
        trials: all of them.
        weight: how much text each reads, in any unit.
    """

    def __init__(self, trials: Sequence[Trial], weight: Callable[[Trial], float]) -> None:
        self._left = list(trials)
        self._weight = weight
        self._rates: dict[str, list[float]] = {}

    def finished(self, trial: Trial, seconds: float) -> None:
        """Counts a finished trial, after this many seconds of training."""
        self._left.remove(trial)
        rate = seconds / max(self._weight(trial), 1e-9)
        self._rates.setdefault(trial.method.name, []).append(rate)

    def dropped(self, trial: Trial) -> None:
        """Counts a trial that will not be run."""
        self._left.remove(trial)

    def left(self) -> float | None:
        """Seconds that the remaining trials take; None while nothing was measured.

        A method that was not run yet is taken to be as fast as those that were.
        """
        measured = [rate for rates in self._rates.values() for rate in rates]
        if not measured:
            return None
        mean = sum(measured) / len(measured)
        rates = {name: sum(rates) / len(rates) for name, rates in self._rates.items()}
        return sum(self._weight(t) * rates.get(t.method.name, mean) for t in self._left)


class TrialReporter:
    """Passes on what one training tells: its progress, with the time left of the comparison.

    Args:
        reporter: who is told.
        left: seconds that this trial and those after it take, as it began; None: unknown.
        detail: told what else the training says.
    """

    def __init__(
        self, reporter: Reporter, left: float | None, detail: Callable[[str], None]
    ) -> None:
        self._reporter = reporter
        self._left = left
        self._detail = detail
        self._begin = time.monotonic()

    def note(self, text: str) -> None:
        """Worth reading only for those who want to see every training."""
        self._detail(text)

    def warn(self, text: str) -> None:
        """A line that must be read."""
        self._reporter.warn(text)

    def progress(
        self, step: int, total: int | None, metrics: Mapping[str, float], eta: float | None
    ) -> None:
        """After a step; `eta`, which is of the task only, is not passed on."""
        left = None
        if self._left is not None:
            left = max(self._left - (time.monotonic() - self._begin), 0.0)
        shown = {name: metrics[name] for name in ("loss", "tokens_per_second") if name in metrics}
        self._reporter.progress(step, total, shown, left)

    def slow(self, part: str, seconds: float, reason: str) -> None:
        """While a part of the training is slow."""
        self._reporter.slow(part, seconds, reason)

    def sample(self, text: str, title: str) -> None:
        """Not passed on: the samples of the final models are shown side by side."""


def in_words(seconds: float) -> str:
    """`40 seconds`, `12 minutes`, `3.5 hours`."""
    for unit, name in ((3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 1.5 * unit:
            count = seconds / unit
            return f"{count:.0f} {name}" if count >= 10 else f"{count:.1f} {name}"
    return f"{seconds:.0f} seconds"
