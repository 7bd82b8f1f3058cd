"""Whole numbers that are dates: 199001, 20240131, 2024031, and seconds since 1970."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

YEARS = (1000, 2999)
"""A column is read as years if all its numbers are in this range."""

NEAR = (1800, 2199)
"""Range of years accepted in dates written as one number."""

DAYS = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

EPOCHS = {
    "seconds": (10**8, 10**10, 1),
    "milliseconds": (10**11, 10**13, 10**3),
    "microseconds": (10**14, 10**16, 10**6),
    "nanoseconds": (10**17, 9 * 10**18, 10**9),
}
"""Units since 1970, told apart by size; each starts in 1973. Row counts are never so large."""


def _year(counts: Counts, digits: int) -> NDArray[np.bool_]:
    years = counts // 10**digits
    near: NDArray[np.bool_] = (years >= NEAR[0]) & (years <= NEAR[1])
    return near


def _month(counts: Counts) -> NDArray[np.bool_]:
    return _year(counts, 2) & _within(counts % 100, 12)


def _day(counts: Counts) -> NDArray[np.bool_]:
    years, months, days = counts // 10_000, counts // 100 % 100, counts % 100
    fits: NDArray[np.bool_] = _year(counts, 4) & _within(months, 12) & _within(days, 31)
    fits &= days <= DAYS[np.clip(months, 1, 12) - 1]
    leap = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    fits &= leap | (months != 2) | (days != 29)
    return fits


def _day_of_year(counts: Counts) -> NDArray[np.bool_]:
    return _year(counts, 3) & _within(counts % 1000, 366)


def _within(parts: Counts, most: int) -> NDArray[np.bool_]:
    return (parts >= 1) & (parts <= most)


FORMS: dict[str, Callable[[Counts], NDArray[np.bool_]]] = {
    "year and month": _month,
    "year, month and day": _day,
    "year and day of the year": _day_of_year,
}
"""Tests for dates of each form. The forms differ in digits, so at most one fits."""

OTHERS: dict[str, Callable[[Counts], NDArray[np.bool_]]] = {
    "year and quarter": lambda counts: _year(counts, 1) & _within(counts % 10, 4),
    "year and week": lambda counts: _year(counts, 2) & _within(counts % 100, 53),
    "year, month and day, with two digits for the year": lambda counts: (
        (counts >= 10_000)
        & (counts <= 999_999)
        & _within(counts // 100 % 100, 12)
        & _within(counts % 100, 31)
    ),
    "day, month and year": lambda counts: (
        _within(counts // 1_000_000, 31)
        & _within(counts // 10_000 % 100, 12)
        & (counts % 10_000 >= NEAR[0])
        & (counts % 10_000 <= NEAR[1])
    ),
}
"""Date forms that are recognised but not supported, so that they are not read as counts."""


def form_of(counts: Counts) -> str:
    """The form of most of the numbers: one of `FORMS`, `EPOCHS`, or `year`; empty for counts."""
    if not len(counts):
        return ""
    if YEARS[0] <= counts.min() and counts.max() <= YEARS[1]:
        return "year"
    for name, (low, high, _) in EPOCHS.items():
        if low <= counts.min() and counts.max() < high:
            return name
    for name, fits in FORMS.items():
        if 2 * fits(counts).sum() > len(counts):
            return name
    return ""


def other_form(counts: Counts) -> str:
    """The unsupported date form that all numbers have; empty where steps are even.

    Counts nearly always increase by the same number; dates jump at the end of a year.
    """
    steps = np.diff(np.unique(counts))
    if not len(steps) or (steps == steps[0]).all():
        return ""
    return next((name for name, fits in OTHERS.items() if fits(counts).all()), "")


def misfits(counts: Counts, form: str) -> NDArray[np.int64]:
    """Indices of numbers that don't fit the form: a day that does not exist."""
    if form in FORMS:
        return np.flatnonzero(~FORMS[form](counts))
    return np.zeros(0, np.int64)


def dates(counts: Counts, form: str) -> NDArray[Any]:
    """The numbers as datetime64[us]; all must fit the form. Nanoseconds are rounded."""
    found: NDArray[Any]
    if form in EPOCHS:
        per_second = EPOCHS[form][2]
        more = 10**6 // per_second
        found = (counts * more if more else (counts + 500) // 1000).astype("datetime64[us]")
        return found
    if form == "year":
        found = (counts - 1970).astype("datetime64[Y]").astype("datetime64[us]")
        return found
    digits = {"year and month": 2, "year, month and day": 4, "year and day of the year": 3}[form]
    years = (counts // 10**digits - 1970).astype("datetime64[Y]")
    if form == "year and day of the year":
        found = (years.astype("datetime64[D]") + (counts % 1000 - 1)).astype("datetime64[us]")
        return found
    months = counts % 100 if digits == 2 else counts // 100 % 100
    begins = years.astype("datetime64[M]") + (months - 1)
    days = 0 if digits == 2 else counts % 100 - 1
    found = (begins.astype("datetime64[D]") + days).astype("datetime64[us]")
    return found
