"""The codec of series: settings shared by all series, fitted on the data, and the rows of each."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rnngen import BundleError, Codec, DataError, Piece, UsageError
from rnngen_series.frequency import Frequency, parse
from rnngen_series.options import DISTRIBUTIONS, Options
from rnngen_series.record import Series
from rnngen_series.roles import listed
from rnngen_series.rows import Layout, rows, scaling_of
from rnngen_series.scaling import Kind, fit

FILE = "codec.json"
FORMAT = 1
SEASONS = 3
"""A series shorter than this many seasons has no season."""
FAR_SCALES, FAR_FACTOR = 4.0, 100.0
"""A scale is far off by this many deviations of those learned, and by this factor at least."""
MOST_LAGS = 3
"""Number of recent steps, and of seasons, that lags look back to."""


@dataclass(frozen=True)
class SeriesCodec(Codec):
    """Rows of series; see `rnngen_series.likelihoods.row`.

    Args:
        layout: contents of a row.
        distribution: distribution of values.
        log: whether rows hold logarithms of values.
        edges: bin edges of the quantised distribution, else empty.
        horizon: default number of steps to forecast.
        context: steps read before a forecast.
    """

    layout: Layout
    distribution: str
    log: bool
    edges: tuple[float, ...]
    horizon: int
    context: int

    steps_are = "time steps"

    @property
    def step_shape(self) -> tuple[int, ...]:
        """`(D,)`."""
        return (self.layout.width,)

    @property
    def dtype(self) -> np.dtype[np.float32]:
        """The type of row values."""
        return np.dtype(np.float32)

    @property
    def size(self) -> int:
        """Numbers in a row."""
        return self.layout.width

    @property
    def boundary(self) -> tuple[float, ...]:
        """A row without a value, which no series has: its `observed` is −1."""
        return (0.0, -1.0, *[0.0] * (self.layout.width - 2))

    @property
    def opening(self) -> list[int]:
        """Empty: generation never starts inside a series."""
        return []

    def encode(self, content: Series) -> NDArray[np.float32]:
        """`[n, D]` rows; for a held-out series, only its context and the values to predict.

        Raises:
            DataError: its frequency or covariates differ from those the codec was fitted on, or it
                is shorter than a season.
        """
        self.check(content)
        content = self.inner(self.aligned(content))
        start = 0
        if content.held:
            start = max(0, len(content) - content.held - self.context)
        made = rows(self.layout, content, start)
        if not len(made):
            raise DataError(
                f"series `{content.name}` has {len(content)} values, expected more than a season "
                f"of {self.layout.season_of(len(content) - content.held)}",
                hint="set a shorter season with `-o series.season=...`, or leave the series out",
            )
        return made

    def inner(self, series: Series) -> Series:
        """The series that rows are built from: its logarithm if the codec uses logarithms."""
        return logarithm(series) if self.log else series

    def outer(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Inverse of `inner`, for values."""
        return np.exp(values) if self.log else values

    def check(self, series: Series) -> None:
        """Raises DataError where a series differs from those the codec was fitted on."""
        if not series.frequency.same(self.layout.frequency):
            raise DataError(
                f"series `{series.name}` has a value every {series.frequency.name}, expected every "
                f"{self.layout.frequency.name}",
                hint="train a separate model for each frequency",
            )
        if series.columns and self.layout.known:
            self.aligned(series)
        elif series.known.shape[1] != len(self.layout.known):
            raise DataError(
                f"series `{series.name}` has {series.known.shape[1]} columns known in advance, "
                f"expected {len(self.layout.known)}"
            )

    def aligned(self, series: Series) -> Series:
        """The series with the covariates that the codec was fitted on, in their order.

        A category that the series does not have is 0; one that the codec does not know is left out.

        Raises:
            DataError: a column known in advance is missing.
        """
        known, own = list(self.layout.known), list(series.columns)
        if own == known or not own:
            return series
        bases = {name.partition("=")[0] for name in own}
        for name in known:
            if name not in own and not ("=" in name and name.partition("=")[0] in bases):
                raise DataError(
                    f"series `{series.name}` has no numbers in column `{name.partition('=')[0]}`, "
                    "which is known in advance",
                    hint="write it as in the training data",
                )
        made = np.zeros((len(series.known), len(known)))
        for place, name in enumerate(known):
            if name in own:
                made[:, place] = series.known[:, own.index(name)]
        return replace(series, known=made, columns=tuple(known))

    def remark_categories(self, series: Iterable[Series], remark: Callable[[str], None]) -> None:
        """Tells of categories that the codec does not know, which it takes for none of its own."""
        counts: Counter[str] = Counter()
        for each in series:
            for place, name in enumerate(each.columns):
                if name not in self.layout.known:
                    counts[name] += int(each.known[:, place].sum())
        for name, count in counts.items():
            column, _, category = name.partition("=")
            remark(
                f"column `{column}`: `{category}`, in {count:,} row{'s' * (count != 1)}, is not in "
                "the training data and is read as none of the categories"
            )

    def remark_scales(self, series: Iterable[Series], remark: Callable[[str], None]) -> None:
        """Tells of series whose values have another size than all that the model has learned."""
        layout = self.layout
        far = max(FAR_SCALES * layout.level_deviation, np.log(FAR_FACTOR))
        odd = []
        for each in series:
            scale = scaling_of(layout, self.inner(each)).scale
            if abs(np.log(scale) - layout.level_mean) > far:
                odd.append((each, scale / np.exp(layout.level_mean)))
        if odd:
            each, factor = odd[0]
            more = f", and those of {len(odd) - 1:,} other series" if len(odd) > 1 else ""
            remark(
                f"the changes of series `{each.name}` are {factor:.2g} times as large as those "
                f"that the model has learned{more}: check the unit"
            )

    def files(self) -> dict[str, bytes]:
        """The whole codec, as JSON."""
        content = {"format": FORMAT, **asdict(self)}
        # What 0.1.0 did not have is left out where it says nothing, so that old codecs stay equal.
        layout = content["layout"]
        for part, names in (
            (layout, ("least",)),
            (layout["frequency"], ("weekdays", "slots", "opens")),
        ):
            for name in names:
                if not part[name]:
                    del part[name]
        return {FILE: json.dumps(content, indent=1).encode()}

    def grow(self, pieces: Iterable[Piece]) -> SeriesCodec:
        """The codec itself: new series are scaled on their own."""
        return self


def fit_codec(series: Iterable[Series], options: Options) -> SeriesCodec:
    """Fits a codec on all series.

    Raises:
        DataError: there are no series, they don't go together, or all of them are constant.
        UsageError: an option contradicts the data.
    """
    every = list(series)
    if not every:
        raise DataError("there are no series")
    frequency = every[0].frequency
    season = _season(options, frequency, every)
    kind = _kind(options, every)
    if options.log:
        every = [logarithm(each) for each in every]
    lags = _lags(options, season, frequency, int(np.median([len(each) for each in every])))
    known = list(every[0].columns) or listed(options.known)
    every = [_with_columns(each, known) for each in every]
    beside = np.concatenate([each.known[: len(each)] for each in every])
    deviation = beside.std(0)
    least = season + 1 if options.season else SEASONS * season
    seasons = [season if len(each) >= least else 1 for each in every]
    levels = np.log(
        [fit(each.values, kind, own).scale for each, own in zip(every, seasons, strict=True)]
    )
    layout = Layout(
        kind=kind,
        season=season,
        lags=lags,
        frequency=frequency,
        calendar=options.calendar,
        known=known,
        known_mean=beside.mean(0).tolist(),
        known_deviation=np.where(deviation > 0, deviation, 1.0).tolist(),
        level_mean=float(levels.mean()),
        level_deviation=float(levels.std()) or 1.0,
        least=least,
    )
    if all(_constant(each) for each in every):
        raise DataError(
            f"series `{every[0].name}` is constant"
            if len(every) == 1
            else "every series is constant",
            hint="there is nothing to learn: check that `series.target` is the right column",
        )
    edges = _edges(layout, every, options.bins) if options.distribution == "quantised" else ()
    return SeriesCodec(
        layout, options.distribution, options.log, edges, options.horizon, options.context
    )


def load_codec(files: Mapping[str, bytes]) -> SeriesCodec:
    """The codec that `files` wrote; BundleError where it is incomplete or damaged."""
    try:
        content = json.loads(files[FILE])
        if content.pop("format") != FORMAT:
            raise BundleError("the series codec was written by another version of rnngen")
        layout = content.pop("layout")
        layout["frequency"] = Frequency(**layout["frequency"])
        codec = SeriesCodec(
            layout=Layout(**layout), **{**content, "edges": tuple(content["edges"])}
        )
        plain = (codec.layout.season, codec.horizon, codec.context, *codec.layout.lags)
        if codec.distribution not in DISTRIBUTIONS or not all(
            isinstance(number, int) and number > 0 for number in plain
        ):
            raise ValueError
        return codec
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BundleError(f"`{FILE}` is not a series codec") from None


def logarithm(series: Series) -> Series:
    """The series of logarithms; DataError where a value is not above 0."""
    low = np.flatnonzero(series.values <= 0)
    if len(low):
        raise DataError(
            f"series `{series.name}`, {series.shown(low[0], low[0] + 1)[0]}: the value "
            f"{series.values[low[0]]:g} has no logarithm",
            hint="leave out `series.log`, or the series",
        )
    return replace(series, values=np.log(series.values))


def _season(options: Options, frequency: Frequency, every: list[Series]) -> int:
    if options.season:
        return options.season
    named = parse(options.frequency) if options.frequency else frequency
    season = (named if frequency.unit == "step" else frequency).season
    return season if max(map(len, every)) >= SEASONS * season else 1


def _kind(options: Options, every: list[Series]) -> Kind:
    counts = options.distribution == "negative-binomial"
    if counts and (options.log or options.scaling in ("seasonal", "standard")):
        other = "log" if options.log else "scaling"
        raise UsageError(
            f"the negative binomial distribution needs counts, and `series.{other}` turns them "
            "into something else",
            hint=f"leave out `series.{other}`",
        )
    for series in every if counts else []:
        values = series.values
        wrong = np.flatnonzero(np.isfinite(values) & ((values < 0) | (values != np.round(values))))
        if len(wrong):
            (stamp,) = series.shown(wrong[0], wrong[0] + 1)
            more = f"; {len(wrong):,} values are not" if len(wrong) > 1 else ""
            raise DataError(
                f"series `{series.name}`, step {wrong[0] + 1} ({stamp}): {values[wrong[0]]:g} is "
                "not a count (the negative binomial distribution needs whole numbers, 0 or more)"
                f"{more}",
                hint="choose another distribution: `-o series.distribution=student-t`",
            )
    if options.scaling == "auto":
        return "mean" if counts else "seasonal"
    return options.scaling


def _lags(options: Options, season: int, frequency: Frequency, length: int) -> list[int]:
    """The last three steps, and one, two and three seasons back, with their neighbours."""
    if options.lags:
        try:
            lags = sorted({int(part) for part in options.lags.split(",")})
        except ValueError:
            lags = [0]
        if lags[0] < 1:
            raise UsageError(
                f"`series.lags` is `{options.lags}`, expected whole numbers, 1 or more",
                hint="for example `1,2,24,168`",
            )
        return lags
    found = {1, 2, 3}
    long = season * 7 if frequency.season == season and _within_a_day(frequency) else season
    for each in {season, 24 * 7 if season == 24 else long} - {1}:
        found |= {each * number for number in range(1, MOST_LAGS + 1)} | {each - 1, each + 1}
    return sorted(lag for lag in found if lag >= 1 and 2 * lag <= length) or [1]


def _within_a_day(frequency: Frequency) -> bool:
    return frequency.unit == "second" and frequency.count < 86_400


def _constant(series: Series) -> bool:
    seen = series.values[np.isfinite(series.values)]
    return bool((seen == seen[0]).all())


def _edges(layout: Layout, every: list[Series], bins: int) -> tuple[float, ...]:
    """Bin edges with equally many scaled values between them, as far as the values differ."""
    made = [rows(layout, each) for each in every if len(each) > scaling_of(layout, each).first]
    values = np.concatenate([part[part[:, 1] == 1, 0] for part in made]).astype(np.float64)
    edges = np.unique(np.quantile(values, np.linspace(0.0, 1.0, bins - 1)))
    if len(edges) < 2:
        edges = np.array([edges[0] - 1.0, edges[0] + 1.0])
    return tuple(edges[np.insert(np.diff(edges) > math.ulp(1e6), 0, True)].tolist())


def _with_columns(series: Series, columns: list[str]) -> Series:
    """The series with these covariates; 0 for a category that it does not have."""
    own = list(series.columns)
    if own == columns or not own:
        return series
    made = np.zeros((len(series.known), len(columns)))
    for place, name in enumerate(columns):
        if name in own:
            made[:, place] = series.known[:, own.index(name)]
    return replace(series, known=made, columns=tuple(columns))
