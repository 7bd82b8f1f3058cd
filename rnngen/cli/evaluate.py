"""`rnngen evaluate`: measure a trained model."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rnngen.cli.chosen import chosen_run, named_run
from rnngen.cli.complete import complete_data
from rnngen.cli.evaluated_tasks import number, report_json, report_rows, show_tasks
from rnngen.cli.parameters import (
    config_option,
    device_option,
    engine_option,
    json_flag,
    option_assignments,
    pass_ui,
    run_argument,
    seed_option,
    verbosity,
)
from rnngen.cli.ui import Ui

if TYPE_CHECKING:
    from rnngen.contracts.domain import Report
    from rnngen.verbs.evaluation import Evaluation


@click.command(name="evaluate")
@run_argument
@click.argument("data", nargs=-1, shell_complete=complete_data)
@click.option(
    "--split",
    type=click.Choice(["train", "valid", "test"]),
    help="This part of the data, where its makers split it.",
)
@click.option("--no-baselines", is_flag=True, help="Only the model: skip unigram, n-gram, xz.")
@click.option(
    "--sample",
    metavar="N",
    type=click.IntRange(min=0),
    default=10_000,
    show_default=True,
    help="Characters to write for the memorization check; 0 skips it.",
)
@seed_option("Seed of that sample.")
@option_assignments("text.unseen=skip")
@engine_option
@device_option
@config_option
@json_flag
@verbosity
@pass_ui
def command(
    ui: Ui,
    run: Path | None,
    data: tuple[str, ...],
    no_baselines: bool,
    config: Path | None,
    assignments: tuple[str, ...],
    as_json: bool,
    **asked: Any,
) -> None:
    """Measure a trained model against baselines.

    \b
    Examples:
      rnngen evaluate runs/docs
      rnngen evaluate runs/docs held_out.txt --json
      rnngen evaluate runs/chorales --split test
      rnngen evaluate runs/docs other.txt -o text.unseen=replace

    Without DATA, the model is measured on what the run held out, task by task if it learned
    several in a row. Without RUN, the newest run in runs/ is used. -o sets how DATA is read:
    `damaged`, and of texts `unseen` and `binary`.
    """
    from rnngen.contracts.domain import Report
    from rnngen.kernel.settings import command_table
    from rnngen.verbs.evaluate import evaluate
    from rnngen.verbs.evaluation import Evaluations

    table = command_table("evaluate", config)
    path, data = chosen_run(ui, named_run(run, table)), data or tuple(table.get("data", ()))
    result = evaluate(
        path, data, baselines=not no_baselines, options=assignments, note=ui.note, **asked
    )
    for warning in result.warnings:
        ui.warn(warning)
    if isinstance(result, Evaluations):
        show_tasks(ui, result, as_json)
    elif isinstance(result, Report):
        _show_report(ui, result, as_json)
    elif as_json:
        ui.json(asdict(result))
    else:
        _show(ui, result)


def _show(ui: Ui, result: Evaluation) -> None:
    """The numbers of the model and of the baselines."""
    columns = ["", "nats/token", "bits/char", "bits/byte", "perplexity", "protocol"]
    rows = [
        [
            row.name,
            number(row.nats_per_token),
            number(row.bits_per_character),
            number(row.bits_per_byte),
            number(row.perplexity, 2),
            row.protocol,
        ]
        for row in (result.model, *result.baselines)
    ]
    title = f"{result.data}: {result.tokens:,} {result.steps_are}"
    if result.steps_are != "characters":
        title += f", {result.characters:,} characters"
    ui.table(columns, rows, title, cuts=["protocol"])
    if result.copied is not None:
        ui.write(f"\n{result.copied_sentence()}\n")


def _show_report(ui: Ui, report: Report, as_json: bool) -> None:
    """A domain's own measures."""
    if as_json:
        ui.json(report_json(report))
        return
    ui.table(["", *report.columns], report_rows(report), report.title)
    if report.protocol:
        ui.note(report.protocol)
    for path in report.files:
        ui.note(f"wrote {path}")
