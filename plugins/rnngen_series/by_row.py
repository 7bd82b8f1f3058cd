"""Series in the rows of a table, as in M4; their steps may be dates in the names of columns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rnngen import DataError, UsageError
from rnngen_series.cells import Numerals
from rnngen_series.moments import Stamps
from rnngen_series.options import Options
from rnngen_series.pieces import Piece
from rnngen_series.stamps import read_times
from rnngen_series.table import Table


def pieces_by_row(table: Table, options: Options, remark: Callable[[str], None]) -> list[Piece]:
    """A piece for each row, from its first value to its last.

    Raises:
        DataError: a cell is not a number, or a row has no values.
        UsageError: an option names a column.
    """
    if options.id or options.known or options.target or options.time:
        raise UsageError(
            "with `series.rows` each row is a series, so there are no columns to name",
            hint="leave out target, time, id and known",
        )
    numerals = Numerals.of(table, [], options.decimal, options.missing)
    stamps, dated = _stamps(table, options, remark)
    made = []
    for row, cells in enumerate(table.rows):
        values = np.array(
            [numerals.number(c, row, table.columns[i]) for i, c in enumerate(cells) if i]
        )
        seen = np.flatnonzero(np.isfinite(values))
        if not len(seen):
            raise DataError(f"{table.at(row)}: the series has no values", hint="leave the row out")
        own = slice(int(seen[0]), int(seen[-1]) + 1)
        made.append(
            Piece(
                str(cells[0]).strip(),
                stamps[own],
                {"": values[own]},
                np.zeros((own.stop - own.start, 0)),
                (),
                "",
                ("names of columns",) if dated else (),
                [(table, row)] * (own.stop - own.start),
            )
        )
    numerals.tell(remark)
    return made


def _stamps(table: Table, options: Options, remark: Callable[[str], None]) -> tuple[Stamps, bool]:
    """The stamps of columns, and whether they are dates."""
    names = list(table.columns[1:])
    head = Table(table.name, ["names of columns"], [[name] for name in names], [1] * len(names))
    count = max(len(cells) for cells in table.rows) - 1
    steps = np.arange(max(count, len(names)))
    if not options.header or not names:
        return steps, False
    try:
        times = read_times(head, list(head.columns), options.format, options.frequency)
    except DataError:
        return steps, False
    if not times.dated or (np.diff(times.stamps.astype(np.int64)) <= 0).any():
        return steps, False
    remark(f"`{table.name}`: names of columns such as `{names[0]}` are read as dates")
    return times.stamps, True
