"""Pieces: the rows of one series in one file, in order of time, not on a grid yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnngen import DataError
from rnngen_series import clock
from rnngen_series.cells import Numerals
from rnngen_series.covariates import covariates
from rnngen_series.moments import Stamps
from rnngen_series.options import Options
from rnngen_series.order import Rows, in_order, merged, without_copies
from rnngen_series.roles import Roles, roles
from rnngen_series.stamps import Times, read_times
from rnngen_series.table import Table


@dataclass(frozen=True)
class Piece:
    """Rows of one series, or of several in wide form.

    Args:
        name: the series in long form, else empty.
        stamps: increasing.
        values: by target, `[n]`.
        known: `[n, C]`, NaN where missing.
        columns: names of the covariates.
        zone: time zone of the stamps, if they are instants.
        time: the columns with time stamps, for messages; empty if rows count steps.
        rows: the table and row of each stamp, for messages.
    """

    name: str
    stamps: Stamps
    values: dict[str, NDArray[np.float64]]
    known: NDArray[np.float64]
    columns: Sequence[str]
    zone: str
    time: Sequence[str]
    rows: Sequence[tuple[Table, int]]

    def __len__(self) -> int:
        return len(self.stamps)

    def at(self, place: int) -> str:
        """The name of a row in messages."""
        table, row = self.rows[place]
        return table.at(row)


def pieces(table: Table, options: Options, remark: Callable[[str], None]) -> list[Piece]:
    """All pieces of a file.

    Raises:
        DataError: a cell can't be read, or rows are not in order; names the row.
        UsageError: the options contradict each other.
    """
    role = roles(table, options, remark)
    numerals = Numerals.of(table, [*role.targets, *role.known], options.decimal, options.missing)
    times = (
        read_times(table, role.time, options.format, options.frequency, remark)
        if role.time
        else Times(np.arange(len(table.rows)))
    )
    rows = without_copies(table, times.stamps, remark)
    columns, known = covariates(table, role.known, numerals)
    values = {name: numerals.numbers(name, range(len(table.rows))) for name in role.targets}
    groups = _groups(table, role.id, rows)
    made = []
    for name, own in groups.items():
        made.append(
            _piece(table, role, times, name, own, values, (columns, known), options, remark)
        )
    numerals.tell(remark)
    return made


def _piece(
    table: Table,
    role: Roles,
    times: Times,
    name: str,
    own: list[int],
    values: dict[str, NDArray[np.float64]],
    known: tuple[list[str], NDArray[np.float64]],
    options: Options,
    remark: Callable[[str], None],
) -> Piece:
    if not role.time:
        ordered = Rows(name, [[row] for row in own], np.arange(len(own)))
        zone = ""
    else:
        stamps, zone = clock.settled(table, times, own, options.zone, remark)
        ordered = in_order(
            table,
            stamps,
            own,
            name,
            zone=zone,
            sort=options.sort,
            duplicates=options.duplicates,
            hint=_hint(table, role, times, options, own),
        )
    every = [row for group in ordered.groups for row in group]
    columns, beside = known
    merge = options.duplicates
    return Piece(
        name,
        ordered.stamps,
        {
            target: merged(own_values[every], ordered, merge)
            for target, own_values in values.items()
        },
        np.stack([merged(column, ordered, "last") for column in beside[every].T], 1)
        if columns
        else np.zeros((len(ordered.groups), 0)),
        columns,
        zone,
        role.time,
        [(table, row) for row in ordered.first],
    )


def _groups(table: Table, columns: Sequence[str], rows: Sequence[int]) -> dict[str, list[int]]:
    """Rows of each series, in order of the series' first rows."""
    if not columns:
        return {"": list(rows)}
    places = [list(table.columns).index(column) for column in columns]
    groups: dict[str, list[int]] = {}
    for row in rows:
        cells = table.rows[row]
        parts = ["" if cells[place] is None else str(cells[place]).strip() for place in places]
        if not all(parts):
            column = columns[parts.index("")]
            raise DataError(
                f"{table.at(row)}, column `{column}`: the name of the series is missing",
                hint="fill in the series that the row belongs to",
            )
        groups.setdefault("/".join(parts), []).append(row)
    return groups


def _hint(table: Table, role: Roles, times: Times, options: Options, own: list[int]) -> str:
    """What may be the matter where rows of a series are not in order, or stamps are equal."""
    if not role.id:
        column = _tells_apart(table, role, times)
        if column:
            return f"the rows may be of several series: `-o series.id={column}`"
    if times.ahead is None and not options.zone and clock.goes_back(times.stamps[own]):
        return (
            "where an hour is there twice because the clocks change, name the time zone: "
            "`-o series.zone=Europe/Berlin`; else `-o series.duplicates=last`"
        )
    return ""


def _tells_apart(table: Table, role: Roles, times: Times) -> str:
    """The first column with which no time stamp is there twice, if it has few different cells."""
    if len(np.unique(times.stamps)) == len(times.stamps):
        return ""
    for column in table.columns:
        if column in (*role.time, *role.known):
            continue
        cells = table.cells(column)
        different = {str(cell) for cell in cells}
        if 2 <= len(different) <= max(2, len(cells) // 3):
            pairs = {(str(cell), stamp) for cell, stamp in zip(cells, times.stamps, strict=True)}
            if len(pairs) == len(cells):
                return column
    return ""
