"""The comparison as a table."""

from __future__ import annotations

from typing import Any

from rnngen.verbs.compare import NUMBERS, Comparison


def as_rows(result: Comparison) -> list[list[str]]:
    """The comparison as a table: one line a fact, one column a run, the first line their names."""
    rows = [["", *(run.name for run in result.runs)]]
    for key, values in result.differing.items():
        rows.append([key, *("none" if value is None else _shown(value) for value in values)])
    for name in NUMBERS:
        cells = []
        for run in result.runs:
            best = name == "best_valid" and run is result.best
            cells.append(_cell(name, getattr(run, name)) + (" best" if best else ""))
        if any(cell != "-" for cell in cells):
            rows.append([_label(name), *cells])
    return rows


def _label(name: str) -> str:
    units = {
        "tokens_per_second": "tokens/s",
        "best_valid": "best valid (nats/token)",
        "best_step": "at step",
        "last_valid": "last valid (nats/token)",
        "seconds": "seconds of training",
        "tokens": "tokens read",
    }
    return units.get(name, name)


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if name in ("best_valid", "last_valid"):
        return f"{value:.4f}"
    if isinstance(value, float):
        return f"{value:,.1f}" if name == "seconds" else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(str(part) for part in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
