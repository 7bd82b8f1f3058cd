"""Tables of cells, with the row number of each cell in the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rnngen import DataError, suggest


@dataclass(frozen=True)
class Table:
    """Cells of a file.

    Args:
        name: file name, for messages.
        columns: column names.
        rows: cells; texts from a CSV file, values from a Parquet file, None where empty.
        numbers: number of each row, as a reader of the file counts.
        unnamed: columns without a name in the file, such as a written index.
        zones: time zones of columns with time stamps, where the file names them.
        folders: columns that stand in the names of folders, as in `store=s1/part.parquet`.
        separator: what separated cells; empty if nothing did.
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    numbers: Sequence[int]
    unnamed: Sequence[str] = ()
    zones: Mapping[str, str] = field(default_factory=dict)
    folders: Sequence[str] = ()
    separator: str = ""

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
        return f"`{self.name}`, row {self.numbers[row]}"


def check_names(file: str, names: Sequence[str]) -> None:
    """Raises DataError where two columns have the same name."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DataError(
                f"`{file}` has two columns named `{name}`", hint="give each its own name"
            )
        seen.add(name)


def no_rows(file: str) -> DataError:
    """The error of a file without data."""
    return DataError(f"`{file}` has no rows", hint="it must have at least one of data")
