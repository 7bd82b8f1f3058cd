"""Anomaly scores: how surprising each value is, given those before it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from rnngen import Engine, saving, write_atomically
from rnngen_series.codec import SeriesCodec
from rnngen_series.likelihoods.row import LEVEL, VALUE, RowLikelihood
from rnngen_series.record import Series
from rnngen_series.rows import rows, scaling_of

SIDE_BY_SIDE = 256
"""Series scored in one batch."""


@dataclass(frozen=True)
class Scores:
    """Scores of one series from step `start` on; NaN where a value is missing.

    Args:
        series: the series scored.
        start: its first scored step.
        nats: `[n − start]`, −log p of each value given those before, in units of the values.
        tail: `[n − start]`, twice the smaller of P(X ≤ value) and P(X > value): near 0 far out.
    """

    series: Series
    start: int
    nats: NDArray[np.float64]
    tail: NDArray[np.float64]


def score(engine: Engine, codec: SeriesCodec, series: Sequence[Series]) -> list[Scores]:
    """Scores of the last `codec.context` steps of each series."""
    made = []
    for first in range(0, len(series), SIDE_BY_SIDE):
        made += _score(engine, codec, series[first : first + SIDE_BY_SIDE])
    return made


def write_scores(scores: Sequence[Scores], path: Path) -> None:
    """Writes `series`, `time`, `value`, `nats`, `tail` as CSV; RunError where that fails."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["series", "time", "value", "nats", "tail"])
    for each in scores:
        stamps = each.series.shown(each.start, len(each.series))
        values = each.series.values[each.start :]
        for stamp, value, nats, tail in zip(stamps, values, each.nats, each.tail, strict=True):
            if np.isfinite(value):
                numbers = [f"{value:.7g}", f"{nats:.4f}", f"{tail:.3g}"]
                writer.writerow([each.series.name, stamp, *numbers])
    with saving(path):
        write_atomically(path, text.getvalue().encode())


def _score(engine: Engine, codec: SeriesCodec, series: Sequence[Series]) -> list[Scores]:
    likelihood = engine.likelihood
    assert isinstance(likelihood, RowLikelihood)
    inner = [codec.inner(each) for each in series]
    parts = [rows(codec.layout, each, max(0, len(each) - codec.context)) for each in inner]
    longest = max(map(len, parts))
    steps = np.empty((longest + 1, len(parts), codec.layout.width), np.float32)
    steps[:] = codec.boundary
    for place, part in enumerate(parts):
        steps[len(steps) - len(part) :, place] = part
    targets = torch.from_numpy(steps)
    state = engine.start(len(parts))
    nats, below = [], []
    with torch.inference_mode():
        for step in range(longest):
            output, state = engine.step(targets[step], state)
            output = output.float().cpu()
            value, level = targets[step + 1, :, VALUE], targets[step + 1, :, LEVEL]
            nats.append(likelihood.value_nll(output, value, level).double().numpy())
            below.append(likelihood.below(output, value, level).double().numpy())
    surprise, lower = np.stack(nats), np.stack(below)
    # Counts have probabilities; other values have densities per unit of the scaled value.
    discrete = codec.distribution == "negative-binomial"
    made = []
    for place, (each, part) in enumerate(zip(series, parts, strict=True)):
        unit = 0.0 if discrete else np.log(scaling_of(codec.layout, inner[place]).scale)
        if codec.log:
            unit = unit + inner[place].values[len(each) - len(part) :]
        missing = np.isnan(each.values[len(each) - len(part) :])
        own = slice(longest - len(part), longest)
        scored = np.where(missing, np.nan, surprise[own, place] + unit)
        tail = 2.0 * np.minimum(lower[own, place], 1.0 - lower[own, place])
        made.append(Scores(each, len(each) - len(part), scored, np.where(missing, np.nan, tail)))
    return made
