"""One time series, on its grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rnngen_series import moments
from rnngen_series.frequency import Frequency
from rnngen_series.moments import Stamps


@dataclass(frozen=True)
class Series:
    """Values at equal time intervals.

    Args:
        name: its name in the file.
        values: `[n]` float64, NaN where missing; the first and the last are never missing.
        known: `[n + f, C]` float64, covariates, known for f steps after the last value.
        frequency: interval between values.
        origin: time stamp of the first value; an instant where there is a zone.
        held: number of values at the end to predict from those before; 0: all values.
        zone: time zone in which stamps are shown; empty if stamps are as the file has them.
        columns: names of the covariates.
    """

    name: str
    values: NDArray[np.float64]
    known: NDArray[np.float64]
    frequency: Frequency
    origin: np.datetime64 | int
    held: int = 0
    zone: str = ""
    columns: Sequence[str] = ()

    def __len__(self) -> int:
        """Number of values, missing ones included."""
        return len(self.values)

    def stamps(self, start: int, stop: int) -> Stamps:
        """Time stamps of steps `start` to `stop`, which may go past the last value."""
        return self.frequency.at(self.origin, np.arange(start, stop))

    def local(self, start: int, stop: int) -> Stamps:
        """Local time at steps `start` to `stop`."""
        return moments.local(self.stamps(start, stop), self.zone)

    def shown(self, start: int, stop: int) -> list[str]:
        """Time stamps in readable form, local where there is a zone."""
        return moments.show_local(self.stamps(start, stop), self.zone)

    def until(self, stop: int) -> Series:
        """The series as observed before step `stop`; columns known in advance stay complete."""
        return replace(self, values=self.values[:stop])
