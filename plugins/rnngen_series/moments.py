"""Time stamps as arrays, in readable form, and in local time."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from rnngen import UsageError

Stamps = NDArray[Any]
"""`[n]` datetime64[us] or [s], or int64 where time is counted in steps."""

USUAL_ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "Europe/Athens",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Halifax",
    "Australia/Sydney",
    "Australia/Adelaide",
    "Pacific/Auckland",
    "America/Santiago",
)
"""Zones with two hours of the day in a year, of which the first that fits is taken."""


def show(stamp: Any) -> str:
    """A time stamp in readable form, without the time if it is midnight."""
    text = str(stamp)
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.removesuffix("T00:00:00").replace("T", " ")


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo:
    """The time zone named `Europe/Berlin`, `UTC` or `+02:00`; UsageError if there is none."""
    offset = re.fullmatch(r"([+-])(\d\d):?(\d\d)(?::?(\d\d))?", name)
    if offset:
        seconds = 3600 * int(offset[2]) + 60 * int(offset[3]) + int(offset[4] or 0)
        if seconds < 86_400:
            return timezone(timedelta(seconds=-seconds if offset[1] == "-" else seconds))
    if name.upper() in ("UTC", "Z", "GMT"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"there is no time zone `{name}`",
            hint="name one of the tz database, such as `Europe/Berlin`, or an offset: `+02:00`",
        ) from None


def offsets(instants: Stamps, zone: str) -> NDArray[np.int64]:
    """Seconds that local time is ahead of UTC at each instant."""
    where = zone_of(zone)
    if isinstance(where, timezone):
        fixed = where.utcoffset(None)
        return np.full(len(instants), round(fixed.total_seconds()), np.int64)
    # Zones change on whole quarter hours.
    quarters, back = np.unique(
        instants.astype("datetime64[s]").astype(np.int64) // 900, return_inverse=True
    )
    found = [_offset(int(quarter) * 900, where) for quarter in quarters]
    return np.array(found, np.int64)[back] if found else np.zeros(0, np.int64)


def local(instants: Stamps, zone: str) -> Stamps:
    """Local time at each instant; the instants themselves where there is no zone."""
    if not zone:
        return instants
    return np.asarray(instants + offsets(instants, zone).astype("timedelta64[s]"))


def show_local(instants: Stamps, zone: str) -> list[str]:
    """Local time in readable form, with its distance from UTC where there is a zone."""
    if not zone:
        return [show(stamp) for stamp in instants]
    ahead = offsets(instants, zone)
    walls = instants + ahead.astype("timedelta64[s]")
    return [
        _with_time(show(wall)) + _offset_text(int(seconds))
        for wall, seconds in zip(walls, ahead, strict=True)
    ]


def instants_of(walls: Stamps, zone: str) -> Stamps:
    """Instants of local times in file order; the second of equal hours is the later one."""
    where = zone_of(zone)
    found = np.empty(len(walls), "datetime64[us]")
    last = None
    for place, wall in enumerate(walls.astype("datetime64[us]")):
        moment = wall.astype(datetime)
        early, late = (
            wall - np.timedelta64(_seconds(moment.replace(fold=fold), where), "s")
            for fold in (0, 1)
        )
        found[place] = late if last is not None and early <= last < late else early
        last = found[place]
    return found


def zone_that_fits(instants: Stamps, ahead: NDArray[np.int64]) -> str:
    """The zone that has these distances from UTC: an offset, or a usual zone; empty if none."""
    if len(np.unique(ahead)) == 1:
        return _offset_text(int(ahead[0]))
    changes = np.flatnonzero(np.diff(ahead))
    places = np.unique(np.concatenate([changes, changes + 1, [0, len(ahead) - 1]]))
    for name in USUAL_ZONES:
        with suppress(UsageError):  # the system may have no tz database
            if (offsets(instants[places], name) == ahead[places]).all():
                return name
    return ""


def _with_time(text: str) -> str:
    return text if " " in text else f"{text} 00:00:00"


def _offset_text(seconds: int) -> str:
    size = abs(seconds)
    text = f"{'-' if seconds < 0 else '+'}{size // 3600:02}:{size // 60 % 60:02}"
    return text + (f":{size % 60:02}" if size % 60 else "")


def _seconds(moment: datetime, zone: tzinfo) -> int:
    found = zone.utcoffset(moment)
    return round(found.total_seconds()) if found is not None else 0


def _offset(second: int, zone: tzinfo) -> int:
    try:
        moment = (datetime(1970, 1, 1) + timedelta(seconds=second)).replace(tzinfo=UTC)
        return _seconds(moment.astimezone(zone), zone)
    except OverflowError:
        return 0
