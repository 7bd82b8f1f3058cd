"""What `rnngen evaluate` found of a run of several tasks: a row for each of them."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rnngen.metrics.shown import fixed

if TYPE_CHECKING:
    from rnngen.cli.ui import Ui
    from rnngen.contracts.domain import Report
    from rnngen.verbs.evaluation import Evaluation, Evaluations


def show_tasks(ui: Ui, found: Evaluations, as_json: bool) -> None:
    """Writes what was found of each task to stdout."""
    from rnngen.contracts.domain import Report

    if as_json:
        ui.json(_json(found))
        return
    reports = [(name, each) for name, each in found.tasks if isinstance(each, Report)]
    texts = [(name, each) for name, each in found.tasks if not isinstance(each, Report)]
    for columns in dict.fromkeys(tuple(report.columns) for _, report in reports):
        rows = [
            [name, *cells]
            for name, report in reports
            if tuple(report.columns) == columns
            for cells in report_rows(report)
        ]
        ui.table(["task", "", *columns], rows, "held out by the run, task by task")
    for line in dict.fromkeys(report.protocol for _, report in reports if report.protocol):
        ui.note(line)
    for _, report in reports:
        for path in report.files:
            ui.note(f"wrote {path}")
    if texts:
        _show_texts(ui, texts)
    if found.copied is not None:
        ui.write(f"\n{found.copied.sentence()}\n")


def _show_texts(ui: Ui, texts: list[tuple[str, Evaluation]]) -> None:
    counted = texts[0][1].steps_are
    columns = ["task", counted, "nats/token", "bits/token", "bits/char", "bits/byte", "perplexity"]
    beside = any(each.baselines for _, each in texts)
    rows = [
        [
            name,
            f"{each.tokens:,}",
            number(each.nats_per_token),
            number(each.nats_per_token / math.log(2), 3),
            number(each.bits_per_character),
            number(each.bits_per_byte),
            number(each.perplexity, 2),
            *([_best(each)] if beside else []),
        ]
        for name, each in texts
    ]
    if beside:
        columns.append("best baseline, bits/char")
    ui.table(columns, rows, "held out by the run, task by task")
    ui.note(texts[0][1].protocol)


def _best(each: Evaluation) -> str:
    """The baseline that predicts best, and how well."""
    known = [row for row in each.baselines if row.bits_per_character is not None]
    best = min(known, key=lambda row: row.bits_per_character or 0.0, default=None)
    return "-" if best is None else f"{number(best.bits_per_character)} ({best.name})"


def _json(found: Evaluations) -> dict[str, Any]:
    from rnngen.contracts.domain import Report

    tasks = []
    for name, each in found.tasks:
        if isinstance(each, Report):
            tasks.append({"task": name, **report_json(each)})
        else:
            bits = each.nats_per_token / math.log(2)
            tasks.append({"task": name, "bits_per_token": bits, **asdict(each)})
    copied = None if found.copied is None else asdict(found.copied)
    return {"tasks": tasks, "copied": copied, "warnings": list(found.warnings)}


def report_json(report: Report) -> dict[str, Any]:
    """A domain's own measures, as JSON."""
    named = [
        {"name": name, **dict(zip(report.columns, values, strict=True))}
        for name, values in report.rows
    ]
    files = [str(path) for path in report.files]
    return {"title": report.title, "protocol": report.protocol, "rows": named, "files": files}


def report_rows(report: Report) -> list[list[str]]:
    """The cells of a domain's own measures."""
    return [
        [name, *("-" if value is None else f"{value:.4g}" for value in values)]
        for name, values in report.rows
    ]


def number(value: float | None, digits: int = 4) -> str:
    """A number of a table."""
    return "-" if value is None else fixed(value, digits)
