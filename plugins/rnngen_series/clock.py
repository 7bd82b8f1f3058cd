"""Whether a series goes by instants or by local time, where the file tells them apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rnngen_series.frequency import SECOND
from rnngen_series.moments import (
    Stamps,
    instants_of,
    offsets,
    show_local,
    zone_that_fits,
)
from rnngen_series.stamps import Times
from rnngen_series.table import Table

AUTUMN = (2, 4, 9, 10, 11)
"""Months in which clocks are put back, in the south from February to April."""


def settled(
    table: Table, times: Times, rows: list[int], zone: str, remark: Callable[[str], None]
) -> tuple[Stamps, str]:
    """The stamps that are at even distances, and the time zone to show them in.

    Hours are even as instants, whatever the clocks do; days and longer steps by local time.

    Args:
        table: the file.
        times: of all its rows.
        rows: those of one series.
        zone: as the user named it; local times without a distance from UTC are in it.
        remark: told where the zone can't be found out.

    Returns:
        stamps of all rows of the table, of which those of the series count; and the zone, empty
        where they are local.
    """
    if not times.dated or (times.ahead is None and not zone):
        return times.stamps, ""
    walls = times.walls
    if _is_daily(walls[rows]):
        return walls, ""
    found = times.stamps.copy()
    if times.ahead is None:
        found[rows] = instants_of(walls[rows], zone)
        ahead = offsets(found[rows], zone)
    else:
        ahead = times.ahead[rows]
    if _evenness(walls[rows]) > _evenness(found[rows]):
        return walls, ""
    zone = zone or times.zone
    if not zone:
        order = np.argsort(found[rows])
        zone = zone_that_fits(found[rows][order], ahead[order])
    if not zone:
        zone = zone_that_fits(found[rows][-1:], ahead[-1:])
        (last,) = show_local(found[rows][-1:], zone)
        remark(
            f"`{table.name}`: the time zone is not clear, times are shown as in {last}; name it "
            "with `-o series.zone=...`"
        )
    return found, zone


def goes_back(stamps: Stamps) -> bool:
    """Whether up to three hours of a night are there twice, as where clocks are put back."""
    if stamps.dtype.kind != "M" or len(stamps) < 3:
        return False
    steps = np.diff(stamps).astype(np.int64)
    back = np.flatnonzero(steps <= 0)
    if not len(back) or len(back) > 1 + len(stamps) // 1000:
        return False
    nights = stamps[back + 1]
    hours = (nights - nights.astype("datetime64[D]")).astype(np.int64) // (3600 * SECOND)
    months = nights.astype("datetime64[M]").astype(np.int64) % 12 + 1
    sundays = (nights.astype("datetime64[D]").astype(np.int64) + 4) % 7 == 0
    return bool(
        (steps[back] > -2 * 3600 * SECOND).all()
        and np.isin(months, AUTUMN).all()
        and (hours <= 3).all()
        and sundays.all()
    )


def _is_daily(stamps: Stamps) -> bool:
    inside = (stamps - stamps.astype("datetime64[D]")).astype(np.int64)
    return bool((inside == inside[0]).all())


def _evenness(stamps: Stamps) -> float:
    """Share of steps that are multiples of the commonest."""
    steps = np.abs(np.diff(stamps).astype(np.int64))
    steps = steps[steps > 0]
    if not len(steps):
        return 0.0
    values, counts = np.unique(steps, return_counts=True)
    return float((steps % values[counts.argmax()] == 0).mean())
