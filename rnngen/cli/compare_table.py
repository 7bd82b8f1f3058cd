"""The comparison as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rnngen.metrics.shown import fixed
from rnngen.verbs.compare import Comparison, Numbers


def _seconds(value: float) -> str:
    return fixed(value, 1, grouped=True) if isinstance(value, float) else f"{value:,}"


def _loss(value: float) -> str:
    return fixed(value, 4)


def _speed(value: float) -> str:
    return fixed(value, 0, grouped=True)


@dataclass(frozen=True)
class Line:
    """One line of the table: what it is called, and how its fact is read and shown."""

    label: str
    fact: Callable[[Numbers], Any]
    show: Callable[[Any], str] = "{:,}".format


LINES = (
    Line("status", lambda run: run.status, str),
    Line("parameters", lambda run: run.parameters),
    Line("steps", lambda run: run.steps),
    Line("{steps} read", lambda run: run.tokens),
    Line("seconds of training", lambda run: run.seconds, _seconds),
    Line("{steps}/s", lambda run: run.tokens_per_second, _speed),
    Line("best valid (nats/token)", lambda run: run.best_valid, _loss),
    Line("at step", lambda run: run.best_step),
    Line("last valid (nats/token)", lambda run: run.last_valid, _loss),
)

BEST = "best valid (nats/token)"
"""The line in which the best run is marked."""


def as_rows(result: Comparison) -> list[list[str]]:
    """The comparison as a table: a line per fact, a column per run, their names first."""
    rows = [["", *(run.name for run in result.runs)]]
    for key, values in result.differing.items():
        rows.append([key, *("none" if value is None else _option(value) for value in values)])
    called = {run.steps_are for run in result.runs}
    steps = called.pop() if len(called) == 1 else "steps of the data"
    for line in LINES:
        facts = [line.fact(run) for run in result.runs]
        cells = ["-" if fact is None else line.show(fact) for fact in facts]
        if line.label == BEST and result.best is not None:
            cells[result.runs.index(result.best)] += " best"
        if any(cell != "-" for cell in cells):
            rows.append([line.label.replace("{steps}", steps), *cells])
    return rows


def _option(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(str(part) for part in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
