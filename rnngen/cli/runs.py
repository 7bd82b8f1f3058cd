"""`rnngen runs`: the runs of a folder."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rnngen.cli.complete import complete_folders
from rnngen.cli.parameters import PATH, json_flag, pass_ui, verbosity
from rnngen.cli.sizes import age, size
from rnngen.cli.ui import Ui

if TYPE_CHECKING:
    from rnngen.verbs.runs import Row


@click.command(name="runs", short_help="List the runs of a folder.")
@click.argument("folder", default="runs", type=PATH, shell_complete=complete_folders)
@click.option(
    "--sort",
    type=click.Choice(["age", "name", "best", "steps", "size"]),
    default="age",
    show_default=True,
    help="The newest, the best, the longest or the largest first.",
)
@json_flag
@verbosity
@pass_ui
def command(ui: Ui, folder: Path, sort: str, as_json: bool) -> None:
    """List the runs of FOLDER and of the folders in it, by default those of runs/.

    `valid` is the lowest validation in nats per token (per step, where steps are not tokens),
    `bits` the same in bits. A run that can't be read has the status `damaged`.

    \b
    Examples:
      rnngen runs
      rnngen runs experiments --sort best
      rnngen runs --json
    """
    from rnngen.verbs.runs import runs

    found = runs(folder, order=sort)
    if as_json:
        ui.json([asdict(row) for row in found])
        return
    now = datetime.now(UTC)
    if found:
        columns = ["run", "status", "domain", "cell", "steps", "valid", "bits", "age", "size"]
        ui.table(columns, [_cells(row, now) for row in found])
    else:
        ui.note(f"there is no run in `{folder}`; `rnngen fit FILE` makes one")
    for row in found:
        if row.problem:
            ui.warn(f"{row.path} can't be read: {row.problem}")


def _cells(row: Row, now: datetime) -> list[str]:
    updated = None if row.updated is None else datetime.fromisoformat(row.updated)
    return [
        row.path,
        row.status or "-",
        row.domain or "-",
        row.cell or "-",
        "-" if row.steps is None else f"{row.steps:,}",
        "-" if row.best_nats is None else f"{row.best_nats:.4g}",
        "-" if row.best_bits is None else f"{row.best_bits:.4g}",
        "-" if updated is None else age((now - updated).total_seconds()),
        size(row.bytes),
    ]
