"""The run a command works with: named on the command line or in the configuration, or found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnngen.cli.ui import Ui
from rnngen.contracts.errors import UsageError

A_RUN = "a run is the folder that `rnngen fit` makes, for example `runs/NAME`"


def chosen_run(ui: Ui, run: Path | None, hint: str = A_RUN) -> Path:
    """The named run, or else the newest, whose name is then shown.

    Args:
        ui: where it is told.
        run: as named; None: the newest below `runs/`.
        hint: what to do if there is no such run.

    Raises:
        UsageError: there is none.
    """
    from rnngen.bundles.records import newest
    from rnngen.contracts.absent import absent

    if run is None:
        run = newest()
        ui.note(f"run {run}")
    elif not run.exists():
        if run.is_symlink():
            raise absent(run)
        raise UsageError(f"there is no run `{run}`", hint=hint)
    return run


def named_run(run: Path | None, table: Mapping[str, Any]) -> Path | None:
    """The run of the command line, else that of the command's table in the configuration."""
    return Path(table["run"]) if run is None and "run" in table else run
