"""The options of the series domain; light enough for `rnngen list`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rnngen import option

DISTRIBUTIONS = ("student-t", "gaussian", "negative-binomial", "quantised")


@dataclass(frozen=True)
class Options:
    """Time series: which columns, what is known of the future, and how far to look ahead."""

    target: str = option(
        "", "columns with values, comma between; none: all that are not named otherwise"
    )
    time: str = option(
        "", "column with time stamps; none: `date`, `time`, `timestamp`, `ds`, or rows are counted"
    )
    id: str = option("", "long form: column with the name of the series that a row belongs to")
    known: str = option(
        "", "columns known in advance, comma between; rows after the last value have their future"
    )
    rows: bool = option(False, "each row is a series, its name in the first column (as M4 is)")
    header: bool = option(True, "the first row has names of columns; else they are `1`, `2`, ...")
    separator: str = option("", "between cells: `,` `;` `tab`; none: the commonest in row 1")
    format: str = option(
        "",
        "of time stamps, as `%d/%m/%Y`; none: ISO 8601, or whole numbers (years, 199001, 20240131, "
        "seconds to nanoseconds since 1970, else steps)",
    )
    frequency: str = option(
        "",
        "`15min`, `1h`, `1D`, `1B` (working days), `1W`, `1M`, `1Q`, `1Y`; `step`: numbers "
        "only count; none: as inferred",
    )
    season: int = option(
        0, "steps of a season; 0: of the frequency, 1 for series under three seasons", min=0
    )
    sort: bool = option(False, "put rows that are not in order of time in order")
    horizon: int = option(24, "steps to look ahead", min=1, max=100_000)
    context: int = option(512, "steps read before a forecast", min=1, max=100_000)
    hold_out: bool = option(True, "keep the last `horizon` steps of each series to measure on")
    windows: int = option(
        1, "forecasts that `evaluate` makes of each series, back from its end", min=1
    )
    distribution: Literal["student-t", "gaussian", "negative-binomial", "quantised"] = option(
        "student-t", "of a value, given those before"
    )
    log: bool = option(False, "learn logarithms: for values above 0 that change by factors")
    scaling: Literal["auto", "seasonal", "mean", "standard", "none"] = option(
        "auto",
        "seasonal: change since a season ago, by its mean size; mean: value by its mean size "
        "(DeepAR); auto: seasonal, of counts mean",
    )
    lags: str = option("", "how many steps back to look besides, comma between; none: by season")
    calendar: bool = option(True, "tell the model hour, weekday, day of the year and so on")
    bins: int = option(100, "of the quantised distribution", min=4, max=10_000)
