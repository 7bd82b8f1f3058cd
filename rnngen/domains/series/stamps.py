"""Time stamps: cells as moments in seconds, or as whole numbers of steps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen.domains.series.table import Table
from rnngen.errors import DataError

YEARS = (1000, 2999)
"""Whole numbers in this range are years, if all of a column are."""

Stamps = NDArray[Any]
"""`[n]` datetime64[s], or int64 where time is counted in steps."""


def read_stamps(table: Table, column: str, rows: Sequence[int], format: str) -> Stamps:
    """The time stamps of some rows.

    ISO 8601, with a time zone or without (zones are taken to UTC); whole numbers are years if all
    are from 1000 to 2999, else steps; anything else by `format`, as `datetime.strptime` takes it.

    Raises:
        DataError: a cell is none, and which.
    """
    place = list(table.columns).index(column)
    cells = [table.rows[row][place] for row in rows]
    texts = [cell.strip() if isinstance(cell, str) else cell for cell in cells]
    if not format and all(_is_count(cell) for cell in texts):
        counts = np.array([int(cell) for cell in texts], np.int64)
        if len(counts) and YEARS[0] <= counts.min() and counts.max() <= YEARS[1]:
            return (counts - 1970).astype("datetime64[Y]").astype("datetime64[s]")
        return counts
    moments = [
        _moment(cell, table, row, column, format) for cell, row in zip(texts, rows, strict=True)
    ]
    return np.array(moments, "datetime64[s]")


def show(stamp: Any) -> str:
    """A time stamp as a person writes it: no time where it is midnight."""
    text = str(stamp)
    return text.removesuffix("T00:00:00").replace("T", " ")


def _is_count(cell: Any) -> bool:
    if isinstance(cell, str):
        return bool(re.fullmatch(r"-?\d{1,7}|-?\d{9,15}", cell))
    return isinstance(cell, int | np.integer) and not isinstance(cell, bool)


def _moment(cell: Any, table: Table, row: int, column: str, format: str) -> Any:
    try:
        if isinstance(cell, datetime):
            moment = cell
        elif isinstance(cell, date):
            moment = datetime(cell.year, cell.month, cell.day)
        elif format:
            moment = datetime.strptime(cell, format)
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
            hint="correct it, or say how they are written: `-o series.format=%d/%m/%Y`",
        ) from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(moment, "s")
