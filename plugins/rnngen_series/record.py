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
    """Values at equal distances of time.

    Args:
        name: what the file calls it.
        values: `[n]` float64, NaN where one is missing; the first and the last are not.
        known: `[n + f, C]` float64, covariates; those of f steps after the last value are known.
        frequency: distance of the values.
        origin: time stamp of the first.
        held: how many values at the end are to be predicted from those before; 0: all are.
    """

    name: str
    values: NDArray[np.float64]
    known: NDArray[np.float64]
    frequency: Frequency
    origin: np.datetime64 | int
    held: int = 0

    def __len__(self) -> int:
        """How many values there are, the missing ones too."""
        return len(self.values)

    def stamps(self, start: int, stop: int) -> Stamps:
        """Time stamps of steps `start` to `stop`, which may lie after the last value."""
        return self.frequency.at(self.origin, np.arange(start, stop))

    def until(self, stop: int) -> Series:
        """What was to be seen of it before step `stop`; what is known in advance stays."""
        return replace(self, values=self.values[:stop])


def names_of(series: Sequence[Series], file: str) -> list[Series]:
    """The series under the name of their file, which is one of several."""
    if len(series) == 1:
        return [replace(series[0], name=file)]
    return [replace(each, name=f"{file}:{each.name}") for each in series]
