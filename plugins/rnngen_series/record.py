"""One time series, on its grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rnngen_series.frequency import Frequency
from rnngen_series.stamps import Stamps


@dataclass(frozen=True)
class Series:
    """Values at equal time intervals.

    Args:
        name: its name in the file.
        values: `[n]` float64, NaN where missing; the first and the last are never missing.
        known: `[n + f, C]` float64, covariates, known for f steps after the last value.
        frequency: interval between values.
        origin: time stamp of the first value.
        held: number of values at the end to predict from those before; 0: all values.
    """

    name: str
    values: NDArray[np.float64]
    known: NDArray[np.float64]
    frequency: Frequency
    origin: np.datetime64 | int
    held: int = 0

    def __len__(self) -> int:
        """Number of values, missing ones included."""
        return len(self.values)

    def stamps(self, start: int, stop: int) -> Stamps:
        """Time stamps of steps `start` to `stop`, which may go past the last value."""
        return self.frequency.at(self.origin, np.arange(start, stop))

    def until(self, stop: int) -> Series:
        """The series as observed before step `stop`; columns known in advance stay complete."""
        return replace(self, values=self.values[:stop])


def names_of(series: Sequence[Series], file: str) -> list[Series]:
    """The series renamed after their file, for data in several files."""
    if len(series) == 1:
        return [replace(series[0], name=file)]
    return [replace(each, name=f"{file}:{each.name}") for each in series]
