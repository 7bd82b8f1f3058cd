"""Tables of cells from CSV and Parquet files, with the row number of each cell."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rnngen import DataError, PluginError, Source, UsageError, suggest

SEPARATORS = {"tab": "\t", "\\t": "\t"}
GUESSED = ",;\t"

PANDAS_CSV = re.compile(r"Unnamed: \d+(\.\d+)?")
PANDAS_PARQUET = re.compile(r"__index_level_\d+__")
"""Names that pandas makes up for an unnamed index."""

FOR_NOTHING = ("index", "unnamed", "unnamed index")
"""Names for an unnamed first column; the first free one is used."""


@dataclass(frozen=True)
class Table:
    """Cells of a file.

    Args:
        name: file name, for messages.
        columns: column names.
        rows: cells; texts from a CSV file, values from a Parquet file, None where empty.
        first: number of the first row, as a reader of the file counts.
        unnamed: columns without a name in the file, such as a written index.
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    first: int
    unnamed: Sequence[str] = ()

    def place(self, column: str, why: str) -> int:
        """The index of a column; DataError if it is missing, saying why it is needed."""
        if column in self.columns:
            return list(self.columns).index(column)
        near = suggest(column, list(self.columns))
        shown = ", ".join(f"`{each}`" for each in list(self.columns)[:12])
        raise DataError(
            f"`{self.name}` has no column `{column}`, which is its {why}",
            hint=f"did you mean `{near}`?" if near else f"it has: {shown}",
        )

    def cells(self, column: str) -> list[Any]:
        """All cells of an existing column."""
        place = list(self.columns).index(column)
        return [row[place] for row in self.rows]

    def at(self, row: int) -> str:
        """The name of a row in messages."""
        return f"`{self.name}`, row {self.first + row}"


def read_table(source: Source, *, header: bool, separator: str, ragged: bool) -> Table:
    """The cells of a file.

    Args:
        source: Parquet if its name says so, else CSV in UTF-8.
        header: whether the first row holds column names.
        separator: cell separator; empty for the commonest of `,` `;` and tab in the first row.
        ragged: whether rows may differ in length.

    Raises:
        DataError: it is empty, damaged, not UTF-8, has two columns with the same name, or a row
            with more or fewer cells than columns.
        PluginError: it is a Parquet file, and `pyarrow` is not installed.
    """
    if source.path.suffix.lower() in (".parquet", ".pq"):
        return _read_parquet(source)
    with source.open() as stream:
        raw = stream.read()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError(
            f"`{source.name}` is not UTF-8, in line {line}", hint="save it as UTF-8"
        ) from None
    first = text[: text.find("\n") + 1] or text
    delimiter = SEPARATORS.get(separator, separator) or max(GUESSED, key=first.count)
    if len(delimiter) != 1:
        raise UsageError(f"`series.separator` is `{separator}`, expected one character, or `tab`")
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise DataError(f"`{source.name}` can't be read as CSV: {error}") from None
    while rows and not any(map(str.strip, rows[-1])):
        rows.pop()
    if len(rows) < 1 + header:
        raise DataError(f"`{source.name}` has no rows", hint="it must have at least one of data")
    names = [cell.strip() for cell in rows[0]] if header else []
    unnamed = [name for name in names if PANDAS_CSV.fullmatch(name)]
    if names and not names[0]:
        names[0] = next(name for name in FOR_NOTHING if name not in names)
        unnamed = [names[0], *unnamed]
    body = rows[1:] if header else rows
    width = max(len(names), *map(len, body)) if ragged else len(names or body[0])
    names += [str(number + 1) for number in range(len(names), width)]
    table = Table(source.name, names, body, 1 + header, unnamed)
    if not ragged:
        for number, row in enumerate(body):
            if len(row) != width:
                raise DataError(
                    f"{table.at(number)} has {len(row)} cells, expected {width}",
                    hint="put texts with commas in quotes, or set `-o series.separator`",
                )
    _check_names(source.name, names)
    return table


def _read_parquet(source: Source) -> Table:
    try:
        from pyarrow import parquet
    except ImportError:
        raise PluginError(
            f"`{source.name}` is a Parquet file, and `pyarrow` is not installed",
            hint='`pip install "rnngen[series]"`, or save it as CSV',
        ) from None
    try:
        table = parquet.read_table(source.path)
        columns = [column.to_pylist() for column in table.columns]
    except Exception as error:  # raised by the library, or for a value outside Python's dates
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(f"`{source.name}` can't be read as Parquet: {reason}") from None
    if table.num_rows == 0:
        raise DataError(f"`{source.name}` has no rows", hint="it must have at least one of data")
    names = [str(name) for name in table.column_names]
    _check_names(source.name, names)
    unnamed = [name for name in names if PANDAS_PARQUET.fullmatch(name)]
    return Table(source.name, names, list(zip(*columns, strict=True)), 1, unnamed)


def _check_names(file: str, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DataError(
                f"`{file}` has two columns named `{name}`", hint="give each its own name"
            )
        seen.add(name)
