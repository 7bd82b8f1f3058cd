"""Time stamps: the cells of a column as moments, or as step numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen import DataError
from rnngen_series import integers, moments
from rnngen_series.forms import DAY_FIRST, FORMS, MONTH_FIRST, Moment, by_format
from rnngen_series.moments import Stamps
from rnngen_series.table import Table

DATES = ("date", "day", "ds", "datum", "timestamp")
SERIAL = (20_000, 60_000)
"""Numbers in columns with these names that a spreadsheet may have written for 1954 to 2064."""
STEPS = "step"
"""The frequency of plain step numbers."""


@dataclass(frozen=True)
class Times:
    """The time stamps of all rows of a table.

    Args:
        stamps: `[n]` datetime64[us], UTC where `ahead` is given, else local; or int64 step numbers.
        ahead: `[n]` seconds that local time is ahead of UTC; None where the file does not say.
        zone: the zone's name, where the file has one.
    """

    stamps: Stamps
    ahead: NDArray[np.int64] | None = None
    zone: str = ""

    @property
    def dated(self) -> bool:
        """Whether stamps are dates, not step numbers."""
        return self.stamps.dtype.kind == "M"

    @property
    def walls(self) -> Stamps:
        """Local times."""
        if self.ahead is None:
            return self.stamps
        return np.asarray(self.stamps + self.ahead.astype("timedelta64[s]"))


def read_times(
    table: Table,
    columns: Sequence[str],
    format: str,
    frequency: str = "",
    remark: Callable[[str], None] = lambda text: None,
) -> Times:
    """The time stamps of all rows.

    Dates in one of `rnngen_series.forms`; whole numbers by what fits the whole column: years from
    1000 to 2999, `199001`, `20240131`, `2024031` (a day of the year), or seconds, milli-, micro-
    or nanoseconds since 1970, else steps; anything else by `format`, as in `datetime.strptime`.

    Args:
        table: the file.
        columns: the column with time stamps; or several, as a date and a time of day.
        format: their format; empty for the above.
        frequency: as the user named it; for steps, numbers are never dates.
        remark: told how stamps were read, where that is a guess.

    Raises:
        DataError: a cell is not a time stamp; names the cell.
    """
    if len(columns) == 1:
        cells = [c.strip() if isinstance(c, str) else c for c in table.cells(columns[0])]
    else:
        parts = [table.cells(column) for column in columns]
        cells = [_joined(row, columns) for row in zip(*parts, strict=True)]
    shown = "`, `".join(columns)
    if not format and all(_is_count(cell) for cell in cells):
        counts = np.array([_count(cell) for cell in cells], np.int64)
        if frequency.strip().lstrip("0123456789") == STEPS:
            return Times(counts)
        return Times(_dates_or_counts(table, shown, counts, remark))
    if all(isinstance(cell, np.datetime64) for cell in cells):
        stamps = np.array(cells, "datetime64[us]")
        zone = table.zones.get(columns[0], "")
        return Times(stamps, moments.offsets(stamps, zone) if zone else None, zone)
    return _from_texts(table, shown, [_text(cell) for cell in cells], format, remark)


def _joined(cells: Sequence[Any], columns: Sequence[str]) -> str:
    """The cells of several columns as one text: numbers of year, month, day, hour, or texts."""
    texts = [_text(cell) for cell in cells]
    if not (columns[0].lower().startswith("y") and all(map(_is_count, texts))):
        if len(texts) == 2 and _is_count(texts[1]):
            texts[1] = f"{texts[1].rjust(2, '0')}:00"
        return " ".join(texts)
    day, clock = "-".join(texts[:3]), ":".join(text.rjust(2, "0") for text in texts[3:])
    return f"{day} {clock}{':00' if len(texts) == 4 else ''}" if clock else day


def _text(cell: Any) -> str:
    if isinstance(cell, np.datetime64):
        return moments.show(cell)
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def _dates_or_counts(
    table: Table, column: str, counts: integers.Counts, remark: Callable[[str], None]
) -> Stamps:
    hint = (
        "correct it, name the format, such as `-o series.format=%Y%m%d`, or read the numbers as "
        f"steps: `-o series.frequency={STEPS}`"
    )
    form = integers.form_of(counts)
    if not form:
        if column.lower() in DATES and ((counts >= SERIAL[0]) & (counts <= SERIAL[1])).all():
            remark(
                f"`{table.name}`, column `{column}`: numbers like {counts[0]} are read as steps; "
                "if they are the days of a spreadsheet, save them as dates"
            )
        other = integers.other_form(counts)
        if other:
            raise DataError(
                f"`{table.name}`, column `{column}`: numbers like {counts[0]} look like {other}, "
                "which is not supported",
                hint=hint,
            )
        return counts
    odd = integers.misfits(counts, form)
    if len(odd):
        raise DataError(
            f"{table.at(int(odd[0]))}, column `{column}`: the time stamp is `{counts[odd[0]]}`, "
            f"which is not a date of {form}, unlike others in the column",
            hint=hint,
        )
    if form != "year":
        since = " since 1970" if form in integers.EPOCHS else ""
        remark(
            f"`{table.name}`, column `{column}`: numbers like {counts[0]} are read as {form}{since}"
        )
    return integers.dates(counts, form)


def _is_count(cell: Any) -> bool:
    if isinstance(cell, str):
        return bool(re.fullmatch(r"-?\d{1,15}(\.0+)?|-?\d{1,18}|[1-8]\d{18}", cell))
    if isinstance(cell, float):
        return cell.is_integer() and abs(cell) < 2**63
    return isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) < 2**63


def _count(cell: Any) -> int:
    return int(cell.partition(".")[0]) if isinstance(cell, str) else int(cell)


def _from_texts(
    table: Table, column: str, texts: list[str], format: str, remark: Callable[[str], None]
) -> Times:
    different = dict.fromkeys(texts)
    fitting: dict[str, dict[str, Moment]] = {}
    forms = {format: by_format(format)} if format else FORMS
    for name, form in forms.items():
        found = {text: moment for text in different if (moment := form(text)) is not None}
        if len(found) > len(fitting.get(name, ())):
            fitting[name] = found
        if len(found) == len(different) and name not in (DAY_FIRST, "ISO 8601"):
            break
    best = max(fitting, key=lambda name: len(fitting[name]), default="")
    if not best or len(fitting[best]) < len(different):
        raise _misfit(table, column, texts, format, best, fitting.get(best, {}))
    if best == DAY_FIRST and len(fitting.get(MONTH_FIRST, ())) == len(different):
        best = _day_or_month_first(table, column, texts, fitting)
        remark(f"`{table.name}`, column `{column}`: dates like {texts[0]} are read as {best}")
    elif best in ("decimal month", "decimal year"):
        remark(
            f"`{table.name}`, column `{column}`: numbers like {texts[0]} are read as "
            + ("year and month" if best == "decimal month" else "years with a fraction")
        )
    return _times(table, column, texts, fitting[best])


def _misfit(
    table: Table,
    column: str,
    texts: list[str],
    format: str,
    best: str,
    found: dict[str, Moment],
) -> DataError:
    wrong = [row for row, text in enumerate(texts) if text not in found]
    row = wrong[0]
    shown = f"`{texts[row]}`" if texts[row] else "empty"
    example = f"`{format}`" if format else "`2024-01-31 13:00`"
    if found:
        example = f"`{next(iter(found))}`"
    more = f" ({len(wrong)} such rows)" if len(wrong) > 1 else ""
    return DataError(
        f"{table.at(row)}, column `{column}`: the time stamp is {shown}, expected one like "
        f"{example}{more}",
        hint="correct it, or name the format: `-o series.format=%d/%m/%Y`",
    )


def _day_or_month_first(
    table: Table, column: str, texts: list[str], fitting: dict[str, dict[str, Moment]]
) -> str:
    """The order in which dates like 1/2/2023 are at equal distances."""
    if all("." in text.split(" ")[0] for text in texts):
        return DAY_FIRST
    even = [
        name
        for name in (DAY_FIRST, MONTH_FIRST)
        if _is_even(np.array([m.wall for m in fitting[name].values()], "datetime64[us]"))
    ]
    if len(even) == 1:
        return even[0]
    raise DataError(
        f"`{table.name}`, column `{column}`: dates like {texts[0]} may have the day or the month "
        "first",
        hint="name the format: `-o series.format=%d/%m/%Y`, or `%m/%d/%Y`",
    )


def _is_even(stamps: Stamps) -> bool:
    """Whether stamps are at equal distances, in time or in months."""
    ordered = np.sort(stamps)
    months = np.diff(ordered.astype("datetime64[M]")).astype(np.int64)
    inside = ordered - ordered.astype("datetime64[M]")
    if (inside == inside[0]).all():
        return bool((months == months[:1]).all())
    steps = np.diff(ordered).astype(np.int64)
    return bool((steps == steps[:1]).all())


def _times(table: Table, column: str, texts: list[str], found: dict[str, Moment]) -> Times:
    walls = np.array([found[text].wall for text in texts], "datetime64[us]")
    ahead = [found[text].ahead for text in texts]
    if all(each is None for each in ahead):
        return Times(walls)
    if any(each is None for each in ahead):
        row = next(row for row, each in enumerate(ahead) if (each is None) != (ahead[0] is None))
        raise DataError(
            f"{table.at(row)}, column `{column}`: some time stamps have a time zone and some have "
            f"none, such as `{texts[row]}`",
            hint="write all of them the same way",
        )
    seconds = np.array(ahead, np.int64)
    return Times(np.asarray(walls - seconds.astype("timedelta64[s]")), seconds)
