"""Reads a cell of a table as a number or a missing value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen import DataError
from rnngen_series.table import Table

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", ".", "-"})
"""Spellings of a missing value, in upper or lower case."""


def number(cell: Any, table: Table, row: int, column: str) -> float:
    """A cell as a number, NaN where it is missing.

    Raises:
        DataError: it is not a number, or infinite.
    """
    if cell is None:
        return math.nan
    if isinstance(cell, str):
        text = cell.strip()
        if text.lower() in MISSING:
            return math.nan
        try:
            value = float(text)
        except ValueError:
            value = None
        if value is None or "_" in text:
            raise _not_a_number(text, table, row, column)
    elif isinstance(cell, bool) or not hasattr(cell, "__float__"):
        raise _not_a_number(str(cell), table, row, column)
    else:
        value = float(cell)
    if math.isinf(value):
        raise DataError(
            f"{table.at(row)}, column `{column}`: the value is infinite",
            hint="write a number, or leave the cell empty if the value is unknown",
        )
    return value


def numbers(table: Table, column: str, rows: Sequence[int]) -> NDArray[np.float64]:
    """The cells of a column in the given rows, NaN where they are missing."""
    place = list(table.columns).index(column)
    return np.array([number(table.rows[row][place], table, row, column) for row in rows])


def _not_a_number(text: str, table: Table, row: int, column: str) -> DataError:
    comma = text.replace(",", ".", 1)
    hint = "correct it, or leave the cell empty if the value is unknown"
    if "," in text and _is_number(comma):
        hint = f"write it with a decimal point: {comma}"
    else:
        hint += "; to leave out other columns, name the values with `-o series.target=NAME`"
    return DataError(f"{table.at(row)}, column `{column}`: `{text}` is not a number", hint=hint)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
