"""The frequency that time stamps of many series share, decided over the whole of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen_series.frequency import DAY, SECOND, Frequency, is_last_day
from rnngen_series.moments import Stamps

NEAR = 0.1
"""Distance from the grid, in steps, up to which a stamp is taken for one on it."""
NEAR_ENDS = 5
"""Days around the begin or end of a month in which its stamp may move, as for trading days."""
LEAST_FILLED = 0.25
"""Share of rows that a grid must have at least if it is finer than the commonest interval."""
MOST_NEAR = 0.8
"""Share of distances that must be alike for an interval that is none of them."""
MOST_MISSING = 0.1
"""Share of missing rows up to which a grid is plain; more is a question to the user."""


def infer(stamps: Stamps) -> Frequency:
    """The coarsest grid that fits most of the increasing stamps: their commonest interval.

    Months where all stamps fall on the same day of the month, or on its last, or within five days
    of its ends; working days where all are and some weekends are left out; hours of a part of the
    day where most of the rest is empty.
    """
    if stamps.dtype.kind == "i":
        return Frequency(_commonest(np.diff(stamps)), "step")
    stamps = stamps.astype("datetime64[us]")
    month = _months(stamps)
    if month is not None:
        return month
    plain = of_microseconds(_interval(np.diff(stamps).astype(np.int64)))
    if plain.microseconds > DAY * SECOND or len(stamps) < 3:
        return plain
    days = stamps.astype("datetime64[D]")
    left_out = np.diff(days).astype(np.int64) > np.busday_count(days[:-1], days[1:])
    weekends = len(stamps) >= 5 and bool(np.is_busday(days).all() and left_out.any())
    if plain.microseconds == DAY * SECOND:
        return Frequency(1, "working day") if weekends else plain
    return _opening_hours(stamps, plain, weekends) or plain


def shared(every: Sequence[Stamps]) -> Frequency | None:
    """The frequency of all series: of those inferred for one, that which most rows agree with.

    Of the inferred ones, one that all stamps are on the grid of is preferred.

    Args:
        every: increasing stamps of each series.

    Returns:
        None where no series has two stamps.
    """
    votes: Counter[Frequency] = Counter()
    known: dict[bytes, Frequency] = {}
    for stamps in every:
        if len(stamps) > 1:
            key = stamps.tobytes()
            if key not in known:
                known[key] = infer(stamps)
            votes[known[key]] += len(stamps) - 1
    ranked = [frequency for frequency, _ in votes.most_common()]
    if len(ranked) < 2:
        return ranked[0] if ranked else None
    different = {stamps.tobytes(): stamps for stamps in every}.values()
    for frequency in ranked:
        if all(np.isfinite(positions(stamps, frequency)).all() for stamps in different):
            return frequency
    return ranked[0]


def positions(stamps: Stamps, frequency: Frequency) -> NDArray[np.float64]:
    """Steps from the first stamp to each, NaN where one is off the grid.

    Stamps near the grid are on it: up to a tenth of a step, or five days at the ends of months.
    """
    origin = stamps[0]
    places = frequency.positions(stamps, origin)
    if frequency.unit == "step" or _whole(places).all():
        return np.where(_whole(places), places, np.nan)
    if frequency.unit == "month":
        return _near_month_ends(stamps, frequency)
    if frequency.unit in ("working day", "opening hours"):
        return np.where(_whole(places), places, np.nan)
    # Step by step, so that a clock that runs slowly stays on the grid.
    steps = np.diff(stamps.astype("datetime64[us]")).astype(np.int64) / frequency.microseconds
    whole = np.round(steps)
    walked = np.concatenate([[0.0], np.cumsum(whole)])
    odd = np.concatenate([[False], (np.abs(steps - whole) > 2 * NEAR) | (whole < 1)])
    straight = np.abs(places - np.round(places)) <= NEAR
    if straight.all() and (np.diff(np.round(places)) >= 1).all():
        return np.asarray(np.round(places))
    return np.where(odd, np.nan, walked)


def of_microseconds(count: int) -> Frequency:
    """The frequency of equal intervals."""
    if count % SECOND:
        return Frequency(count, "microsecond")
    return Frequency(count // SECOND, "second")


def _whole(places: NDArray[np.float64]) -> NDArray[np.bool_]:
    whole: NDArray[np.bool_] = places == np.round(places)
    return whole


def _months(stamps: Stamps) -> Frequency | None:
    months = stamps.astype("datetime64[M]")
    distances = np.diff(months).astype(np.int64)
    if not len(distances) or distances.min() < 1:
        return None
    last = is_last_day(stamps)
    inside = stamps - months.astype("datetime64[us]")
    if last.all() or (inside == inside[0]).all():
        return Frequency(_commonest(distances), "month", bool(last.all()))
    if len(stamps) < 4 or not _near_ends(stamps):
        return None
    return Frequency(_commonest(distances), "month", bool(_days_left(stamps)[0] < NEAR_ENDS))


def _days_left(stamps: Stamps) -> NDArray[np.int64]:
    """Days from each stamp to the last of its month."""
    end = (stamps.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1
    return np.asarray((end - stamps.astype("datetime64[D]")).astype(np.int64))


def _near_ends(stamps: Stamps) -> bool:
    begun = (stamps - stamps.astype("datetime64[M]")).astype(np.int64) // (DAY * SECOND)
    return bool((begun < NEAR_ENDS).all() or (_days_left(stamps) < NEAR_ENDS).all())


def _near_month_ends(stamps: Stamps, frequency: Frequency) -> NDArray[np.float64]:
    months = stamps.astype("datetime64[M]")
    places = (months - months[0]).astype(np.int64) / frequency.count
    fits = _near_ends(stamps) and _whole(places).all() and (np.diff(places) >= 1).all()
    if fits:
        return np.asarray(places)
    exact = frequency.positions(stamps, stamps[0])
    return np.where(_whole(exact), exact, np.nan)


def _interval(distances: NDArray[np.int64]) -> int:
    """The commonest distance; where they differ a little, the round number in their midst."""
    if not len(distances):
        return SECOND
    common = _commonest(distances)
    if (distances % common == 0).mean() < 1 - MOST_MISSING:
        finer = int(np.gcd.reduce(distances))
        if len(distances) >= LEAST_FILLED * distances.sum() / finer:
            return finer
    middle = int(np.median(distances))
    # Both are the usual distance, unless most rows are missing.
    near = np.abs(distances - middle) <= 2 * NEAR * middle
    if (distances == common).mean() > 0.75 or near.mean() < 0.5 or common < 0.5 * middle:
        return common
    for unit in (DAY * SECOND, 3600 * SECOND, 60 * SECOND, SECOND, 1000):
        whole = round(middle / unit) * unit
        # Not a round number from which all of them drift away.
        drift = abs(distances[near].mean() - whole)
        if whole and abs(whole - middle) <= 0.02 * middle and drift <= 0.002 * whole:
            return whole
    return max(1, round(float(distances[near].mean()))) if near.mean() > MOST_NEAR else common


def _opening_hours(stamps: Stamps, plain: Frequency, weekends: bool) -> Frequency | None:
    """The grid of a part of each day, where it explains why most rows are missing."""
    if plain.unit != "second" or DAY % plain.count:
        return None
    span = (stamps[-1] - stamps[0]).astype(np.int64) / plain.microseconds + 1
    if len(stamps) >= (1 - MOST_MISSING) * span:
        return None
    inside = (stamps - stamps.astype("datetime64[D]")).astype(np.int64)
    if (inside % SECOND).any():
        return None
    opens, closes = int(inside.min()) // SECOND, int(inside.max()) // SECOND
    slots = (closes - opens) // plain.count + 1
    if slots < 2 or slots * plain.count > DAY - plain.count:
        return None
    found = Frequency(plain.count, "opening hours", False, opens, slots, weekends)
    places = found.positions(stamps, stamps[0])
    if not _whole(places).all() or len(stamps) < (1 - MOST_MISSING) * (places[-1] + 1):
        return None
    return found


def _commonest(distances: NDArray[Any]) -> int:
    if not len(distances):
        return 1
    values, counts = np.unique(distances, return_counts=True)
    return int(values[counts.argmax()])
