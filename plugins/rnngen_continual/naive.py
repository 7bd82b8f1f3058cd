"""Sequential fine-tuning: nothing is protected. The baseline for every strategy."""

from __future__ import annotations

from rnngen import Run, hookimpl


class Naive:
    """Learns each task as if it were alone."""

    @hookimpl
    def fit_started(self, run: Run) -> None:
        """Says what to expect."""
        if len(run.tasks) > 1:
            run.note("naive: every task may overwrite what was learned before it")
