"""Frequencies: the grid of time stamps, and its usual season."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnngen import UsageError
from rnngen_series.stamps import Stamps

Unit = Literal["step", "second", "working day", "month"]

DAY = 86_400
NAMES: dict[str, tuple[int, Unit]] = {
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


@dataclass(frozen=True)
class Frequency:
    """An interval between time stamps.

    Args:
        count: number of units.
        unit: seconds for intervals of constant length; working days; months; or plain step numbers.
        last: for months, whether stamps are the last days of months.
    """

    count: int
    unit: Unit
    last: bool = False

    @property
    def name(self) -> str:
        """The name that `parse` reads: `15min`, `1h`, `1M`."""
        for letters, (count, unit) in reversed(NAMES.items()):
            if unit == self.unit and self.count % count == 0:
                return f"{self.count // count}{letters}"
        raise AssertionError(self)

    @property
    def season(self) -> int:
        """Usual season in steps: a day, a week of days, a year of months or weeks."""
        if self.unit == "working day":
            return 5
        if self.unit == "month":
            return max(1, 12 // self.count)
        if self.unit == "step":
            return 1
        if self.count >= 7 * DAY:
            return max(1, round(365.25 * DAY / self.count))
        if self.count >= DAY:
            return max(1, 7 * DAY // self.count)
        return DAY // self.count if self.count >= 300 else max(1, 3600 // self.count)

    def positions(self, stamps: Stamps, origin: Any) -> NDArray[np.float64]:
        """Steps from the origin to each stamp; fractional where a stamp is off the grid."""
        if self.unit == "month":
            months = stamps.astype("datetime64[M]")
            distance = (months - origin.astype("datetime64[M]")).astype(np.int64)
            inside = stamps - months.astype("datetime64[s]")
            begun = origin - origin.astype("datetime64[M]").astype("datetime64[s]")
            end = (months + 1).astype("datetime64[s]") - stamps
            on_grid = end <= np.timedelta64(DAY, "s") if self.last else inside == begun
            return np.where(on_grid, distance / self.count, np.nan)
        if self.unit == "working day":
            days, first = stamps.astype("datetime64[D]"), origin.astype("datetime64[D]")
            distance = np.busday_count(first, days)
            on_grid = np.is_busday(days) & (stamps - days == origin - first)
            return np.where(on_grid, distance / self.count, np.nan)
        distances: NDArray[np.float64] = (stamps - origin).astype(np.int64) / self.count
        return distances

    def at(self, origin: Any, positions: NDArray[np.int64]) -> Stamps:
        """The stamps at the given numbers of steps after the origin."""
        steps = positions * self.count
        stamps: Stamps
        if self.unit == "month":
            month = origin.astype("datetime64[M]") + steps
            if self.last:
                time = origin - origin.astype("datetime64[D]").astype("datetime64[s]")
                stamps = (month + 1).astype("datetime64[D]").astype("datetime64[s]") - DAY + time
                return stamps
            inside = origin - origin.astype("datetime64[M]").astype("datetime64[s]")
            stamps = month.astype("datetime64[s]") + inside
            return stamps
        if self.unit == "working day":
            first = origin.astype("datetime64[D]")
            days = np.busday_offset(first, steps)
            stamps = days.astype("datetime64[s]") + (origin - first.astype("datetime64[s]"))
            return stamps
        stamps = origin + (steps if self.unit == "step" else steps.astype("timedelta64[s]"))
        return stamps


def parse(text: str) -> Frequency:
    """The frequency that a text such as `15min` names; UsageError if it is invalid."""
    match = re.fullmatch(r"(\d*)([A-Za-z]+)", text.strip())
    if match is None or match[2] not in NAMES or match[1] == "0":
        raise UsageError(
            f"`series.frequency` is `{text}`, expected a number and one of {', '.join(NAMES)}",
            hint="for example `15min`, `1h`, `1D`, `1M`",
        )
    count, unit = NAMES[match[2]]
    return Frequency(int(match[1] or 1) * count, unit)


def infer(stamps: Stamps) -> Frequency:
    """The coarsest grid that fits most of the increasing stamps: their commonest interval.

    Months where all stamps fall on the same day of the month, or on its last; working days where
    two weeks of days have no weekend.
    """
    if stamps.dtype.kind == "i":
        return Frequency(_commonest(np.diff(stamps)), "step")
    months = stamps.astype("datetime64[M]")
    inside = stamps - months.astype("datetime64[s]")
    last = (months + 1).astype("datetime64[s]") - stamps <= np.timedelta64(DAY, "s")
    distances = np.diff(months).astype(np.int64)
    if len(distances) and distances.min() > 0 and (last.all() or (inside == inside[0]).all()):
        return Frequency(_commonest(distances), "month", bool(last.all()))
    seconds = _commonest(np.diff(stamps).astype(np.int64))
    days = stamps.astype("datetime64[D]")
    two_weeks = stamps[-1] - stamps[0] >= np.timedelta64(14 * DAY, "s")
    if seconds == DAY and two_weeks and np.is_busday(days).all():
        return Frequency(1, "working day")
    return Frequency(seconds, "second")


def _commonest(distances: NDArray[Any]) -> int:
    if not len(distances):
        return 1
    values, counts = np.unique(distances, return_counts=True)
    return int(values[counts.argmax()])
