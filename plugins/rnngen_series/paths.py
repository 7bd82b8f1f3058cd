"""Forecasts by ancestral sampling: values drawn step by step, each read before the next is drawn.

Salinas et al. 2017, section 3.1. Sample i of series j depends only on (seed, j, i) and the series,
not on the number of samples or on what else is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from rnngen import DataError, Draws, Engine, RunError, State
from rnngen_series.codec import SeriesCodec
from rnngen_series.likelihoods.row import RowLikelihood
from rnngen_series.record import Series
from rnngen_series.rows import rows, scaling_of
from rnngen_series.scaling import fill

ROWS = 8192
"""Paths drawn in one batch."""
SEQUENCES = 1 << 32
"""Sequence numbers reserved for each series and its samples."""


@dataclass(frozen=True)
class Draw:
    """How paths are drawn.

    Args:
        horizon: steps per path.
        samples: paths per series.
        seed: for the random numbers.
        temperature, bias: as in the decoder `sample`.
    """

    horizon: int
    samples: int
    seed: int = 0
    temperature: float = 1.0
    bias: float = 0.0


def draw_paths(
    engine: Engine,
    codec: SeriesCodec,
    series: Sequence[Series],
    draw: Draw,
    progress: Callable[[int], None] = lambda done: None,
) -> NDArray[np.float64]:
    """Sampled continuations of each series, `[series, samples, horizon]` float64.

    Raises:
        DataError: the codec can't read a series, or columns known in advance end too soon.
        RunError: the model's output is not a number.
    """
    check_known(codec, series, draw.horizon)
    series = [codec.inner(each) for each in series]
    made = np.empty((len(series), draw.samples, draw.horizon))
    together = max(1, ROWS // draw.samples)
    for first in range(0, len(series), together):
        part = series[first : first + together]
        numbers = [
            (first + place) * SEQUENCES + sample
            for place in range(len(part))
            for sample in range(draw.samples)
        ]
        with torch.inference_mode():
            paths = _draw(engine, codec, part, draw, numbers)
        paths = codec.outer(paths)
        made[first : first + together] = paths.reshape(len(part), draw.samples, draw.horizon)
        progress(first + len(part))
    return made


def check_known(codec: SeriesCodec, series: Sequence[Series], horizon: int) -> None:
    """Raises DataError where columns known in advance end before the forecast does."""
    if not codec.layout.known:
        return
    for each in series:
        reach = len(each.known) - len(each)
        if reach < horizon:
            names = ", ".join(f"`{name}`" for name in codec.layout.known)
            raise DataError(
                f"series `{each.name}`: {names} {'is' if len(codec.layout.known) == 1 else 'are'} "
                f"known {reach} steps after the last value, but the forecast needs {horizon}",
                hint="add rows with their future values and an empty target, or forecast "
                f"`--horizon {reach}`"
                if reach
                else "add rows with their future values and an empty target",
            )


def _draw(
    engine: Engine, codec: SeriesCodec, series: Sequence[Series], draw: Draw, numbers: list[int]
) -> NDArray[np.float64]:
    likelihood = engine.likelihood
    assert isinstance(likelihood, RowLikelihood)
    layout, lags = codec.layout, len(codec.layout.lags)
    output, state = read_context(engine, codec, series)
    repeats = torch.arange(len(series)).repeat_interleave(draw.samples)
    output, state = output[repeats], engine.select(state, repeats)
    of = repeats.numpy()  # [R], the series of each row
    scalings = [scaling_of(layout, each) for each in series]
    scale = np.array([scaling.scale for scaling in scalings])[of]
    seasons = np.array([scaling.season for scaling in scalings])[of]
    level = torch.tensor([layout.level(scaling) for scaling in scalings])[repeats]
    # As much of the past as lags and centres need, followed by the future.
    back = max(*layout.lags, layout.season, 1)
    path = np.empty((len(of), back + draw.horizon))
    path[:, :back] = np.stack(
        [_tail(each, own.season, back) for each, own in zip(series, scalings, strict=True)]
    )[of]
    dated = np.stack([layout.dated(s, len(s), len(s) + draw.horizon + 1) for s in series])
    step_rows = np.zeros((len(of), layout.width), np.float32)
    step_rows[:, 1] = 1.0
    step_rows[:, 2] = level.numpy()
    centre = np.array([scaling.centre for scaling in scalings])[of]
    draws = Draws(draw.seed, numbers, [0] * len(numbers), draw.horizon, likelihood.uniforms)
    for step in range(draw.horizon):
        uniform = torch.from_numpy(draws.at(step))
        value = likelihood.value_draw(
            output.float().cpu(),
            uniform if uniform.dim() == 2 else uniform.unsqueeze(-1),
            level,
            temperature=draw.temperature,
            bias=draw.bias,
        ).numpy()
        if not np.isfinite(value).all():
            raise RunError(
                "the model's output is not a number: its weights are damaged or its training "
                "diverged",
                hint="train it again with a smaller `-o train.learning_rate=...`",
            )
        place = back + step
        path[:, place] = value * scale + _centre(path, place, seasons, layout.kind, centre)
        if step + 1 == draw.horizon:
            break
        after = _centre(path, place + 1, seasons, layout.kind, centre)
        step_rows[:, 0] = value
        lagged = path[:, place + 1 - np.array(layout.lags)] - after[:, None]
        step_rows[:, 3 : 3 + lags] = lagged / scale[:, None]
        step_rows[:, 3 + lags : -1] = dated[of, step + 1]
        output, state = engine.step(torch.from_numpy(step_rows), state)
    return path[:, back:]


def read_context(
    engine: Engine, codec: SeriesCodec, series: Sequence[Series]
) -> tuple[torch.Tensor, State]:
    """The output after the last row of each series, `[B,K]`, and the state.

    All series end in the same row; shorter ones are padded in front with boundaries, which reset
    the state.
    """
    parts = []
    for each in series:
        codec.check(each)
        made = rows(codec.layout, each, max(0, len(each) - codec.context))
        if not len(made):
            raise DataError(
                f"series `{each.name}` has {len(each)} values, expected more than a season of "
                f"{codec.layout.season_of(len(each))}",
                hint="provide a longer history",
            )
        parts.append(made)
    longest = max(map(len, parts))
    steps = np.empty((longest + 1, len(parts), codec.layout.width), np.float32)
    steps[:] = codec.boundary
    for place, part in enumerate(parts):
        steps[-len(part) :, place] = part
    return engine.read(torch.from_numpy(steps), engine.start(len(parts)))


def _tail(series: Series, season: int, count: int) -> NDArray[np.float64]:
    """The last values, gaps filled; the first value is repeated in front."""
    filled = fill(series.values, season)
    padding = np.full(max(0, count - len(filled)), filled[0])
    return np.concatenate([padding, filled[-count:]])


def _centre(
    path: NDArray[np.float64],
    place: int,
    seasons: NDArray[np.int64],
    kind: str,
    centre: NDArray[np.float64],
) -> NDArray[np.float64]:
    return path[np.arange(len(path)), place - seasons] if kind == "seasonal" else centre
