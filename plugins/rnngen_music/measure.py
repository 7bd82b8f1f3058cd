"""Metrics for music: nats per frame by the published protocol, or per token and per note.

Boulanger-Lewandowski et al. 2012 sum −ln p over the 88 keys of a frame, and take the mean over
frames. As in the code of Bai et al. 2018 and work that compares with it, the first frame of each
piece is given, not predicted, and ends of pieces are not counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen import DataError, Measured, Measuring, Report
from rnngen_music.piano_roll import KEYS

CHUNK = 512
ORDER = 5

FRAMES = (
    "sum over 88 keys, mean over all frames but the first of each piece; ends of pieces not "
    "counted; state carried through a piece, float32"
)
EVENTS = (
    "every token once, ends of pieces included; a note is a token of a pitch or a drum; state "
    "carried through a piece, float32"
)

Floats = NDArray[np.float64]


def frames(measuring: Measuring) -> Report:
    """Nats per frame of a model, of independent keys, and of keys that follow the last frame."""
    held_out, train = measuring.held_out, measuring.train
    counted = frames_counted(held_out)
    if not counted.any():
        raise DataError(
            "no piece has two frames, so there is nothing to predict",
            hint="evaluate on longer pieces",
        )
    count = int(counted.sum())
    rows = [("model", [model_nats(measuring) / count])]
    if train is not None:
        measuring.note("fitting the simple models on the training part")
        rows += [
            ("each key by its frequency", [independent_nats(train, held_out)[counted].mean()]),
            ("each key as in the frame before", [persistent_nats(train, held_out)[counted].mean()]),
        ]
    return Report(
        f"{measuring.label}: {count:,} frames of {len(held_out.documents)} pieces",
        ["nats/frame"],
        [(name, [float(number) for number in numbers]) for name, numbers in rows],
        FRAMES,
    )


def events(measuring: Measuring) -> Report:
    """Nats per token and per note of a model, compared with n-grams."""
    codec, held_out = measuring.codec, measuring.held_out
    targets = np.asarray(held_out.steps[1:], np.int64)
    struck = np.array([codec.token(step).startswith("Pitch") for step in range(codec.size)])
    notes = int(struck[targets].sum())
    rows = [("model", measuring.nll(CHUNK))]
    if measuring.train is not None:
        measuring.note("fitting the simple models on the training part")
        rows += measuring.baselines(ORDER)
    return Report(
        f"{measuring.label}: {len(targets):,} events, {notes:,} notes of "
        f"{len(held_out.documents)} pieces",
        ["nats/token", "nats/note"],
        [(name, [nats / len(targets), nats / notes if notes else None]) for name, nats in rows],
        EVENTS,
    )


def frames_counted(store: Measured) -> NDArray[np.bool_]:
    """`[n-1]`, True for counted targets: frames that follow another frame of their piece."""
    ends: NDArray[Any] = store.steps[:, KEYS] > 0.5
    counted: NDArray[np.bool_] = ~ends[1:] & ~ends[:-1]
    return counted


def model_nats(measuring: Measuring) -> float:
    """The sum of −ln p over the keys of all counted frames, in nats."""
    import torch

    likelihood: Any = measuring.likelihood
    nats = 0.0
    with torch.inference_mode():
        for output, batch in measuring.outputs(CHUNK):
            cost = likelihood.keys_nll(output, batch.targets)
            given = (batch.inputs[..., KEYS] < 0.5) & (batch.targets[..., KEYS] < 0.5)
            nats += float(cost[given].sum(dtype=torch.float64))
    return nats


def independent_nats(train: Measured, held_out: Measured) -> Floats:
    """Nats of each target under key frequencies in training, one half added to counts."""
    keys, _ = _frames(train)
    return _nats((keys.sum(0) + 0.5) / (len(keys) + 1.0), _targets(held_out))


def persistent_nats(train: Measured, held_out: Measured) -> Floats:
    """Nats of each target if a key depends only on itself in the previous frame."""
    keys, follows = _frames(train)
    before, now = keys[:-1][follows[1:]], keys[1:][follows[1:]]
    sounding, silent = before.sum(0), (1 - before).sum(0)
    stays = ((before * now).sum(0) + 0.5) / (sounding + 1.0)
    begins = (((1 - before) * now).sum(0) + 0.5) / (silent + 1.0)
    last = np.asarray(held_out.steps[:-1, :KEYS], np.float64)
    return _nats(last * stays + (1 - last) * begins, _targets(held_out))


def _frames(store: Measured) -> tuple[Floats, NDArray[np.bool_]]:
    """All frames `[n,88]`, and whether each follows another frame of its piece."""
    ends = store.steps[:, KEYS] > 0.5
    follows = np.append(False, ~ends[:-1])
    return np.asarray(store.steps[~ends, :KEYS], np.float64), follows[~ends]


def _targets(store: Measured) -> Floats:
    return np.asarray(store.steps[1:, :KEYS], np.float64)


def _nats(chances: Floats, targets: Floats) -> Floats:
    costs: Floats = -(targets * np.log(chances) + (1 - targets) * np.log1p(-chances)).sum(-1)
    return costs
