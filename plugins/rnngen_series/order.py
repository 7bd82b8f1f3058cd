"""Rows of one series in order of time: odd stamps are named, equal ones merged as asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rnngen import DataError
from rnngen_series.moments import Stamps, show, show_local
from rnngen_series.table import Table

Duplicates = Literal["refuse", "first", "last", "mean", "sum"]
FAR = 10
"""A stamp is odd that is this many times as far from the others as they are from each other."""
MOST_FAR = 0.02
"""Share of rows that may be odd."""


@dataclass(frozen=True)
class Rows:
    """Rows of one series in increasing order of time.

    Args:
        name: the series.
        groups: rows of the table for each stamp; several where stamps are equal.
        stamps: increasing.
    """

    name: str
    groups: list[list[int]]
    stamps: Stamps

    @property
    def first(self) -> list[int]:
        """The first row of each stamp."""
        return [group[0] for group in self.groups]


def in_order(
    table: Table,
    stamps: Stamps,
    rows: list[int],
    name: str,
    *,
    zone: str,
    sort: bool,
    duplicates: Duplicates,
    hint: str,
) -> Rows:
    """Rows of a series by time.

    Args:
        table: the file.
        stamps: of all rows of the table.
        rows: those of the series.
        name: the series; empty if there is one.
        zone: shown in messages.
        sort: whether rows may be in any order.
        duplicates: what becomes of rows with equal stamps.
        hint: what else may be the matter where rows are not in order.

    Raises:
        DataError: rows are not in order, or stamps are equal; names the row.
    """
    own = stamps[rows]
    if len(own) > 2 and not sort and (np.diff(own.astype(np.int64)) < 0).all():
        rows, own = rows[::-1], own[::-1]  # newest first
    of = f" of series `{name}`" if name else ""
    if not sort:
        _check_order(table, own, rows, of, zone, hint)
    order = np.argsort(own, kind="stable")
    groups: list[list[int]] = []
    for place in order:
        row = rows[place]
        if groups and stamps[groups[-1][0]] == own[place]:
            groups[-1].append(row)
        else:
            groups.append([row])
    made = Rows(name, groups, stamps[[group[0] for group in groups]])
    if own.dtype.kind == "M":
        _check_far(table, made, of, zone)
    if duplicates == "refuse":
        _check_equal(table, made, of, zone, hint)
    return made


def without_copies(table: Table, stamps: Stamps, remark: Callable[[str], None]) -> list[int]:
    """All rows but those that repeat an earlier one, cell by cell."""
    if len(np.unique(stamps)) == len(stamps):
        return list(range(len(stamps)))
    seen: set[tuple[object, ...]] = set()
    kept = []
    for row, cells in enumerate(table.rows):
        key = tuple(cells)
        if key not in seen:
            seen.add(key)
            kept.append(row)
    count = len(table.rows) - len(kept)
    if count:
        remark(
            f"`{table.name}`: {count} row{'s repeat' if count > 1 else ' repeats'} another, cell "
            f"by cell, and {'are' if count > 1 else 'is'} left out"
        )
    return kept


def _check_order(table: Table, own: Stamps, rows: list[int], of: str, zone: str, hint: str) -> None:
    steps = np.diff(own.astype(np.int64))
    back = np.flatnonzero(steps < 0)
    if not len(back):
        return
    place = int(back[0])
    # One stamp too late or too early, between two that are in order.
    odd = [
        each
        for each in (place, place + 1)
        if len(back) == 1
        and 0 < each < len(own) - 1
        and own[each - 1] < own[each + 1]
        and not own[each - 1] <= own[each] <= own[each + 1]
    ]
    if len(odd) == 1:
        before, stamp, after = show_local(own[odd[0] - 1 : odd[0] + 2], zone)
        raise DataError(
            f"{table.at(rows[odd[0]])}: the time stamp {stamp}{of} stands between {before} and "
            f"{after}",
            hint="correct it; if it is right, sort the rows: `-o series.sort=true`",
        )
    if len(back) == 1 and place == 0 and own[0] > own[-1] and len(own) > 3:
        first, after, last = show_local(own[[0, 1, -1]], zone)
        raise DataError(
            f"{table.at(rows[0])}: the time stamp {first}{of} comes before {after}, and is later "
            f"than the last, {last}",
            hint="correct it; if it is right, sort the rows: `-o series.sort=true`",
        )
    earlier, stamp = show_local(own[place : place + 2], zone)
    raise DataError(
        f"{table.at(rows[place + 1])}: the time stamp {stamp}{of} comes after {earlier}",
        hint=hint or "sort the rows by time, or use `-o series.sort=true`",
    )


def _check_far(table: Table, rows: Rows, of: str, zone: str) -> None:
    """Raises DataError for a few stamps that are far from all others, as a mistyped year."""
    count = len(rows.stamps)
    if count < 5:
        return
    steps = np.diff(rows.stamps).astype(np.int64)
    place = int(steps.argmax())
    gap = int(steps[place])
    span = int((rows.stamps[-1] - rows.stamps[0]).astype(np.int64)) - gap
    few = max(1, int(MOST_FAR * count))
    odd = (
        range(place + 1, count)
        if count - place - 1 <= few
        else range(place + 1)
        if place + 1 <= few
        else None
    )
    if odd is None or gap <= FAR * span:
        return
    row, stamp = rows.groups[odd[0]][0], rows.stamps[odd[0]]
    others = rows.stamps[: odd[0]] if odd[0] else rows.stamps[odd[-1] + 1 :]
    first, last = show_local(others[[0, -1]], zone)
    raise DataError(
        f"{table.at(row)}: the time stamp {show(stamp)}{of} is far from all others, which are from "
        f"{first} to {last}",
        hint="correct it, or delete the row",
    )


def _check_equal(table: Table, rows: Rows, of: str, zone: str, hint: str) -> None:
    twice = [group for group in rows.groups if len(group) > 1]
    if not twice:
        return
    group = twice[0]
    place = rows.first.index(group[0])
    (stamp,) = show_local(rows.stamps[place : place + 1], zone)
    more = sum(len(each) - 1 for each in twice)
    raise DataError(
        f"{table.at(group[1])}: the time stamp {stamp}{of} appears twice, also in row "
        f"{table.numbers[group[0]]}" + (f" ({more} such rows)" if more > 1 else ""),
        hint=hint
        or "say what to do with such rows: `-o series.duplicates=last` (or `first`, `mean`, `sum`)"
        + ("" if of else "; or if there are several series, name them: `-o series.id=...`"),
    )


def merged(values: NDArray[np.float64], rows: Rows, duplicates: Duplicates) -> NDArray[np.float64]:
    """One number for each stamp; values are in order of `rows.groups`, row by row."""
    if len(values) == len(rows.groups):
        return values
    ends = np.cumsum([len(group) for group in rows.groups])
    made = np.full(len(rows.groups), np.nan)
    for place, part in enumerate(np.split(values, ends[:-1])):
        seen = part[np.isfinite(part)]
        if len(seen):
            made[place] = {
                "first": seen[0],
                "last": seen[-1],
                "mean": seen.mean(),
                "sum": seen.sum(),
            }.get(duplicates, seen[-1])
    return made
