"""Reads cells of a table as numbers or missing values, whatever the country's marks."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen import DataError, UsageError
from rnngen_series.table import Table

MISSING = frozenset(
    {
        *("", "na", "n/a", "n.a.", "nan", "null", "none", "nat", "nil", "missing", "<na>", "-nan"),
        *("#n/a", "#n/a n/a", "#na", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"),
        *("#div/0!", "#value!", "#ref!", "#num!", "#name?", "#null!"),
        *(".", "..", "...", "-", "--", "---", "—", "–", "?", ":", "*"),
    }
)
"""Spellings of a missing value, in upper or lower case: those of pandas, R, Excel and agencies."""
QUIET = frozenset({"", "na", "n/a", "nan", "null", "none", "<na>", "nat"})
"""Spellings that need no remark."""

BLANKS = "\u00a0\u202f\u2009' \u2019"
"""Marks between thousands, besides comma and point."""
SIGNS = str.maketrans({"−": "-", **dict.fromkeys("$€£¥", "")})
PLAIN = re.compile(r"[-+.\deE]*", re.ASCII)
GROUPED = re.compile(rf"-?\d{{1,3}}(?:[{BLANKS}]\d{{3}})+(?:[.,]\d+)?")
AMBIGUOUS = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")


@dataclass
class Numerals:
    """How numbers are written in a file.

    Args:
        table: the file.
        decimal: the decimal mark, `.` or `,`.
        missing: the user's words for missing values, in lower case.
        words: other words read as missing, counted.
    """

    table: Table
    decimal: str
    missing: frozenset[str]
    words: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, table: Table, columns: Iterable[str], decimal: str, missing: str) -> Numerals:
        """The numerals of the columns' cells.

        Raises:
            DataError: a comma may be a decimal mark or stand between thousands.
            UsageError: the decimal mark is neither a point nor a comma.
        """
        if decimal not in ("", ".", ","):
            raise UsageError(
                f"`series.decimal` is `{decimal}`, expected `.` or `,`", hint="leave it out"
            )
        words = frozenset(word.strip().lower() for word in missing.split(",") if word.strip())
        found = cls(table, decimal or ".", words)
        if not decimal:
            found.decimal = found._guess(columns)
        return found

    def _guess(self, columns: Iterable[str]) -> str:
        unclear: tuple[str, int, str] | None = None
        for column in columns:
            for row, cell in enumerate(self.table.cells(column)):
                text = self._stripped(cell) if isinstance(cell, str) and "," in cell else ""
                if "," not in text or text.lower() in self.missing:
                    continue
                if AMBIGUOUS.fullmatch(text):
                    unclear = unclear or (column, row, text)
                elif _is_number(_plain(text, ",")) and not _is_number(_plain(text, ".")):
                    return ","
                elif _is_number(_plain(text, ".")):
                    return "."
        if unclear is None:
            return "."
        column, row, text = unclear
        raise DataError(
            f"{self.table.at(row)}, column `{column}`: the comma in `{text}` may be a decimal "
            "mark or stand between thousands",
            hint="say which: `-o series.decimal=.` reads thousands, `-o series.decimal=,` decimals",
        )

    def _stripped(self, cell: str) -> str:
        text = cell.strip().translate(SIGNS).strip().removesuffix("%").strip()
        if text.startswith("(") and text.endswith(")"):  # as accountants write negative numbers
            text = f"-{text[1:-1]}"
        return text

    def number(self, cell: Any, row: int, column: str) -> float:
        """A cell as a number, NaN where it is missing.

        Raises:
            DataError: it is not a number, or infinite.
        """
        if cell is None:
            return math.nan
        if isinstance(cell, str):
            value = self._from_text(cell.strip(), row, column)
        elif isinstance(cell, bool) or not isinstance(cell, int | float | Decimal | np.number):
            raise self._not_a_number(str(cell), row, column)
        else:
            try:
                value = float(cell)
            except (ValueError, OverflowError):
                raise self._not_a_number(str(cell), row, column) from None
            if self.missing and f"{value:g}" in self.missing:
                return math.nan
        if math.isinf(value):
            raise DataError(
                f"{self.table.at(row)}, column `{column}`: the value is infinite",
                hint="write a number, or leave the cell empty if the value is unknown",
            )
        return value

    def _from_text(self, text: str, row: int, column: str) -> float:
        low = text.lower()
        if low in self.missing:
            return math.nan
        if low in MISSING:
            if low not in QUIET:
                self.words[text] += 1
            return math.nan
        plain = _plain(self._stripped(text), self.decimal)
        if not _is_number(plain):
            raise self._not_a_number(text, row, column)
        value = float(plain)
        if self.missing and f"{value:g}" in self.missing:
            return math.nan
        return value

    def numbers(self, column: str, rows: Sequence[int]) -> NDArray[np.float64]:
        """The cells of a column in the given rows, NaN where they are missing."""
        place = list(self.table.columns).index(column)
        cells = self.table.rows
        if self.decimal == "." and not self.missing:
            texts = [cells[row][place] for row in rows]
            # Most columns have nothing but plain numbers.
            if all(isinstance(text, str) for text in texts) and PLAIN.fullmatch("".join(texts)):
                with suppress(ValueError):
                    found = np.array([float(text) for text in texts], np.float64)
                    if np.isfinite(found).all():
                        return found
        return np.array([self.number(cells[row][place], row, column) for row in rows], np.float64)

    def tell(self, remark: Callable[[str], None]) -> None:
        """Tells which words were read as missing values."""
        for word, count in self.words.items():
            times = "once" if count == 1 else f"{count} times"
            remark(f"`{self.table.name}`: `{word}` is read as a missing value, {times}")
        self.words.clear()

    def _not_a_number(self, text: str, row: int, column: str) -> DataError:
        return DataError(
            f"{self.table.at(row)}, column `{column}`: `{text}` is not a number",
            hint="correct it, or leave the cell empty if the value is unknown; a word for missing "
            "values is named with `-o series.missing=WORD`, and columns with values with "
            "`-o series.target=NAME`",
        )


def _plain(text: str, decimal: str) -> str:
    """A number without marks between thousands, and with a decimal point."""
    other = "," if decimal == "." else "."
    if GROUPED.fullmatch(text):
        text = "".join(char for char in text if char not in BLANKS)
    if other in text:
        whole, mark, part = text.partition(decimal)
        groups = whole.lstrip("+-").split(other)
        if not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:]):
            return ""
        text = whole.replace(other, "") + mark + part
    return text.replace(decimal, ".") if text.count(decimal) <= 1 else ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text
