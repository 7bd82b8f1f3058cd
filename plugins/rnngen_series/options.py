"""Options of the series domain, without heavy imports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rnngen import option

DISTRIBUTIONS = ("student-t", "gaussian", "negative-binomial", "quantised")


@dataclass(frozen=True)
class Options:
    """Time series: roles of columns, what is known in advance, and how far to forecast."""

    target: str = option(
        "", "columns with values, separated by commas; none: all without another role"
    )
    time: str = option(
        "", "time stamp column; none: `date`, `time`, `timestamp`, `ds`, or else row numbers"
    )
    id: str = option("", "long form: column that names the series of each row")
    known: str = option(
        "",
        "columns known in advance, separated by commas; rows after the last value have their "
        "future",
    )
    rows: bool = option(False, "each row is a series, its name in the first column (as M4 is)")
    header: bool = option(True, "the first row has column names; else they are `1`, `2`, ...")
    separator: str = option("", "cell separator: `,`, `;` or `tab`; none: the commonest in row 1")
    format: str = option(
        "",
        "time stamp format, as `%d/%m/%Y`; none: ISO 8601, or whole numbers (years, 199001, "
        "20240131, seconds to nanoseconds since 1970, else steps)",
    )
    frequency: str = option(
        "",
        "`15min`, `1h`, `1D`, `1B` (working days), `1W`, `1M`, `1Q`, `1Y`; `step`: plain step "
        "numbers; none: inferred",
    )
    season: int = option(
        0, "season in steps; 0: by frequency, or 1 for series under three seasons", min=0
    )
    sort: bool = option(False, "sort rows that are not in time order")
    horizon: int = option(24, "steps to forecast", min=1, max=100_000)
    context: int = option(512, "steps read before a forecast", min=1, max=100_000)
    hold_out: bool = option(True, "hold out the last `horizon` steps of each series for validation")
    windows: int = option(1, "forecasts per series in `evaluate`, counted back from its end", min=1)
    distribution: Literal["student-t", "gaussian", "negative-binomial", "quantised"] = option(
        "student-t", "distribution of a value, given those before"
    )
    log: bool = option(False, "learn logarithms, for positive values that change by factors")
    scaling: Literal["auto", "seasonal", "mean", "standard", "none"] = option(
        "auto",
        "seasonal: change since a season ago, divided by its mean size; mean: value divided by its "
        "mean size (DeepAR); auto: mean for counts, else seasonal",
    )
    lags: str = option("", "steps to look back, separated by commas; none: by season")
    calendar: bool = option(True, "give the model hour, weekday, day of the year and so on")
    bins: int = option(100, "bins of the quantised distribution", min=4, max=10_000)
