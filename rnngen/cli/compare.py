"""`rnngen compare`: runs side by side."""

from __future__ import annotations

from pathlib import Path

import click

from rnngen.cli.complete import complete_runs
from rnngen.cli.parameters import PATH, NamedPath, json_flag, pass_ui, verbosity
from rnngen.cli.ui import Ui

WIDE = 5
"""From this many runs on, each is a row of the table rather than a column."""


@click.command(name="compare", short_help="Compare runs.")
@click.argument("runs", nargs=-1, type=PATH, shell_complete=complete_runs)
@click.option(
    "--out",
    type=NamedPath(path_type=Path, dir_okay=False),
    metavar="FILE.png",
    help="Where to draw the learning curves.  [default: `compare.png` next to the first run]",
)
@json_flag
@verbosity
@pass_ui
def command(ui: Ui, runs: tuple[Path, ...], out: Path | None, as_json: bool) -> None:
    """Compare runs: the options in which they differ, their results, their curves.

    Without RUNS, all runs in runs/ are compared. A run that can't be read is named with the reason,
    and does not stop the rest.

    \b
    Examples:
      rnngen compare
      rnngen compare runs/gru runs/lstm --out curves.png
      rnngen compare runs/* --json
    """
    from rnngen.cli import compare_table
    from rnngen.contracts.errors import PluginError, RunError
    from rnngen.verbs import compare

    # `runs/*` of the shell also names the picture of the last time.
    paths = [path for path in runs if not (path.is_file() and path.suffix == ".png")]
    try:
        result = compare.compare(paths, out=out)
    except (PluginError, RunError) as error:
        # Nobody asked for the picture; the table can be had without it.
        if out is not None:
            raise
        if isinstance(error, PluginError):
            ui.note(f"no picture of the learning curves: {error.hint} draws one")
        else:
            ui.warn(error.message)
        result = compare.compare(paths, draw=False)
    for path, reason in result.unreadable.items():
        ui.warn(f"{path} is left out: {reason}")
    for warning in result.warnings:
        ui.warn(warning)
    if as_json:
        ui.json(compare.as_json(result))
    else:
        rows = compare_table.as_rows(result)
        if len(result.runs) >= WIDE:
            rows = [list(column) for column in zip(*rows, strict=True)]
        ui.table(rows[0], rows[1:])
    if result.picture is not None:
        ui.note(f"learning curves drawn in {result.picture}")
