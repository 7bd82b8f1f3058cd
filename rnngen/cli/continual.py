"""`rnngen continual`: strategies side by side on the same row of tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from rnngen.cli.complete import complete_data, complete_methods
from rnngen.cli.parameters import json_flag, option_assignments, pass_ui, verbosity
from rnngen.cli.spelled import TRAINING, spelled_options
from rnngen.cli.ui import Ui
from rnngen.cli.wanted import wanted_options
from rnngen.contracts.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from rnngen.verbs.continual.result import Comparison


@click.command(name="continual", short_help="Compare strategies on tasks learned in a row.")
@click.argument("data", nargs=-1, shell_complete=complete_data)
@click.option(
    "--compare",
    metavar="METHOD,...",
    shell_complete=complete_methods,
    default="ewc,lwf,replay",
    show_default=True,
    help="Strategies, and combinations such as replay+ewc; naive, joint and single are always "
    "included.",
)
@click.option(
    "--seeds", metavar="N", type=int, default=1, show_default=True, help="Trainings of each method."
)
@click.option(
    "--orders",
    metavar="N",
    type=int,
    default=1,
    show_default=True,
    help="Orders of the tasks: as given, the other way round, then random ones.",
)
@wanted_options(
    "cell layers hidden tokens domain steps epochs time run config seed device precision",
    helps={
        "steps": "Optimizer steps of a whole row of tasks.",
        "epochs": "Passes over each task.  [default: 2]",
        "run": "Folder for the results; run again with the same folder to resume.",
        "seed": "The first seed.  [env: RNNGEN_SEED]",
    },
    hidden=["time"],
)
@spelled_options(TRAINING)
@option_assignments("replay.memory=2%")
@json_flag
@verbosity
@pass_ui
def command(
    ui: Ui,
    data: tuple[str, ...],
    time: float | None,
    assignments: tuple[str, ...],
    as_json: bool,
    **given: Any,
) -> int:
    """Learn the same tasks by several methods: what each forgets, keeps and costs.

    \b
    Examples:
      rnngen continual a.txt b.txt c.txt --compare ewc,replay,replay+ewc --seeds 3 --run runs/cl
      rnngen continual a.txt b.txt --compare replay -o replay.memory=2% --cell gru --epochs 4

    Each of DATA is a task. `naive` learns them in a row and protects nothing, `joint` learns all at
    once, `single` is a model for each. Ctrl-C saves; the same command with the same --run resumes.
    """
    if time is not None:
        raise UsageError(
            "`--time` would give each method a different number of steps, so the comparison would "
            "not be fair",
            hint="set the budget by `--steps` (of a whole row of tasks) or `--epochs` (passes "
            "over each task)",
        )
    from rnngen.verbs.continual.verb import continual

    with ui.progress() as reporter:
        result = continual(data, options=assignments, reporter=reporter, detail=ui.detail, **given)
    _show(ui, result, as_json)
    return ExitCode.FAILED if result.failed else ExitCode.OK


def _show(ui: Ui, result: Comparison, as_json: bool) -> None:
    from rnngen.verbs.continual import report
    from rnngen.verbs.continual.folder import RESULT

    if as_json:
        ui.json(result.document("finished"))
    else:
        for title, columns, rows in [*report.tables(result), *report.sample_tables(result)]:
            ui.table(columns, rows, title)
            ui.write("\n")
    for name, reason in result.failed.items():
        ui.warn(f"{name} failed and is left out: {reason}")
    for line in report.notes(result):
        ui.note(line)
    found = report.best(result)
    if found is not None:
        ui.note(found)
    _draw(ui, result)
    ui.note(f"all numbers are in {result.path / RESULT}")


def _draw(ui: Ui, result: Comparison) -> None:
    from rnngen.contracts.errors import PluginError, RunError
    from rnngen.verbs.continual import heatmap
    from rnngen.verbs.continual.folder import PICTURE

    drawn = heatmap.panels(result)
    if not drawn:
        return
    path = result.path / PICTURE
    try:
        heatmap.save_heatmap(drawn, path)
    except PluginError as error:
        ui.note(f"no picture of the task matrices: {error.hint} draws one")
        return
    except RunError as error:
        ui.warn(error.message)
        return
    ui.note(f"task matrices drawn in {path}")
