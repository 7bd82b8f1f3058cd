"""What a run learned and forgot of each task, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnngen.metrics.shown import fixed
from rnngen.metrics.task_matrix import Bits, Change, changes


def before_and_after(
    history: Mapping[str, Any], *, continued: bool = False
) -> tuple[list[str], list[list[str]]]:
    """The columns, and a row for each task.

    Args:
        history: of a run's bundle.
        continued: whether the run began with another model (`--from`); then the table also says
            how well that model did each task.

    Raises:
        BundleError: the parts of the history do not fit together.
    """
    columns = ["task (bits per token)", "when just learned", "now", "forgotten", "kept"]
    found = changes(history)
    rows = [_row(change) for change in found]
    if continued:
        columns.insert(1, "before this run")
        for cells, change in zip(rows, found, strict=True):
            cells.insert(1, _shown(change.before))
    return columns, rows


def _row(change: Change) -> list[str]:
    kept = "-" if change.kept is None else f"{change.kept:.0%}"
    return [
        change.task,
        _shown(change.learned),
        _shown(change.now),
        _signed(change.forgotten),
        kept,
    ]


def _shown(bits: Bits) -> str:
    return "-" if bits is None else fixed(bits, 3)


def _signed(bits: Bits) -> str:
    if bits is None:
        return "-"
    shown = fixed(bits, 3) if bits < 0 else f"+{fixed(bits, 3)}"
    # What rounds to nothing has no sign.
    return shown[1:] if float(shown) == 0 else shown
