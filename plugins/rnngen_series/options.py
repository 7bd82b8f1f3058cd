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
        "",
        "time stamp column, or several as `Date,Time`; none: `date`, `time`, `timestamp`, `ds`, or "
        "one that has dates, or else row numbers",
    )
    id: str = option("", "long form: columns that name the series of each row")
    known: str = option(
        "",
        "columns known in advance, separated by commas: numbers, yes and no, or categories; rows "
        "after the last value have their future",
    )
    rows: bool = option(False, "each row is a series, its name in the first column (as M4 is)")
    files: Literal["auto", "join", "separate"] = option(
        "auto",
        "several files: join equal names into one series, or keep files separate; auto: join what "
        "follows in time",
    )
    header: bool = option(True, "the first row has column names; else they are `1`, `2`, ...")
    separator: str = option("", "cell separator: `,`, `;`, `|`, `tab` or `space`; none: found")
    decimal: str = option("", "decimal mark, `.` or `,`, the other between thousands; none: found")
    missing: str = option(
        "", "more words or numbers that mean a missing value, separated by commas, as `-999,off`"
    )
    skip_rows: int = option(0, "lines before the table; 0: found", min=0)
    comment: str = option("", "what comment lines begin with; none: `#` where the first line does")
    format: str = option(
        "",
        "time stamp format, as `%d/%m/%Y`; none: ISO 8601 and other usual forms, or whole numbers "
        "(years, 199001, 20240131, seconds to nanoseconds since 1970, else steps)",
    )
    zone: str = option(
        "", "time zone of stamps, as `Europe/Berlin`; none: the file's, or all days have 24 hours"
    )
    frequency: str = option(
        "",
        "`15min`, `1h`, `1D`, `1B` (working days), `1W`, `1M`, `1Q`, `1Y`, `1h 09:00-17:00 B`; "
        "`step`: plain step numbers; none: inferred, if at most a tenth of the rows is missing",
    )
    season: int = option(
        0, "season in steps; 0: by frequency, or 1 for series under three seasons", min=0
    )
    sort: bool = option(False, "sort rows that are not in time order")
    duplicates: Literal["refuse", "first", "last", "mean", "sum"] = option(
        "refuse", "what to do with rows of a series that have the same time stamp"
    )
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
