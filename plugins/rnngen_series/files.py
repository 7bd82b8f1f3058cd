"""Files as tables: Parquet or CSV by their first bytes, and columns in the names of folders."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath
from urllib.parse import unquote

from rnngen import DataError, Source
from rnngen_series.csv_file import read_csv
from rnngen_series.options import Options
from rnngen_series.parquet_file import read_parquet
from rnngen_series.table import Table

PARQUET = b"PAR1"
OTHERS = {
    b"PK\x03\x04": "a spreadsheet or an archive",
    b"\xd0\xcf\x11\xe0": "an Excel workbook",
    b"ARROW1": "a Feather file",
    b"\x89HDF": "an HDF5 file",
    b"SQLite": "a database",
    b"ORC": "an ORC file",
    b"%PDF": "a PDF",
    b"\x93NUMPY": "a NumPy array",
    b"<": "HTML or XML",
    b"{": "JSON",
    b"[{": "JSON",
}
"""First bytes of files that are neither."""

MARKED = (b"<", b"{", b"[{")
"""Those that may come after blanks."""

PARTITION = re.compile(r"([^=/]+)=([^=/]*)")
NOTHING = "__HIVE_DEFAULT_PARTITION__"


def read_table(source: Source, options: Options, remark: Callable[[str], None]) -> Table:
    """The cells of a file.

    Raises:
        DataError: it is empty, damaged, in another format, has two columns with the same name, or
            a row with more or fewer cells than columns.
        PluginError: it is a Parquet file, and `pyarrow` is not installed.
    """
    with source.open() as stream:
        raw = stream.read()
    if raw.startswith(PARQUET):
        return _with_folders(read_parquet(source.name, raw), source)
    for first, kind in OTHERS.items():
        if raw.startswith(first) or (first in MARKED and raw.lstrip().startswith(first)):
            raise DataError(
                f"`{source.name}` is {kind}, expected CSV or Parquet", hint="save it as CSV"
            )
    if source.path.suffix.lower() in (".parquet", ".pq"):
        raise DataError(
            f"`{source.name}` can't be read as Parquet: its first bytes are not those of Parquet"
        )
    return _with_folders(read_csv(source.name, raw, options, remark), source)


def _with_folders(table: Table, source: Source) -> Table:
    """The table with a column for each folder named like `store=s1` (a Hive partition)."""
    found = {}
    for part in PurePath(source.name).parts[:-1]:
        match = PARTITION.fullmatch(part)
        if match and match[1] not in table.columns:
            value = unquote(match[2])
            found[unquote(match[1])] = None if value == NOTHING else value
    if not found:
        return table
    more = list(found.values())
    return replace(
        table,
        columns=[*table.columns, *found],
        rows=[[*row, *more] for row in table.rows],
        folders=list(found),
    )
