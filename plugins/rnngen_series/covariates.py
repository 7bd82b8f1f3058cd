"""Columns known in advance as numbers: yes or no, and categories, besides numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen import DataError
from rnngen_series.cells import Numerals
from rnngen_series.table import Table

WORDS = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0, "t": 1.0, "f": 0.0, "y": 1.0, "n": 0.0}
MOST_CATEGORIES = 50
"""More different texts are not categories, but names or notes."""


def covariates(
    table: Table, columns: Sequence[str], numerals: Numerals
) -> tuple[list[str], NDArray[np.float64]]:
    """Names of numbers known in advance, and their values in all rows, NaN where missing.

    Numbers are taken as they are, yes and no as 1 and 0, and texts as one number for each
    category, `weather=rain`, which is 1 in its rows and 0 in others.

    Raises:
        DataError: a column has more than fifty categories.
    """
    names: list[str] = []
    parts: list[NDArray[np.float64]] = []
    for column in columns:
        own, values = _column(table, column, numerals)
        names += own
        parts.append(values)
    if not parts:
        return names, np.zeros((len(table.rows), 0))
    return names, np.concatenate(parts, 1)


def _column(table: Table, column: str, numerals: Numerals) -> tuple[list[str], NDArray[np.float64]]:
    cells = [_text(cell) for cell in table.cells(column)]
    words = {cell.lower() for cell in cells if isinstance(cell, str) and cell}
    if any(isinstance(cell, bool) for cell in cells) or (words and words <= WORDS.keys()):
        values = [_yes_or_no(cell, numerals, row, column) for row, cell in enumerate(cells)]
        return [column], np.array(values, np.float64)[:, None]
    texts = {cell for cell in cells if isinstance(cell, str) and cell}
    if not texts or _has_number(texts, numerals, column):
        return [column], numerals.numbers(column, range(len(cells)))[:, None]
    if len(texts) > MOST_CATEGORIES:
        raise DataError(
            f"`{table.name}`, column `{column}`: {len(texts)} different texts are too many "
            f"categories, expected at most {MOST_CATEGORIES}",
            hint="leave the column out of `series.known`",
        )
    ordered = sorted(texts)
    made = np.array([[float(cell == each) for each in ordered] for cell in cells])
    made[[cell in ("", None) for cell in cells]] = np.nan
    return [f"{column}={each}" for each in ordered], made


def _text(cell: Any) -> Any:
    return cell.strip() if isinstance(cell, str) else cell


def _has_number(texts: set[str], numerals: Numerals, column: str) -> bool:
    for text in texts:
        try:
            if np.isfinite(numerals.number(text, 0, column)):
                return True
        except DataError:
            continue
    return False


def _yes_or_no(cell: Any, numerals: Numerals, row: int, column: str) -> float:
    if isinstance(cell, bool):
        return float(cell)
    if isinstance(cell, str) and cell.lower() in WORDS:
        return WORDS[cell.lower()]
    return numerals.number(cell, row, column)
