"""Time series: from CSV and Parquet files to probabilistic forecasts.

A model predicts the next value of a series from those before it and samples forecasts step by
step, like DeepAR (Salinas et al. 2017, "DeepAR: Probabilistic forecasting with autoregressive
recurrent networks"). Heavy imports wait until they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen import (
    Codec,
    Domain,
    Engine,
    ForecastRequest,
    Piece,
    Report,
    Unsupported,
    Written,
    content_suffix,
)
from rnngen_series.options import Options

if TYPE_CHECKING:
    from rnngen import Source
    from rnngen_series.codec import SeriesCodec
    from rnngen_series.outlook import Outlook
    from rnngen_series.paths import Draw
    from rnngen_series.record import Series

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".pq")


class SeriesDomain(Domain):
    """Reads series, fits a codec on them, and forecasts them."""

    corpus = "series"
    changeable = (
        *("windows", "hold_out", "sort", "duplicates", "files"),
        *("separator", "decimal", "missing", "skip_rows", "comment", "format", "zone"),
    )
    forecasts = True
    defaults = {  # noqa: RUF012
        "model": {"layers": 2, "hidden": 64, "dropout": 0.1, "residual": True},
        "train": {"learning_rate": 0.003, "precision": "fp32"},
    }

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.remarks = {}

    def keep(self, path: Path) -> bool:
        """Whether a file in a folder looks like a table, by its name."""
        return content_suffix(path) in SUFFIXES

    def parts(self, sources: Sequence[Source]) -> Mapping[str, Sequence[Source]] | None:
        """All but the last `horizon` steps of each series, and those steps with their past."""
        if not self.options.hold_out:
            return None
        return {
            part: [replace(source, part=part) for source in sources] for part in ("train", "valid")
        }

    def read(self, sources: Sequence[Source]) -> Iterator[Piece]:
        """One piece, and document, per series; its content is a `Series`.

        Raises:
            DataError: a file has an error; names the row.
        """
        from rnngen_series.read import read_series

        remark = self._remark
        for series, size in read_series(sources, self.options, remark=remark):
            yield Piece(series, ends_document=True, size=size)

    def _remark(self, text: str) -> None:
        self.remarks[text] = None

    def fit_codec(self, pieces: Callable[[], Iterable[Piece]]) -> SeriesCodec:
        """A codec fitted on all series without their held-out steps."""
        from rnngen_series.codec import fit_codec

        return fit_codec(
            (piece.content for piece in pieces() if not piece.content.held), self.options
        )

    def load_codec(self, files: Mapping[str, bytes]) -> SeriesCodec:
        """The codec that `SeriesCodec.files` wrote; BundleError if it is incomplete or damaged."""
        from rnngen_series.codec import load_codec

        return load_codec(files)

    def likelihood(self, codec: Codec) -> tuple[str, dict[str, Any]]:
        """The codec's distribution of the value in a row."""
        from rnngen_series.codec import SeriesCodec

        assert isinstance(codec, SeriesCodec)
        options: dict[str, Any] = {"row": codec.layout.width}
        if codec.distribution == "quantised":
            options["edges"] = list(codec.edges)
        if codec.distribution == "negative-binomial":
            options["level_mean"] = codec.layout.level_mean
            options["level_deviation"] = codec.layout.level_deviation
        return codec.distribution, options

    def forecast(
        self,
        engine: Engine,
        codec: Codec,
        sources: Sequence[Source],
        request: ForecastRequest,
        note: Callable[[str], None],
    ) -> Outlook:
        """Sampled forecasts of each series in the sources.

        Raises:
            DataError: a file has an error, or columns known in advance end too soon.
        """
        from rnngen_series.outlook import Outlook
        from rnngen_series.paths import draw_paths

        own, series = self._open(codec, sources, note)
        draw = _draw(own, request)
        note(f"drawing {draw.samples} futures of {draw.horizon} steps for {len(series)} series")
        return Outlook(series, draw_paths(engine, own, series, draw))

    def backtest(
        self,
        engine: Engine,
        codec: Codec,
        sources: Sequence[Source],
        request: ForecastRequest,
        compare: bool,
        folder: Path,
        note: Callable[[str], None],
    ) -> Report:
        """Backtests the last steps of each series, and writes `scores.csv` into the folder.

        Raises:
            DataError: a file has an error, or a series is too short.
        """
        from rnngen_series.backtest import COLUMNS, backtest
        from rnngen_series.scores import score, write_scores

        own, series = self._open(codec, sources, note)
        draw = _draw(own, request)
        windows = self.options.windows
        made = backtest(engine, own, series, draw, windows, compare=compare, note=note)
        scores = folder / "scores.csv"
        write_scores(score(engine, own, series), scores)
        return Report(
            title=f"{made.forecasts} forecasts of {draw.horizon} steps, {len(series)} series",
            columns=COLUMNS,
            rows=made.rows,
            protocol=f"medians and quantiles of {draw.samples} paths; sMAPE and MASE (season "
            f"{own.layout.season}) are means over forecasts; ND, quantile loss and CRPS are sums "
            "over all steps divided by the sum of |y|",
            files=[scores],
        )

    def _open(
        self, codec: Codec, sources: Sequence[Source], note: Callable[[str], None]
    ) -> tuple[SeriesCodec, list[Series]]:
        """The codec with its own type, and all series in the sources, with the codec's columns."""
        from rnngen_series.codec import SeriesCodec
        from rnngen_series.read import read_series

        assert isinstance(codec, SeriesCodec)
        said: dict[str, None] = {}

        def remark(text: str) -> None:
            if text not in said:
                said[text] = None
                note(text)

        read = read_series(sources, self.options, codec.layout.frequency, remark)
        found = [each for each, _ in read]
        codec.remark_categories(found, remark)
        series = [codec.aligned(each) for each in found]
        codec.remark_scales(series, remark)
        return codec, series

    def write(self, written: Sequence[Written], codec: Codec, path: Path) -> list[Path]:
        """Raises an error: rows sampled without their series are not a forecast."""
        raise Unsupported(
            self,
            "writing rows without the series they belong to",
            hint="forecast with `rnngen generate RUN --horizon 24 --out forecast.csv`",
        )


def _draw(codec: SeriesCodec, request: ForecastRequest) -> Draw:
    from rnngen_series.paths import Draw

    return Draw(
        request.horizon or codec.horizon,
        request.samples,
        request.seed,
        request.temperature,
        request.bias,
    )
