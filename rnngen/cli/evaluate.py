"""`rnngen evaluate`: measure a trained model."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rnngen.cli.chosen import chosen_run
from rnngen.cli.parameters import (
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
    from rnngen.verbs.evaluate import Evaluation


@click.command(name="evaluate")
@run_argument
@click.argument("data", nargs=-1)
@click.option(
    "--split",
    type=click.Choice(["train", "valid", "test"]),
    help="This part of the data, where its makers split it.",
)
@click.option("--no-baselines", is_flag=True, help="Only the model: skip unigram, n-gram, xz.")
@click.option(
    "--sample",
    type=click.IntRange(min=0),
    default=10_000,
    show_default=True,
    help="Characters to write for the memorization check; 0 skips it.",
)
@seed_option("Seed of that sample.")
@option_assignments
@engine_option
@device_option
@json_flag
@verbosity
@pass_ui
def command(
    ui: Ui,
    run: Path | None,
    data: tuple[str, ...],
    no_baselines: bool,
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

    Without DATA, the model is measured on what the run held out. Without RUN, the newest run in
    runs/ is used. -o sets how DATA is read: `damaged`, and of texts `unseen` and `binary`.
    """
    from rnngen.contracts.domain import Report
    from rnngen.verbs.evaluate import evaluate

    path = chosen_run(ui, run)
    result = evaluate(
        path, data, baselines=not no_baselines, options=assignments, note=ui.note, **asked
    )
    for warning in result.warnings:
        ui.warn(warning)
    if isinstance(result, Report):
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
            _number(row.nats_per_token),
            _number(row.bits_per_character),
            _number(row.bits_per_byte),
            _number(row.perplexity, 2),
            row.protocol,
        ]
        for row in (result.model, *result.baselines)
    ]
    title = f"{result.data}: {result.tokens:,} tokens, {result.characters:,} characters"
    ui.table(columns, rows, title)
    if result.copied is not None:
        ui.write(f"\n{result.copied_sentence()}\n")


def _show_report(ui: Ui, report: Report, as_json: bool) -> None:
    """A domain's own measures."""
    if as_json:
        named = [
            {"name": name, **dict(zip(report.columns, values, strict=True))}
            for name, values in report.rows
        ]
        files = [str(path) for path in report.files]
        ui.json({"title": report.title, "protocol": report.protocol, "rows": named, "files": files})
        return
    rows = [
        [name, *("-" if value is None else f"{value:.4g}" for value in values)]
        for name, values in report.rows
    ]
    ui.table(["", *report.columns], rows, report.title)
    if report.protocol:
        ui.note(report.protocol)
    for path in report.files:
        ui.note(f"wrote {path}")


def _number(value: float | None, digits: int = 4) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
