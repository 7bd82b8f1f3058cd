"""Unnamed columns, which pandas and R write for an index: dates, or row numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from itertools import pairwise
from typing import Any

from rnngen import DataError
from rnngen_series.options import Options
from rnngen_series.stamps import read_times
from rnngen_series.table import Table

ROW_NUMBER = re.compile(r"\d{1,15}")


def settle(
    table: Table,
    time: str,
    named: Collection[str],
    options: Options,
    remark: Callable[[str], None],
) -> tuple[str, set[str]]:
    """The column with time stamps, and the columns to leave out.

    Args:
        table: the file.
        time: the time column found or named so far; empty if there is none.
        named: columns that the user named.
        options: the domain's options.
        remark: told what was done.

    Raises:
        DataError: the role of an unnamed column is unclear.
    """
    out: set[str] = set()
    for column in table.unnamed:
        if column in named or column == time:
            continue
        if not time and _has_dates(table, column, options):
            time = column
            remark(f"`{table.name}`: the unnamed column has dates and is read as the time")
        elif _numbers_rows(table, column):
            out.add(column)
            remark(f"`{table.name}`: the unnamed column numbers the rows and is left out")
        elif options.target:
            out.add(column)
            remark(f"`{table.name}`: the unnamed column is left out")
        else:
            raise DataError(
                f"`{table.name}` has an unnamed column that holds neither dates nor row numbers, "
                f"but `{_shown(table, column)}`",
                hint=f"give it a role, such as `-o 'series.time={column}'`, or name the columns "
                "to learn: `-o series.target=...`",
            )
    return time, out


def _has_dates(table: Table, column: str, options: Options) -> bool:
    try:
        times = read_times(table, [column], options.format, options.frequency)
    except DataError:
        return False
    return times.dated and not _numbers_rows(table, column)


def _numbers_rows(table: Table, column: str) -> bool:
    """Whether the column counts from 0 or 1, possibly restarting with every series."""
    numbers = [_number(cell) for cell in table.cells(column)]
    if numbers[0] not in (0, 1):
        return False
    first = numbers[0]
    return all(
        number is not None and before is not None and (number == before + 1 or number == first)
        for before, number in pairwise(numbers)
    )


def _number(cell: Any) -> int | None:
    if isinstance(cell, str):
        return int(cell) if ROW_NUMBER.fullmatch(cell.strip()) else None
    return cell if isinstance(cell, int) and not isinstance(cell, bool) else None


def _shown(table: Table, column: str) -> str:
    return ", ".join(str(cell) for cell in table.cells(column)[:3])
