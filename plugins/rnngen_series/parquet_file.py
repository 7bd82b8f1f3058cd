"""Parquet files as tables."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

from rnngen import DataError, PluginError
from rnngen_series.table import Table, check_names, no_rows

PANDAS = re.compile(r"__index_level_\d+__")
"""Names that pandas makes up for an unnamed index."""
PERIODS = {"M": "M", "Q": "M", "A": "Y", "Y": "Y", "D": "D", "H": "h", "h": "h", "T": "m", "S": "s"}
"""NumPy's units of pandas' periods."""


def read_parquet(name: str, raw: bytes) -> Table:
    """The cells of a Parquet file; time stamps are datetime64[us], instants where there is a zone.

    Raises:
        DataError: it is damaged, or has no rows.
        PluginError: `pyarrow` is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise PluginError(
            f"`{name}` is a Parquet file, and `pyarrow` is not installed",
            hint='`pip install "rnngen[series]"`, or save it as CSV',
        ) from None
    try:
        table = parquet.ParquetFile(pyarrow.BufferReader(raw)).read()
        table.validate(full=True)
        columns = [_cells(table.column(n), table.field(n)) for n in range(table.num_columns)]
    except Exception as error:  # raised by the library, or for a value outside Python's dates
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(f"`{name}` can't be read as Parquet: {reason}") from None
    if table.num_rows == 0:
        raise no_rows(name)
    names = [str(each) for each in table.column_names]
    check_names(name, names)
    zones = {
        field.name: field.type.tz
        for field in table.schema
        if pyarrow.types.is_timestamp(field.type) and field.type.tz
    }
    rows = list(zip(*columns, strict=True))
    unnamed = [each for each in names if PANDAS.fullmatch(each)]
    return Table(name, names, rows, range(1, len(rows) + 1), unnamed, zones)


def _cells(column: Any, field: Any) -> list[Any]:
    import pyarrow

    if pyarrow.types.is_timestamp(field.type):
        counts = column.cast(pyarrow.int64())
        return _moments(counts.to_pylist(), field.type.unit)
    if pyarrow.types.is_date(field.type):
        days = column.cast(pyarrow.date32()).cast(pyarrow.int32()).to_pylist()
        found = [None if day is None else np.datetime64(day, "D") for day in days]
        for day in found:
            if day is not None and not 0 < day.astype("datetime64[Y]").astype(int) + 1970 < 10_000:
                raise ValueError(f"the date {day} is not between the years 1 and 9999")
        return [None if day is None else day.astype("datetime64[us]") for day in found]
    if pyarrow.types.is_dictionary(field.type):
        column = column.cast(field.type.value_type)
    cells: list[Any] = column.to_pylist()
    about = (field.metadata or {}).get(b"ARROW:extension:metadata")
    if about and field.metadata.get(b"ARROW:extension:name") == b"pandas.period":
        return _periods(cells, json.loads(about)["freq"])
    return cells


def _moments(counts: list[int | None], unit: str) -> list[Any]:
    if unit == "ns":  # rounded to microseconds
        counts = [None if count is None else (count + 500) // 1000 for count in counts]
        unit = "us"
    return [None if count is None else _moment(count, unit) for count in counts]


def _periods(cells: list[Any], freq: str) -> list[Any]:
    letter = freq[:1] if freq[:1] != "m" else "T"
    if letter not in PERIODS:
        return cells
    each = 3 if letter == "Q" else 1
    return [None if cell is None else _moment(cell * each, PERIODS[letter]) for cell in cells]


def _moment(count: int, unit: str) -> Any:
    return np.array(count, np.int64).astype(f"datetime64[{unit}]").astype("datetime64[us]")[()]
