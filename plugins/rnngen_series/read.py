"""From tables to series: long form, wide form, or a series in each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rnngen import DataError, Source
from rnngen_series.by_row import pieces_by_row
from rnngen_series.files import read_table
from rnngen_series.frequency import Frequency
from rnngen_series.grid import Placed, frequency_of, origin_of, placed
from rnngen_series.joined import aligned, joined
from rnngen_series.options import Options
from rnngen_series.pieces import pieces
from rnngen_series.record import Series

Remark = Callable[[str], None]


def read_series(
    sources: Sequence[Source],
    options: Options,
    frequency: Frequency | None = None,
    remark: Remark = lambda text: None,
) -> Iterator[tuple[Series, int]]:
    """All series in the sources, each with its share of the files' bytes.

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
    parts: dict[str, list[Source]] = {}
    for source in sources:
        parts.setdefault(source.part, []).append(source)
    read: dict[tuple[str, ...], list[Series]] = {}
    for part, own in parts.items():
        key = tuple(str(source.path) for source in own)
        if key not in read:
            read[key] = _read(own, options, frequency, remark)
        found = read[key]
        size = sum(source.path.stat().st_size for source in own) // len(found)
        for series in _parted(found, own, part, options, remark) if part else found:
            yield series, size


def _parted(
    found: list[Series], sources: Sequence[Source], part: str, options: Options, remark: Remark
) -> Iterator[Series]:
    """The series of a part; those too short to hold out steps of are learned as a whole."""
    horizon = options.horizon
    short = [series for series in found if len(series) < 2 * horizon]
    if len(short) == len(found):
        raise DataError(
            f"`{sources[0].name}`: series `{short[0].name}` has {len(short[0])} steps, too few to "
            f"hold out {horizon} of them",
            hint="forecast fewer steps with `-o series.horizon=...`, or train on all steps with "
            "`-o series.hold_out=false`",
        )
    if short and part == "train":
        remark(
            f"{len(short):,} of {len(found):,} series, such as `{short[0].name}`, "
            f"{'are' if len(short) > 1 else 'is'} too short to hold out {horizon} steps, and "
            "learned as a whole"
        )
    for series in found:
        if len(series) >= 2 * horizon:
            yield (
                series.until(_last_value(series.values[:-horizon]))
                if part == "train"
                else replace(series, held=horizon)
            )
        elif part == "train":
            yield series


def _read(
    sources: Sequence[Source], options: Options, frequency: Frequency | None, remark: Remark
) -> list[Series]:
    reading = pieces_by_row if options.rows else pieces
    files = []
    for source in sources:
        table = read_table(source, options, remark)
        files.append((source.name, reading(table, options, remark)))
    together = joined(files, options, remark)
    every = [piece for _, piece in together]
    kinds = {piece.stamps.dtype.kind: piece for piece in every}
    if len(kinds) > 1:
        one, other = kinds.values()
        raise DataError(
            f"{one.at(0)} and {other.at(0)}: time stamps are dates in one file and numbers in "
            "another",
            hint="train on them separately",
        )
    chosen, decided = frequency_of(every, options.frequency, frequency)
    columns = list(dict.fromkeys(column for piece in every for column in piece.columns))
    found: list[Series] = []
    names: Counter[str] = Counter()
    in_file = Counter(label for label, piece in together for _ in piece.values)
    for (label, _), on_grid in zip(together, placed(every, chosen, decided, remark), strict=True):
        for target, values in on_grid.piece.values.items():
            name = on_grid.piece.name or target
            if label:
                name = label if in_file[label] == 1 else f"{label}:{name}"
            names[name] += 1
            if names[name] > 1:
                name = f"{name} ({names[name]})"
            found.append(_series(on_grid, name, values, columns, chosen))
    return _long_enough(found, remark)


def _long_enough(found: list[Series], remark: Remark) -> list[Series]:
    """The series without those of a single value, unless all have one."""
    kept = [series for series in found if len(series) > 1]
    if not kept or len(kept) == len(found):
        return found
    name = next(series.name for series in found if len(series) == 1)
    count = len(found) - len(kept)
    remark(
        f"{count:,} of {len(found):,} series, such as `{name}`, "
        f"{'have' if count > 1 else 'has'} a single value and {'are' if count > 1 else 'is'} left "
        "out"
    )
    return kept


def _series(
    on_grid: Placed,
    name: str,
    values: NDArray[np.float64],
    columns: Sequence[str],
    frequency: Frequency,
) -> Series:
    """A series from its first value to its last, with missing values where the file has no row."""
    piece, places = on_grid.piece, on_grid.places
    seen = np.flatnonzero(np.isfinite(values))
    if not len(seen):
        raise DataError(
            f"`{piece.rows[0][0].name}`: series `{name}` has no values",
            hint="leave it out with `-o series.target=...`, or delete its rows",
        )
    first, last = seen[0], seen[-1]
    from_first = places[first:] - places[first]
    gridded = np.full(from_first[last - first] + 1, np.nan)
    gridded[from_first[: last - first + 1]] = values[first : last + 1]
    covariates = np.zeros((len(gridded), 0))
    if columns:
        known = aligned(piece, columns)[first:]
        lacking = np.argwhere(np.isnan(known))
        if len(lacking):
            row, column = lacking[0]
            raise DataError(
                f"{piece.at(first + row)}, column `{columns[column].partition('=')[0]}`: the value "
                "is missing, but the column is declared as known in advance",
                hint="fill it in, or leave the column out of `series.known`",
            )
        # Rows missing from the file repeat the last known values.
        before = np.searchsorted(from_first, np.arange(from_first[-1] + 1), "right") - 1
        covariates = known[before]
    origin = frequency.at(origin_of(piece, places, frequency), places[first : first + 1])[0]
    return Series(
        name, gridded, covariates, frequency, origin, zone=piece.zone, columns=tuple(columns)
    )


def _last_value(values: NDArray[np.float64]) -> int:
    """Number of values up to the last one that is not missing."""
    return int(np.flatnonzero(np.isfinite(values))[-1]) + 1
