"""Time stamps: cells as times in seconds, or as step numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen import DataError
from rnngen_series import integers
from rnngen_series.table import Table

Stamps = NDArray[Any]
"""`[n]` datetime64[s], or int64 where time is counted in steps."""


STEPS = "step"
"""The frequency of plain step numbers."""


def read_stamps(
    table: Table,
    column: str,
    format: str,
    frequency: str = "",
    remark: Callable[[str], None] = lambda text: None,
) -> Stamps:
    """The time stamps of all rows.

    ISO 8601, with or without a time zone (converted to UTC); whole numbers by what fits the whole
    column: years from 1000 to 2999, `199001`, `20240131`, `2024031` (a day of the year), or
    seconds, milli-, micro- or nanoseconds since 1970, else steps; anything else by `format`, as in
    `datetime.strptime`.

    Args:
        table: the file.
        column: the column with time stamps.
        format: their format; empty for the above.
        frequency: as the user named it; for steps, numbers are never dates.
        remark: told what numbers were read as.

    Raises:
        DataError: a cell is not a time stamp; names the cell.
    """
    texts = [cell.strip() if isinstance(cell, str) else cell for cell in table.cells(column)]
    if not format and all(_is_count(cell) for cell in texts):
        counts = np.array([int(cell) for cell in texts], np.int64)
        if frequency.strip().lstrip("0123456789") == STEPS:
            return counts
        return _dates_or_counts(table, column, counts, remark)
    moments = [_moment(cell, table, row, column, format) for row, cell in enumerate(texts)]
    return np.array(moments, "datetime64[s]")


def _dates_or_counts(
    table: Table, column: str, counts: integers.Counts, remark: Callable[[str], None]
) -> Stamps:
    hint = (
        "correct it, name the format, such as `-o series.format=%Y%m%d`, or read the numbers as "
        f"steps: `-o series.frequency={STEPS}`"
    )
    form = integers.form_of(counts)
    if not form:
        other = integers.other_form(counts)
        if other:
            raise DataError(
                f"`{table.name}`, column `{column}`: numbers like {counts[0]} look like {other}, "
                "which is not supported",
                hint=hint,
            )
        return counts
    odd = integers.misfits(counts, form)
    if len(odd):
        raise DataError(
            f"{table.at(int(odd[0]))}, column `{column}`: the time stamp is `{counts[odd[0]]}`, "
            + (
                f"{form} since 1970 with a fraction of a second"
                if form in integers.EPOCHS
                else f"which is not a date of {form}, unlike others in the column"
            ),
            hint=hint,
        )
    if form != "year":
        since = " since 1970" if form in integers.EPOCHS else ""
        remark(
            f"`{table.name}`, column `{column}`: numbers like {counts[0]} are read as {form}{since}"
        )
    return integers.dates(counts, form)


def show(stamp: Any) -> str:
    """A time stamp in readable form, without the time if it is midnight."""
    text = str(stamp)
    return text.removesuffix("T00:00:00").replace("T", " ")


def _is_count(cell: Any) -> bool:
    if isinstance(cell, str):
        return bool(re.fullmatch(r"-?\d{1,18}|[1-8]\d{18}", cell))
    return isinstance(cell, int | np.integer) and not isinstance(cell, bool)


def _moment(cell: Any, table: Table, row: int, column: str, format: str) -> Any:
    try:
        if isinstance(cell, datetime):
            moment = cell
        elif isinstance(cell, date):
            moment = datetime(cell.year, cell.month, cell.day)
        elif format:
            moment = datetime.strptime(str(cell) if _is_count(cell) else cell, format)
        elif re.fullmatch(r"\d{4}", cell):
            moment = datetime(int(cell), 1, 1)
        elif re.fullmatch(r"\d{4}-\d\d?", cell):
            year, month = cell.split("-")
            moment = datetime(int(year), int(month), 1)
        else:
            moment = datetime.fromisoformat(cell)
    except (ValueError, TypeError):
        shown = "empty" if cell in ("", None) else f"`{cell}`"
        raise DataError(
            f"{table.at(row)}, column `{column}`: the time stamp is {shown}, expected "
            + (f"one like `{format}`" if format else "one like `2024-01-31 13:00`"),
            hint="correct it, or "
            + (
                "the format: see `series.format`"
                if format
                else "name the format: `-o series.format=%d/%m/%Y`"
            ),
        ) from None
    if moment.microsecond:
        raise DataError(
            f"{table.at(row)}, column `{column}`: the time stamp `{cell}` has a fraction of a "
            "second, which is not supported",
            hint="write whole seconds, or whole numbers of milliseconds as steps",
        )
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(moment, "s")
