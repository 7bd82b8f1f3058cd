"""From tables to series: long form, wide form, or a series in each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnngen import DataError, Source, UsageError
from rnngen_series import unnamed
from rnngen_series.cells import number, numbers
from rnngen_series.frequency import Frequency, infer, parse
from rnngen_series.options import Options
from rnngen_series.record import Series, names_of
from rnngen_series.stamps import Stamps, read_stamps, show
from rnngen_series.table import Table, read_table

TIMES = ("date", "time", "timestamp", "datetime", "ds")
"""Columns read as time stamps where none was named."""

MOST_STEPS = 50_000_000
"""Most steps in one series, gaps filled; more points to a wrong time stamp."""


def read_series(
    sources: Sequence[Source],
    options: Options,
    frequency: Frequency | None = None,
    remark: Callable[[str], None] = lambda text: None,
) -> Iterator[tuple[Series, int]]:
    """All series in the sources, each with its share of the file's bytes.

    In a source of the part `train`, the last `horizon` steps of each series are left out; in one of
    the part `valid`, they are the steps to predict.

    Args:
        sources: CSV or Parquet files.
        options: the roles of columns.
        frequency: required frequency; None: from the options, or inferred.
        remark: told what columns were read as, where that is a guess.

    Raises:
        DataError: a file has an error; names the row.
        UsageError: the options contradict each other.
    """
    several = len({source.path for source in sources}) > 1
    for source in sources:
        found = _read(source, options, frequency, remark)
        frequency = frequency or found[0].frequency
        if several:
            found = names_of(found, Path(source.name).name.split(".")[0])
        size = source.path.stat().st_size // len(found)
        for series in found:
            yield (_part(series, source, options) if source.part else series), size


def _part(series: Series, source: Source, options: Options) -> Series:
    horizon = options.horizon
    if len(series) < 2 * horizon:
        raise DataError(
            f"`{source.name}`: series `{series.name}` has {len(series)} steps, too few to hold "
            f"out {horizon} of them",
            hint="forecast fewer steps with `-o series.horizon=...`, or train on all steps with "
            "`-o series.hold_out=false`",
        )
    if source.part == "train":
        return series.until(_last_value(series.values[:-horizon]))
    return replace(series, held=horizon)


def _read(
    source: Source,
    options: Options,
    frequency: Frequency | None,
    remark: Callable[[str], None],
) -> list[Series]:
    table = read_table(
        source, header=options.header, separator=options.separator, ragged=options.rows
    )
    if options.rows:
        return _by_row(table, options)
    known = _listed(options.known)
    time, out = unnamed.settle(
        table,
        _time_column(table, options),
        [options.id, *known, *_listed(options.target)],
        options,
        remark,
    )
    named = [time, options.id, *known, *out]
    for column, why in ((options.id, "series.id"), *((name, "series.known") for name in known)):
        if column:
            table.place(column, why)
    targets = _listed(options.target) or [name for name in table.columns if name not in named]
    for target in targets:
        table.place(target, "series.target")
        if target in named:
            raise UsageError(
                f"column `{target}` is both a target and the time, the id, or known in advance",
                hint="give it one role",
            )
    if not targets:
        raise DataError(f"`{table.name}` has no columns with values")
    if options.id and len(targets) > 1:
        raise UsageError(
            f"`{table.name}` has {len(targets)} columns with values, but long form takes one",
            hint=f"name it: `-o series.target={targets[-1]}`",
        )
    found = []
    every = read_stamps(table, time, options.format, options.frequency, remark) if time else None
    for name, rows in _groups(table, options.id).items():
        rows, stamps = _in_order(table, every, rows, options, name)
        if frequency is None:
            frequency = _frequency(stamps, options)
        positions = _positions(table, rows, stamps, frequency, time)
        beside = np.stack([numbers(table, each, rows) for each in known], 1) if known else None
        for target in targets:
            values = numbers(table, target, rows)
            series = _on_grid(
                table, name or target, values, beside, known, rows, stamps, positions, frequency
            )
            found.append(series)
    return found


def _by_row(table: Table, options: Options) -> list[Series]:
    if options.id or options.known or options.target or options.time:
        raise UsageError(
            "with `series.rows` each row is a series, so there are no columns to name",
            hint="leave out target, time, id and known",
        )
    found = []
    for row, cells in enumerate(table.rows):
        values = np.array(
            [number(c, table, row, table.columns[i]) for i, c in enumerate(cells) if i]
        )
        seen = np.flatnonzero(np.isfinite(values))
        if not len(seen):
            raise DataError(f"{table.at(row)}: the series has no values", hint="leave the row out")
        values = values[seen[0] : seen[-1] + 1]
        known = np.zeros((len(values), 0))
        found.append(Series(str(cells[0]), values, known, Frequency(1, "step"), int(seen[0])))
    return found


def _time_column(table: Table, options: Options) -> str:
    if options.time:
        table.place(options.time, "series.time")
        return options.time
    guessed = [name for name in table.columns if name.lower() in TIMES]
    return guessed[0] if guessed and guessed[0] not in _listed(options.target) else ""


def _groups(table: Table, column: str) -> dict[str, list[int]]:
    """Rows of each series, in order of the series' first rows."""
    if not column:
        return {"": list(range(len(table.rows)))}
    place = list(table.columns).index(column)
    groups: dict[str, list[int]] = {}
    for row, cells in enumerate(table.rows):
        name = "" if cells[place] is None else str(cells[place]).strip()
        if not name:
            raise DataError(
                f"{table.at(row)}, column `{column}`: the name of the series is missing",
                hint="fill in the series that the row belongs to",
            )
        groups.setdefault(name, []).append(row)
    return groups


def _in_order(
    table: Table, every: Stamps | None, rows: list[int], options: Options, name: str
) -> tuple[list[int], Stamps]:
    """Rows and their time stamps, in increasing order."""
    if every is None:
        return rows, np.arange(len(rows))
    stamps = every[rows]
    if options.sort:
        order = np.argsort(stamps, kind="stable")
        rows, stamps = [rows[place] for place in order], stamps[order]
    of = f" of series `{name}`" if name else ""
    for (before, row), (earlier, stamp) in zip(pairwise(rows), pairwise(stamps), strict=True):
        if stamp == earlier:
            hint = "keep one of them"
            if not name:
                hint += ", or if there are several series, name the column that tells them apart: "
                hint += "`-o series.id=...`"
            raise DataError(
                f"{table.at(row)}: the time stamp {show(stamp)}{of} appears twice, also in row "
                f"{table.first + before}",
                hint=hint,
            )
        if stamp < earlier:
            raise DataError(
                f"{table.at(row)}: the time stamp {show(stamp)}{of} comes after {show(earlier)}",
                hint="sort the rows by time, or use `-o series.sort=true`",
            )
    return rows, stamps


def _frequency(stamps: Stamps, options: Options) -> Frequency:
    inferred = infer(stamps)
    if not options.frequency or inferred.unit == "step":
        return inferred
    chosen = parse(options.frequency)
    if chosen.unit == "step":
        raise UsageError(
            f"`series.frequency` is `{options.frequency}`, but the time stamps are dates",
            hint="name a frequency such as `1h` or `1D`, or leave the option out",
        )
    return replace(chosen, last=inferred.unit == "month" and inferred.last)


def _positions(
    table: Table, rows: Sequence[int], stamps: Stamps, frequency: Frequency, time: str
) -> NDArray[np.int64]:
    """Positions of time stamps on the grid that starts at the first."""
    places = frequency.positions(stamps, stamps[0])
    off = np.flatnonzero(~(places == np.round(places)))
    if len(off):
        raise DataError(
            f"{table.at(rows[off[0]])}, column `{time}`: the time stamp {show(stamps[off[0]])} is "
            f"not a whole number of steps of {frequency.name} after {show(stamps[0])}",
            hint=f"correct it, or name a finer `series.frequency` than {frequency.name}",
        )
    if places[-1] >= MOST_STEPS:
        raise DataError(
            f"{table.at(rows[-1])}, column `{time}`: from {show(stamps[0])} to {show(stamps[-1])} "
            f"there are {places[-1]:,.0f} steps of {frequency.name}",
            hint="correct the time stamp, or name a coarser `series.frequency` than "
            f"{frequency.name}",
        )
    return places.astype(np.int64)


def _on_grid(
    table: Table,
    name: str,
    values: NDArray[np.float64],
    beside: NDArray[np.float64] | None,
    known: Sequence[str],
    rows: Sequence[int],
    stamps: Stamps,
    positions: NDArray[np.int64],
    frequency: Frequency,
) -> Series:
    """A series from its first value to its last, with missing values where the file has no row."""
    seen = np.flatnonzero(np.isfinite(values))
    if not len(seen):
        raise DataError(
            f"`{table.name}`: series `{name}` has no values",
            hint="leave it out with `-o series.target=...`, or delete its rows",
        )
    first, last = seen[0], seen[-1]
    places = positions[first:] - positions[first]
    on_grid = np.full(places[last - first] + 1, np.nan)
    on_grid[places[: last - first + 1]] = values[first : last + 1]
    covariates = np.zeros((len(on_grid), 0))
    if beside is not None:
        lacking = np.argwhere(np.isnan(beside[first:]))
        if len(lacking):
            row, column = lacking[0]
            raise DataError(
                f"{table.at(rows[first + row])}, column `{known[column]}`: the value is missing, "
                "but the column is declared as known in advance",
                hint="fill it in, or leave the column out of `series.known`",
            )
        # Rows missing from the file repeat the last known values.
        before = np.searchsorted(places, np.arange(places[-1] + 1), "right") - 1
        covariates = beside[first:][before]
    return Series(name, on_grid, covariates, frequency, stamps[first])


def _last_value(values: NDArray[np.float64]) -> int:
    """Number of values up to the last one that is not missing."""
    return int(np.flatnonzero(np.isfinite(values))[-1]) + 1


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
