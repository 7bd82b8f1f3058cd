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
from rnngen_series.likelihoods.row import RowLikelihood
from rnngen_series.record import Series
from rnngen_series.running import running_rows

SIDE_BY_SIDE = 256
"""Series scored in one batch."""


@dataclass(frozen=True)
class Scores:
    """Scores of one series from step `start` on; NaN where a value is missing.

    Args:
        series: the series scored.
        start: its first scored step.
        nats: `[n − start]`, −log p of each value given those before, in units of the values.
        tail: `[n − start]`, twice the smaller of P(X ≤ value) and P(X ≥ value): near 0 far out.
    """

    series: Series
    start: int
    nats: NDArray[np.float64]
    tail: NDArray[np.float64]


def score(engine: Engine, codec: SeriesCodec, series: Sequence[Series]) -> list[Scores]:
    """Scores of the last `codec.context` steps of each series; none depends on later values."""
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
                numbers = [f"{value:.15g}", f"{nats:.4f}", f"{tail:.3g}"]
                writer.writerow([each.series.name, stamp, *numbers])
    with saving(path):
        write_atomically(path, text.getvalue().encode())


def _score(engine: Engine, codec: SeriesCodec, series: Sequence[Series]) -> list[Scores]:
    likelihood = engine.likelihood
    assert isinstance(likelihood, RowLikelihood)
    inner = [codec.inner(each) for each in series]
    parts = [running_rows(codec.layout, each, max(0, len(each) - codec.context)) for each in inner]
    longest = max(len(part.inputs) for part in parts)
    inputs = np.empty((longest + 1, len(parts), codec.layout.width), np.float32)
    inputs[:] = codec.boundary
    targets = torch.zeros((longest, len(parts), 2))
    for place, part in enumerate(parts):
        if len(part.inputs):
            inputs[-len(part.inputs) :, place] = part.inputs
            targets[-len(part.inputs) :, place] = torch.from_numpy(part.targets)
    state = engine.start(len(parts))
    nats, tails = [], []
    with torch.inference_mode():
        for step in range(longest):
            output, state = engine.step(torch.from_numpy(inputs[step]), state)
            output = output.float().cpu()
            value, level = targets[step].unbind(-1)
            nats.append(likelihood.value_nll(output, value, level).double().numpy())
            tails.append(likelihood.tail(output, value, level).double().numpy())
    surprise, tail = np.stack(nats), np.stack(tails)
    # Counts have probabilities; other values have densities per unit of the scaled value.
    discrete = codec.distribution == "negative-binomial"
    made = []
    for place, (each, part) in enumerate(zip(series, parts, strict=True)):
        count = len(part.inputs)
        unit = np.zeros(count) if discrete else np.log(part.scales)
        if codec.log:
            unit = unit + inner[place].values[len(each) - count :]
        missing = np.isnan(each.values[len(each) - count :])
        own = slice(longest - count, longest)
        scored = np.where(missing, np.nan, surprise[own, place] + unit)
        rare = np.where(missing, np.nan, tail[own, place])
        made.append(Scores(each, len(each) - count, scored, rare))
    return made
