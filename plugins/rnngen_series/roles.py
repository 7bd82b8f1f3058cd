"""Roles of columns: time, names of series, values, and what is known in advance."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

import numpy as np

from rnngen import DataError, UsageError
from rnngen_series import unnamed
from rnngen_series.cells import MISSING
from rnngen_series.covariates import WORDS
from rnngen_series.forms import FORMS
from rnngen_series.options import Options
from rnngen_series.stamps import read_times
from rnngen_series.table import Table

TIMES = ("date", "time", "timestamp", "datetime", "ds")
"""Columns read as time stamps where none was named."""
PARTS = ("year", "month", "day", "hour", "minute", "second")
"""Columns that make a time stamp together."""
CALENDAR = ("year", "month", "day", "week", "quarter", "date", "hour")
"""Folders named so part a series by time; other folders name series."""
HOURS = ("hour", "hours", "hr", "he", "hour_ending")
"""Columns with the hour of a date."""
CLOCK = re.compile(r"\d{1,2}[:.]\d\d([:.]\d\d([.,]\d+)?)?")
NUMBER = re.compile(r"[-+−($€£¥]*\d[\d.,'\s]*(e[-+]?\d+)?[)%$€£¥\s]*|[-+]?\.\d+(e[-+]?\d+)?")
"""Texts that may be numbers, however they are written."""
VAGUE = ("year", "decimal month", "decimal year", "seconds")
"""Forms of numbers, which values have too."""


@dataclass(frozen=True)
class Roles:
    """Names of the columns of each role.

    Args:
        time: the column with time stamps, or several as parts of one; empty if rows count steps.
        id: columns that name the series of a row.
        known: columns known in advance.
        targets: columns with values.
    """

    time: Sequence[str]
    id: Sequence[str]
    known: Sequence[str]
    targets: Sequence[str]


def roles(table: Table, options: Options, remark: Callable[[str], None]) -> Roles:
    """The roles of a table's columns, as named or guessed.

    Args:
        table: the file.
        options: what the user named.
        remark: told what was guessed, and what is left out.

    Raises:
        DataError: a named column is missing, or there are no values.
        UsageError: a column has two roles.
    """
    known, targets = listed(options.known), listed(options.target)
    id = listed(options.id) or _folders(table, [*targets, *known], remark)
    time = _time(table, options, [*id, *known, *targets], remark)
    whole, out = unnamed.settle(
        table,
        time[0] if time else "",
        [*id, *known, *targets, *time],
        options,
        remark,
    )
    if not time and whole:
        time = [whole]
    if not time:
        time = _time_by_content(table, [*id, *known, *targets, *out], remark)
    for columns, why in ((id, "series.id"), (known, "series.known"), (targets, "series.target")):
        for column in columns:
            table.place(column, why)
    named = [*time, *id, *known, *out, *table.folders]
    for target in targets:
        if target in named:
            raise UsageError(
                f"column `{target}` is both a target and the time, the id, or known in advance",
                hint="give it one role",
            )
    if not targets:
        targets = _targets(table, named, remark)
    if not targets:
        raise DataError(f"`{table.name}` has no columns with values")
    if id and len(targets) > 1:
        raise UsageError(
            f"`{table.name}` has {len(targets)} columns with values, but long form takes one",
            hint=f"name it: `-o series.target={targets[-1]}`",
        )
    return Roles(time, id, known, targets)


def listed(text: str) -> list[str]:
    """The parts of a text between commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _folders(table: Table, taken: Sequence[str], remark: Callable[[str], None]) -> list[str]:
    found = [name for name in table.folders if name.lower() not in CALENDAR and name not in taken]
    if found:
        shown = "`, `".join(found)
        remark(f"series are named by the folders `{shown}`")
    return found


def _time(
    table: Table, options: Options, taken: Sequence[str], remark: Callable[[str], None]
) -> list[str]:
    if options.time:
        # A name may have a comma.
        named = [options.time] if options.time in table.columns else listed(options.time)
        for column in named:
            table.place(column, "series.time")
        return named
    free = [name for name in table.columns if name not in taken and name not in table.folders]
    low = {name.lower(): name for name in reversed(free)}
    guessed = [name for name in free if name.lower() in TIMES]
    clocks = [name for name in guessed if _all(table, name, _is_clock)]
    dates = [name for name in guessed if name not in clocks]
    if dates and clocks:
        remark(
            f"`{table.name}`: the columns `{dates[0]}` and `{clocks[0]}` are read as one time stamp"
        )
        return [dates[0], clocks[0]]
    hours = [name for name in free if name.lower() in HOURS and _all(table, name, _is_hour)]
    if dates and hours and _lack_times(table, dates[0]):
        remark(
            f"`{table.name}`: the columns `{dates[0]}` and `{hours[0]}` are read as one time stamp"
        )
        return [dates[0], hours[0]]
    if dates:
        return dates[:1]
    parts = [low[name] for name in PARTS if name in low]
    if [name.lower() for name in parts] == list(PARTS[: len(parts)]) and len(parts) > 1:
        remark(f"`{table.name}`: the columns `{'`, `'.join(parts)}` are read as one time stamp")
        return parts
    return []


def _time_by_content(
    table: Table, taken: Sequence[str], remark: Callable[[str], None]
) -> list[str]:
    """The first column of which every cell is a date."""
    for column in table.columns:
        if column in taken or column in table.folders:
            continue
        if _holds_dates(table, column):
            remark(f"`{table.name}`: the column `{column}` has dates and is read as the time")
            return [column]
    return []


def _holds_dates(table: Table, column: str) -> bool:
    cells = table.cells(column)
    if all(isinstance(cell, date | np.datetime64) for cell in cells):
        return True
    if column.lower() in PARTS or column.lower() in ("quarter", "week", "period"):
        try:
            return read_times(table, [column], "").dated
        except DataError:
            return False
    forms = [form for name, form in FORMS.items() if name not in VAGUE]
    texts = {cell.strip() for cell in cells if isinstance(cell, str)}
    if not texts or any(not isinstance(cell, str) for cell in cells):
        return False
    return any(all(form(text) for text in texts) for form in forms)


def _all(table: Table, column: str, fits: Callable[[Any], bool]) -> bool:
    return all(fits(cell) for cell in table.cells(column))


def _is_clock(cell: Any) -> bool:
    return isinstance(cell, time) or (
        isinstance(cell, str) and CLOCK.fullmatch(cell.strip()) is not None
    )


def _is_hour(cell: Any) -> bool:
    text = str(cell).strip()
    return text.isascii() and text.isdigit() and int(text) <= 24


def _lack_times(table: Table, column: str) -> bool:
    """Whether a column has each date several times, and no times of day."""
    cells = table.cells(column)
    different = set(cells)
    return 2 * len(different) <= len(cells) and not any(":" in str(cell) for cell in different)


def _targets(table: Table, named: Sequence[str], remark: Callable[[str], None]) -> list[str]:
    """Columns without another role that hold numbers."""
    kinds = {column: _kind(table, column) for column in table.columns if column not in named}
    targets = [column for column, what in kinds.items() if not what]
    if not targets:  # what is wrong with their cells is said there
        return list(kinds)
    for column, what in kinds.items():
        if what:
            how = f"; `-o series.known={column}` tells the model of it" if what != "dates" else ""
            remark(f"`{table.name}`: the column `{column}` holds {what} and is left out{how}")
    return targets


def _kind(table: Table, column: str) -> str:
    """What a column holds if it is not numbers: `texts`, `dates`, or `yes or no`."""
    cells = [cell for cell in table.cells(column) if cell is not None]
    if any(isinstance(cell, bool) for cell in cells):
        return "yes or no"
    if any(isinstance(cell, date | np.datetime64) for cell in cells):
        return "dates"
    if any(not isinstance(cell, str) for cell in cells):
        return ""
    texts = {cell.strip().lower() for cell in cells} - MISSING
    if not texts or any(map(NUMBER.fullmatch, texts)):
        return ""
    if texts <= WORDS.keys():
        return "yes or no"
    return "dates" if _holds_dates(table, column) else "texts"
