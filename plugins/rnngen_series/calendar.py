"""Calendar features: the phase of each step in the day, week and year, as points on circles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnngen_series.frequency import DAY, SECOND, Frequency
from rnngen_series.moments import Stamps

YEAR = 365.2425 * DAY
HARMONICS = 2
"""Harmonics of the week, whose days differ more than one circle can show."""


def features(stamps: Stamps, frequency: Frequency) -> NDArray[np.float64]:
    """`[n, c]` numbers between −1 and 1: sine and cosine of the phase of each cycle.

    Day and week are included where steps are shorter than them, the year always; plain step numbers
    have no features.
    """
    if frequency.unit == "step":
        return np.zeros((len(stamps), 0))
    seconds = stamps.astype("datetime64[us]").astype(np.int64) / SECOND
    years = stamps.astype("datetime64[Y]").astype("datetime64[s]").astype(np.int64)
    phases = [(seconds - years) / YEAR]
    if frequency.unit != "month":
        step = frequency.microseconds / SECOND
        if step < DAY:
            phases.append(seconds % DAY / DAY)
        if step < 7 * DAY:
            # The first of January 1970 was a Thursday.
            week = (seconds + 3 * DAY) % (7 * DAY) / (7 * DAY)
            phases += [week * harmonic for harmonic in range(1, HARMONICS + 1)]
    angles = 2 * np.pi * np.stack(phases, 1)
    return np.concatenate([np.sin(angles), np.cos(angles)], 1)
