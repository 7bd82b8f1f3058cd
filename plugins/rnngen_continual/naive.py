"""Fine-tuning in a row: nothing is protected. The baseline that every strategy is held against."""

from __future__ import annotations

from rnngen import Run, hookimpl


class Naive:
    """Learns each task as if it were alone."""

    @hookimpl
    def fit_started(self, run: Run) -> None:
        """Says what to expect."""
        if len(run.tasks) > 1:
            run.note("naive: every task may overwrite what was learned before it")
