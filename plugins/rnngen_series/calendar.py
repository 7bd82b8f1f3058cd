"""Calendar features: where in the day, the week and the year a step lies, as points of circles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnngen_series.frequency import DAY, Frequency
from rnngen_series.stamps import Stamps

YEAR = 365.2425 * DAY
HARMONICS = 2
"""Of the week, whose days differ more than a circle shows."""


def features(stamps: Stamps, frequency: Frequency) -> NDArray[np.float64]:
    """`[n, c]` numbers between −1 and 1: sine and cosine of the phase of each cycle.

    The day where steps are shorter, the week where they are shorter than one, and the year always;
    nothing where time is only counted.
    """
    if frequency.unit == "step":
        return np.zeros((len(stamps), 0))
    seconds = stamps.astype("datetime64[s]").astype(np.int64)
    years = stamps.astype("datetime64[Y]").astype("datetime64[s]").astype(np.int64)
    phases = [(seconds - years) / YEAR]
    if frequency.unit != "month":
        step = DAY if frequency.unit == "working day" else frequency.count
        if step < DAY:
            phases.append(seconds % DAY / DAY)
        if step < 7 * DAY:
            # The first of January 1970 was a Thursday.
            week = (seconds + 3 * DAY) % (7 * DAY) / (7 * DAY)
            phases += [week * harmonic for harmonic in range(1, HARMONICS + 1)]
    angles = 2 * np.pi * np.stack(phases, 1)
    return np.concatenate([np.sin(angles), np.cos(angles)], 1)
