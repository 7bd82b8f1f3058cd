"""The forms that dates are written in: texts as moments.

A form is a function from a text to a `Moment`, or to None where the text is not of this form.
A column is read in one form (`rnngen_series.stamps`), so that `1/2/2023` is the same in all rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ),
        1,
    )
    for name in names.split()
}

ZONE = r"(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?(?::\d\d)?)"
TIME = (
    r"(?:[T ]\s*(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d)"
    r"(?:[.,](?P<part>\d+))?)?|(?=\s*[AaPpZ+]))\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*" + ZONE + r"?)?"
)
"""A time of day with an optional distance from UTC, after a date."""

NAME = r"(?P<name>[A-Za-z]{3,9})\.?"
WEEKDAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\s+)?"
YEAR = r"(?P<year>\d{4}|\d\d)"


class Moment(NamedTuple):
    """A time as it is written.

    Args:
        wall: local time, or UTC where nothing says what time it is.
        ahead: seconds that it is ahead of UTC; None where the text does not say.
    """

    wall: datetime
    ahead: int | None = None


Form = Callable[[str], Moment | None]


def _matched(pattern: str) -> Form:
    compiled = re.compile(pattern + TIME)

    def read(text: str) -> Moment | None:
        match = compiled.fullmatch(text)
        if match is None:
            return None
        try:
            return _moment(match)
        except (ValueError, OverflowError):
            return None

    return read


def _moment(match: re.Match[str]) -> Moment | None:
    got = match.groupdict()
    year = int(got["year"])
    if len(got["year"]) == 2:
        year += 1900 if year >= 69 else 2000
    month = int(got.get("month") or 1)
    if got.get("name"):
        found = MONTHS.get(got["name"].lower())
        if found is None:
            return None
        month = found
    if got.get("quarter"):
        month = 3 * int(got["quarter"]) - 2
    day = date(year, month, int(got.get("day") or 1))
    if got.get("week"):
        day = date.fromisocalendar(year, int(got["week"]), int(got.get("weekday") or 1))
    return Moment(datetime(day.year, day.month, day.day) + _time(got), _ahead(got["zone"]))


def _time(got: dict[str, str | None]) -> timedelta:
    hour, minute, second = (int(got[name] or 0) for name in ("hour", "minute", "second"))
    half = (got["half"] or "").lower()[:1]
    if half:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + 12 * (half == "p")
    part = round(float(f"0.{got['part'] or 0}") * 1_000_000)
    # 24:00 is the end of a day.
    if minute > 59 or second > 59 or hour > 24 or (hour == 24 and (minute or second or part)):
        raise ValueError
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=part)


def _ahead(zone: str | None) -> int | None:
    if not zone:
        return None
    if zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "").ljust(6, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:])
    if seconds >= 86_400:
        raise ValueError
    return -seconds if zone[0] == "-" else seconds


def _decimal_year(text: str) -> Moment | None:
    match = re.fullmatch(r"(1[5-9]\d\d|2[0-2]\d\d)(\.\d*)?", text)
    return decimal_year(float(text)) if match else None


def decimal_year(value: float) -> Moment:
    """The month or day that a decimal year such as 1990.0833 is nearest to.

    Months are counted from their begin (1990.0833 is February) or their middle (1990.042 is
    January), as most tables do.
    """
    year, part = int(value), value - int(value)
    for shift in (0.0, 0.5):
        months = 12 * part - shift
        if abs(months - round(months)) < 0.08 and round(months) >= 0:
            carried, month = divmod(round(months), 12)
            return Moment(datetime(year + carried, month + 1, 1))
    begin = datetime(year, 1, 1)
    length = (datetime(year + 1, 1, 1) - begin).days
    days = part * length
    if abs(days - round(days)) < 0.02:
        return Moment(begin + timedelta(days=round(days)))
    return Moment(begin + timedelta(seconds=round(days * 86_400)))


def _dotted_month(text: str) -> Moment | None:
    """1871.01 to 1871.12, where a last zero may be lost: 1871.1 is October."""
    match = re.fullmatch(r"(1[5-9]\d\d|2[0-2]\d\d)\.(0[1-9]|1[0-2]?)", text)
    if match is None:
        return None
    return Moment(datetime(int(match[1]), int(match[2].ljust(2, "0")), 1))


def _seconds(text: str) -> Moment | None:
    """Seconds since 1970 with a decimal point."""
    match = re.fullmatch(r"(\d{9,10})\.(\d+)", text)
    if match is None:
        return None
    part = round(float(f"0.{match[2]}") * 1_000_000)
    return Moment(datetime(1970, 1, 1) + timedelta(seconds=int(match[1]), microseconds=part))


def _iso(text: str) -> Moment | None:
    """What the standard library knows besides: `20230101T120000`, `2023W05`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return Moment(moment)
    ahead = moment.utcoffset() or timedelta(0)
    return Moment(moment.replace(tzinfo=None), round(ahead.total_seconds()))


FORMS: dict[str, Form] = {
    "year-month-day": _matched(r"(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})"),
    "year-month": _matched(r"(?P<year>\d{4})(?:[-/: ]|-?M)(?P<month>\d{1,2})"),
    "year": _matched(r"(?P<year>\d{4})"),
    "quarter": _matched(r"(?P<year>\d{4})[-:/. ]?[Qq](?P<quarter>[1-4])"),
    "quarter first": _matched(r"[Qq](?P<quarter>[1-4])[-:/. ]?(?P<year>\d{4}|\d\d)"),
    "week": _matched(r"(?P<year>\d{4})-?W(?P<week>\d\d?)(?:-?(?P<weekday>[1-7]))?"),
    "day month-name year": _matched(
        WEEKDAY + r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[-/. ]?\s*" + NAME + r"[-/, ]?\s*" + YEAR
    ),
    "month-name day year": _matched(
        WEEKDAY + NAME + r"[-/. ]\s*(?P<day>\d{1,2})(?:st|nd|rd|th)?,?[-/ ]\s*(?P<year>\d{4})"
    ),
    "month-name year": _matched(NAME + r"[-/., ']?\s*" + YEAR),
    "year month-name": _matched(r"(?P<year>\d{4})[-/ ]?" + NAME + r"(?:[-/ ](?P<day>\d{1,2}))?"),
    "decimal month": _dotted_month,
    "decimal year": _decimal_year,
    "day/month/year": _matched(r"(?P<day>\d{1,2})([-/.])(?P<month>\d{1,2})\2(?P<year>\d{4}|\d\d)"),
    "month/day/year": _matched(r"(?P<month>\d{1,2})([-/.])(?P<day>\d{1,2})\2(?P<year>\d{4}|\d\d)"),
    "month/year": _matched(r"(?P<month>\d{1,2})[-/.](?P<year>\d{4})"),
    "seconds": _seconds,
    "ISO 8601": _iso,
}
"""Forms in the order in which they are tried."""

DAY_FIRST, MONTH_FIRST = "day/month/year", "month/day/year"


def by_format(format: str) -> Form:
    """The form of a format as in `datetime.strptime`."""

    def read(text: str) -> Moment | None:
        try:
            moment = datetime.strptime(text, format)
        except ValueError:
            return None
        if moment.tzinfo is None:
            return Moment(moment)
        ahead = moment.utcoffset() or timedelta(0)
        return Moment(moment.replace(tzinfo=None), round(ahead.total_seconds()))

    return read
