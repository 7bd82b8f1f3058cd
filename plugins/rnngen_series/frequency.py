"""Frequencies: the grid of time stamps, and its usual season."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnngen import UsageError
from rnngen_series.moments import Stamps

Unit = Literal["step", "microsecond", "second", "working day", "month", "opening hours"]

SECOND = 1_000_000
"""Microseconds in a second."""
DAY = 86_400
NAMES: dict[str, tuple[int, Unit]] = {
    "us": (1, "microsecond"),
    "ms": (1000, "microsecond"),
    "s": (1, "second"),
    "min": (60, "second"),
    "h": (3600, "second"),
    "D": (DAY, "second"),
    "W": (7 * DAY, "second"),
    "B": (1, "working day"),
    "M": (1, "month"),
    "Q": (3, "month"),
    "Y": (12, "month"),
    "step": (1, "step"),
}
"""Unit letters of a frequency, the longest of each kind last."""

ALIASES = {
    **dict.fromkeys(("L", "milli"), "ms"),
    "U": "us",
    **dict.fromkeys(("S", "sec"), "s"),
    **dict.fromkeys(("T", "m"), "min"),
    **dict.fromkeys(("H", "hourly"), "h"),
    **dict.fromkeys(("d", "daily"), "D"),
    "weekly": "W",
    **dict.fromkeys(("MS", "ME", "BM", "BME", "BMS", "monthly"), "M"),
    **dict.fromkeys(("QS", "QE", "BQ", "BQE", "BQS", "quarterly"), "Q"),
    **dict.fromkeys(("YS", "YE", "A", "AS", "BA", "BY", "BYE", "BYS", "yearly"), "Y"),
}
"""Other spellings, most of them of pandas; the day after which a week or year ends is dropped."""

HOURS = re.compile(r"(\S+) (\d\d):(\d\d)-(\d\d):(\d\d)( B)?")
"""Opening hours: the interval, the first and the last stamp of a day, and `B` for working days."""


@dataclass(frozen=True)
class Frequency:
    """An interval between time stamps.

    Args:
        count: number of units; seconds for opening hours.
        unit: intervals of constant length; working days; months; hours of a part of each day; or
            plain step numbers.
        last: for months, whether stamps are the last days of months.
        opens: for opening hours, the second of the day of the first stamp.
        slots: for opening hours, stamps per day.
        weekdays: for opening hours, whether there are none on weekends.
    """

    count: int
    unit: Unit
    last: bool = False
    opens: int = 0
    slots: int = 0
    weekdays: bool = False

    @property
    def name(self) -> str:
        """The name that `parse` reads: `15min`, `1h`, `1M`, `1h 09:00-17:00 B`."""
        if self.unit == "opening hours":
            closes = self.opens + (self.slots - 1) * self.count
            days = " B" if self.weekdays else ""
            every = Frequency(self.count, "second").name
            return f"{every} {_clock(self.opens)}-{_clock(closes)}{days}"
        for letters, (count, unit) in reversed(NAMES.items()):
            if unit == self.unit and self.count % count == 0:
                return f"{self.count // count}{letters}"
        raise AssertionError(self)

    @property
    def season(self) -> int:
        """Usual season in steps: a day, a week of days, a year of months or weeks."""
        if self.unit == "opening hours":
            return self.slots
        if self.unit == "working day":
            return 5
        if self.unit == "month":
            return max(1, 12 // self.count)
        if self.unit in ("step", "microsecond"):
            return 1
        if self.count >= 7 * DAY:
            return max(1, round(365.25 * DAY / self.count))
        if self.count >= DAY:
            return max(1, 7 * DAY // self.count)
        return DAY // self.count if self.count >= 300 else max(1, 3600 // self.count)

    @property
    def dated(self) -> bool:
        """Whether stamps are dates, not step numbers."""
        return self.unit != "step"

    @property
    def microseconds(self) -> int:
        """Length of a step; the usual one where lengths differ, 0 for step numbers."""
        if self.unit == "step":
            return 0
        if self.unit == "microsecond":
            return self.count
        if self.unit == "month":
            return round(self.count * 365.2425 / 12 * DAY) * SECOND
        return (self.count * DAY if self.unit == "working day" else self.count) * SECOND

    def same(self, other: Frequency) -> bool:
        """Whether steps are the same, wherever in a month or day they begin."""
        return (self.count, self.unit) == (other.count, other.unit)

    def positions(self, stamps: Stamps, origin: Any) -> NDArray[np.float64]:
        """Steps from the origin to each stamp; fractional or NaN where a stamp is off the grid."""
        if self.unit == "step":
            return np.asarray((stamps - origin).astype(np.int64) / self.count)
        stamps = stamps.astype("datetime64[us]")
        origin = origin.astype("datetime64[us]")
        days, first = stamps.astype("datetime64[D]"), origin.astype("datetime64[D]")
        if self.unit == "month":
            months = stamps.astype("datetime64[M]")
            distance = (months - origin.astype("datetime64[M]")).astype(np.int64)
            inside = stamps - months.astype("datetime64[us]")
            begun = origin - origin.astype("datetime64[M]").astype("datetime64[us]")
            on_grid = is_last_day(stamps) if self.last else inside == begun
            return np.where(on_grid, distance / self.count, np.nan)
        if self.unit == "working day":
            distance = np.busday_count(first, days)
            on_grid = np.is_busday(days) & (stamps - days == origin - first)
            return np.where(on_grid, distance / self.count, np.nan)
        if self.unit == "opening hours":
            every = np.append(days, first)
            distance = np.busday_count(first, every) if self.weekdays else every - first
            inside = (np.append(stamps, origin) - every).astype(np.int64) / SECOND
            slots = (inside - self.opens) / self.count
            on_grid = (slots >= 0) & (slots < self.slots)
            on_grid &= np.is_busday(every) | (not self.weekdays)
            places = distance.astype(np.int64) * self.slots + np.where(on_grid, slots, np.nan)
            return np.asarray(places[:-1] - places[-1], np.float64)
        return np.asarray((stamps - origin).astype(np.int64) / self.microseconds)

    def at(self, origin: Any, positions: NDArray[np.int64]) -> Stamps:
        """The stamps at the given numbers of steps after the origin."""
        if self.unit == "step":
            return np.asarray(origin + positions * self.count)
        stamps = self._moments(origin.astype("datetime64[us]"), positions)
        whole = self.unit != "microsecond" and origin == origin.astype("datetime64[s]")
        return stamps.astype("datetime64[s]") if whole else stamps

    def _moments(self, origin: Any, positions: NDArray[np.int64]) -> Stamps:
        steps = positions * self.count
        first = origin.astype("datetime64[D]")
        time = origin - first
        if self.unit == "month":
            month = origin.astype("datetime64[M]") + steps
            if self.last:
                return np.asarray((month + 1).astype("datetime64[D]") - 1 + time)
            return np.asarray(month + (origin - origin.astype("datetime64[M]")))
        if self.unit == "working day":
            return np.asarray(np.busday_offset(first, steps) + time)
        if self.unit == "opening hours":
            slots = positions + (int(time.astype(np.int64)) // SECOND - self.opens) // self.count
            days, inside = slots // self.slots, slots % self.slots
            begun = np.busday_offset(first, days) if self.weekdays else first + days
            return np.asarray(begun + (self.opens + inside * self.count).astype("timedelta64[s]"))
        return np.asarray(origin + (positions * self.microseconds).astype("timedelta64[us]"))


def is_last_day(stamps: Stamps) -> NDArray[np.bool_]:
    """Whether each stamp is on the last day of its month."""
    days = stamps.astype("datetime64[D]") + 1
    last: NDArray[np.bool_] = days == days.astype("datetime64[M]")
    return last


def parse(text: str) -> Frequency:
    """The frequency that a text such as `15min` names; UsageError if it is invalid."""
    hours = HOURS.fullmatch(text.strip())
    if hours:
        return _opening_hours(text, hours)
    match = re.fullmatch(r"(\d*)([A-Za-z]+)(-[A-Z]{3})?", text.strip())
    letters = ALIASES.get(match[2], match[2]) if match else ""
    if match is None or letters not in NAMES or not int(match[1] or 1):
        raise UsageError(
            f"`series.frequency` is `{text}`, expected a number and one of {', '.join(NAMES)}",
            hint="for example `15min`, `1h`, `1D`, `1M`",
        )
    count, unit = NAMES[letters]
    return Frequency(int(match[1] or 1) * count, unit)


def _opening_hours(text: str, match: re.Match[str]) -> Frequency:
    every = parse(match[1])
    opens = 3600 * int(match[2]) + 60 * int(match[3])
    open_for = 3600 * int(match[4]) + 60 * int(match[5]) - opens
    if every.unit != "second" or open_for % every.count or not 0 < open_for < DAY - opens:
        raise UsageError(
            f"`series.frequency` is `{text}`: the interval does not lead from the first to the "
            "last stamp of a day",
            hint="for example `1h 09:00-17:00 B`",
        )
    slots = open_for // every.count + 1
    return Frequency(every.count, "opening hours", False, opens, slots, bool(match[6]))


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}"
