"""From stamps to a grid: the frequency of all series, and what it leaves empty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen import DataError, UsageError
from rnngen_series.frequency import Frequency, parse
from rnngen_series.infer import MOST_MISSING, NEAR, infer, positions, shared
from rnngen_series.moments import show, show_local
from rnngen_series.pieces import Piece

MOST_STEPS = 50_000_000
"""Most steps in one series, gaps filled; more points to a wrong time stamp."""
FEW = 3
"""Missing rows that are never a question."""


@dataclass(frozen=True)
class Placed:
    """Positions of a piece's stamps on the grid.

    Args:
        piece: the piece.
        places: `[n]`, increasing from 0.
        missing: steps without a row.
    """

    piece: Piece
    places: NDArray[np.int64]

    @property
    def missing(self) -> int:
        """Steps between the first and the last row that have none."""
        return int(self.places[-1]) + 1 - len(self.places)


def frequency_of(
    pieces: Sequence[Piece], named: str, required: Frequency | None
) -> tuple[Frequency, bool]:
    """The frequency of all pieces, and whether the user or the model has decided it.

    Args:
        pieces: all of them.
        named: `series.frequency`; empty if it is to be inferred.
        required: the model's.

    Raises:
        DataError: it is not the model's, or there is only one row.
        UsageError: the user named one that does not fit to the kind of time stamps.
    """
    dated = pieces[0].stamps.dtype.kind == "M"
    own = shared([piece.stamps for piece in pieces])
    if required is not None:
        return _as_required(pieces, own, required), True
    if named and dated:
        chosen = parse(named)
        if chosen.unit == "step":
            raise UsageError(
                f"`series.frequency` is `{named}`, but the time stamps are dates",
                hint="name a frequency such as `1h` or `1D`, or leave the option out",
            )
        last = own is not None and own.unit == "month" and own.last
        return replace(chosen, last=last and chosen.unit == "month"), True
    if own is None:
        return Frequency(1, "second" if dated else "step"), False
    return own, not own.dated


def _as_required(pieces: Sequence[Piece], own: Frequency | None, required: Frequency) -> Frequency:
    first = pieces[0]
    dated = first.stamps.dtype.kind == "M"
    if required.dated and not dated:
        raise DataError(
            f"{first.at(0)}: the model has a value every {required.name}, but the time stamps are "
            + ("numbers" if first.time else "missing: no column has dates"),
            hint="give the column with dates the name that it had in training",
        )
    if not required.dated:
        if not dated:
            return required
        raise DataError(
            f"{first.at(0)}: the model counts steps, for it was trained without time stamps, but "
            f"these are dates, such as {show(first.stamps[0])}",
            hint="leave the column out, or train a model with time stamps",
        )
    if own is None or own.same(required):
        return own or required
    found = [positions(piece.stamps, required) for piece in pieces]
    if all(np.isfinite(places).all() for places in found):
        rows = sum(len(places) for places in found)
        steps = sum(places[-1] + 1 for places in found)
        clean = [positions(piece.stamps, own) for piece in pieces]
        whole = all(np.isfinite(places).all() for places in clean)
        grid = sum(places[-1] + 1 for places in clean) if whole else np.inf
        if rows >= (1 - MOST_MISSING) * steps or rows < (1 - MOST_MISSING) * grid:
            return required
    raise DataError(
        f"{first.at(0)}: there is a row every {own.name}, but the model has a value every "
        f"{required.name}",
        hint="train a separate model for each frequency",
    )


def placed(
    pieces: Sequence[Piece],
    frequency: Frequency,
    decided: bool,
    remark: Callable[[str], None],
) -> list[Placed]:
    """The positions of all pieces.

    Args:
        pieces: all of them.
        frequency: their frequency.
        decided: whether any share of rows may be missing.
        remark: told how many rows are missing, and how many are near the grid only.

    Raises:
        DataError: a stamp is off the grid, or too many rows are missing.
    """
    found = []
    near = furthest = 0
    for piece in pieces:
        places = positions(piece.stamps, frequency)
        off = np.flatnonzero(np.isnan(places))
        if len(off):
            raise _off(piece, int(off[0]), len(off), frequency)
        if places[-1] >= MOST_STEPS:
            (last,) = show_local(piece.stamps[-1:], piece.zone)
            (first,) = show_local(piece.stamps[:1], piece.zone)
            raise DataError(
                f"{piece.at(-1)}{_column(piece)}: from {first} to {last} there are "
                f"{places[-1]:,.0f} steps of {frequency.name}",
                hint="correct the time stamp, or name a coarser frequency: "
                "`-o series.frequency=1D`",
            )
        found.append(Placed(piece, places.astype(np.int64)))
        away = _away(piece, found[-1].places, frequency)
        near += int((away > 0).sum())
        furthest = max(furthest, int(away.max(initial=0)))
    if near:
        rows = sum(len(piece) for piece in pieces)
        remark(
            f"{near:,} of {rows:,} time stamps are not exactly on the grid of {frequency.name}, by "
            f"{_length(furthest)} at most, and are taken for the nearest step"
        )
    _count_missing(found, frequency, decided, remark)
    return found


def _count_missing(
    found: Sequence[Placed],
    frequency: Frequency,
    decided: bool,
    remark: Callable[[str], None],
) -> None:
    missing = sum(each.missing for each in found)
    steps = sum(int(each.places[-1]) + 1 for each in found)
    if not missing:
        return
    worst = max(found, key=lambda each: each.missing)
    named = [each for each in found if each.missing]
    text = f"{missing:,} of {steps:,} steps of {frequency.name} have no row"
    if not decided and missing > max(MOST_MISSING * steps, FEW):
        own = infer(worst.piece.stamps)
        name = worst.piece.name
        where = f", {worst.missing:,} of them in series `{name}`" if name else ""
        fits = np.isfinite(positions(worst.piece.stamps, own)).all()
        if name and fits and own != frequency and len(found) > len(named) and len(worst.piece) > 1:
            raise DataError(
                f"`{worst.piece.rows[0][0].name}`: series `{name}` has a row every {own.name}, "
                f"others every {frequency.name}",
                hint="train a separate model for each frequency; if rows are missing, say so: "
                f"`-o series.frequency={frequency.name}`",
            )
        raise DataError(
            f"`{worst.piece.rows[0][0].name}`: {text}{where}",
            hint="if they are missing values, say so: "
            f"`-o series.frequency='{frequency.name}'`; else name another frequency",
        )
    series = f", in {len(named):,} of {len(found):,} series" if len(found) > 1 else ""
    remark(f"{text}{series}: read as missing values")


def _off(piece: Piece, place: int, count: int, frequency: Frequency) -> DataError:
    first, stamp = show_local(piece.stamps[[0, place]], piece.zone)
    more = f" ({count} such rows)" if count > 1 else ""
    return DataError(
        f"{piece.at(place)}{_column(piece)}: the time stamp {stamp} is not a whole number of steps "
        f"of {frequency.name} after {first}{more}",
        hint="correct it, or name a finer frequency: `-o series.frequency=1min`",
    )


def _column(piece: Piece) -> str:
    return f", column `{'`, `'.join(piece.time)}`" if piece.time else ""


def _away(piece: Piece, places: NDArray[np.int64], frequency: Frequency) -> NDArray[np.int64]:
    """Microseconds from each stamp to its step."""
    if not frequency.dated or _exact(piece, places, frequency):
        return np.zeros(0, np.int64)
    steps = frequency.at(origin_of(piece, places, frequency), places)
    return np.asarray(np.abs((piece.stamps - steps).astype("timedelta64[us]").astype(np.int64)))


def _exact(piece: Piece, places: NDArray[np.int64], frequency: Frequency) -> bool:
    return np.array_equal(frequency.positions(piece.stamps, piece.stamps[0]), places)


def origin_of(piece: Piece, places: NDArray[np.int64], frequency: Frequency) -> np.datetime64 | int:
    """The stamp of position 0: the first, or where it should be if stamps are near the grid."""
    first: Any = piece.stamps[0]
    origin: Any = first
    if not frequency.dated or _exact(piece, places, frequency):
        return origin  # type: ignore[no-any-return]
    if frequency.unit == "month":
        month = first.astype("datetime64[M]")
        day = (month + 1).astype("datetime64[D]") - 1 if frequency.last else month
        origin = day.astype("datetime64[us]")
        return origin  # type: ignore[no-any-return]
    away = (piece.stamps - frequency.at(first, places)).astype("timedelta64[us]").astype(np.int64)
    step = frequency.microseconds
    if away.max() - away.min() > 2 * NEAR * step:
        shift = int(away[-1])  # a slow clock: forecasts follow the last stamp
    else:
        past = int(first.astype("datetime64[us]").astype(np.int64)) % step
        whole = -past if past < step - past else step - past
        values, counts = np.unique(away, return_counts=True)
        common = int(values[counts.argmax()])
        shift = whole if away.min() <= whole <= away.max() else common
    origin = first + np.timedelta64(shift, "us")
    return origin  # type: ignore[no-any-return]


def _length(microseconds: int) -> str:
    for size, name in ((86_400_000_000, "days"), (3_600_000_000, "hours"), (1_000_000, "s")):
        if microseconds >= 2 * size or (name == "s" and microseconds >= size):
            return f"{microseconds / size:.3g} {name}"
    return f"{microseconds / 1000:.3g} ms"
