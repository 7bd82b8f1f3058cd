"""What is measured of music: nats per frame by the published protocol, or per token and per note.

Boulanger-Lewandowski et al. 2012 sum −ln p over the 88 keys of a frame, and take the mean over
frames. As the code of Bai et al. 2018, and what compares with it, the first frame of each piece is
given and not predicted, and nothing is said of where a piece ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnngen.contracts.domain import Report
from rnngen.contracts.errors import DataError
from rnngen_music.piano_roll import KEYS

if TYPE_CHECKING:
    from rnngen.bundles.bundle import Bundle
    from rnngen.data.measuring import Evaluation
    from rnngen.data.store import Store

CHUNK = 512
LANES = (32, 16, 8, 4, 2, 1)
"""Pieces side by side; fewer where 32 would cut pieces apart."""

ORDER = 5

FRAMES = (
    "sum over 88 keys, mean over all frames but the first of each piece; ends of pieces not "
    "counted; state carried through a piece, float32"
)
EVENTS = (
    "every token once, the end of each piece too; notes are tokens of a pitch or a drum; state "
    "carried through a piece, float32"
)

Note = Callable[[str], None]
Floats = NDArray[np.float64]


def frames(bundle: Bundle, train: Store | None, held_out: Store, label: str, note: Note) -> Report:
    """Nats per frame of a model, beside keys on their own and beside frames that stay.

    Args:
        bundle: with a model of frames, on its device.
        train: what it learned from, for the simple models; None leaves them out.
        held_out: what to measure on.
        label: its name.
        note: told what takes its time.
    """
    counted = frames_counted(held_out)
    if not counted.any():
        raise DataError(
            "no piece has two frames, so that none is predicted from another",
            hint="name longer pieces",
        )
    count = int(counted.sum())
    rows = [("model", [model_nats(bundle.model, held_out) / count])]
    if train is not None:
        note("fitting the simple models on the training part")
        rows += [
            ("each key by its frequency", [independent_nats(train, held_out)[counted].mean()]),
            ("each key as in the frame before", [persistent_nats(train, held_out)[counted].mean()]),
        ]
    return Report(
        f"{label}: {count:,} frames of {len(held_out.documents)} pieces",
        ["nats/frame"],
        [(name, [float(number) for number in numbers]) for name, numbers in rows],
        FRAMES,
    )


def events(bundle: Bundle, train: Store | None, held_out: Store, label: str, note: Note) -> Report:
    """Nats per token and per note of a model, beside n-grams; arguments as for `frames`."""
    from rnngen.metrics.baselines import NGram, unigram_nats
    from rnngen.metrics.scoring import score

    codec = bundle.codec
    targets = np.asarray(held_out.steps[1:], np.int64)
    struck = np.array([codec.token(step).startswith("Pitch") for step in range(codec.size)])
    notes = int(struck[targets].sum())
    device = next(bundle.model.parameters()).device
    found = score(bundle.model, _whole_pieces(held_out), device)
    rows = [("model", found.nats)]
    if train is not None:
        note("fitting the simple models on the training part")
        steps = np.asarray(train.steps, np.int64)
        rows.append(("unigram", float(unigram_nats(steps, targets, codec.size).sum())))
        # The first target has the boundary before it, as the model has.
        known = NGram(steps, codec.size, ORDER).nats(np.asarray(held_out.steps, np.int64))
        rows.append((f"{ORDER}-gram", float(known[1:].sum())))
    return Report(
        f"{label}: {len(targets):,} tokens, {notes:,} notes of {len(held_out.documents)} pieces",
        ["nats/token", "nats/note"],
        [(name, [nats / len(targets), nats / notes if notes else None]) for name, nats in rows],
        EVENTS,
    )


def frames_counted(store: Store) -> NDArray[np.bool_]:
    """`[n-1]`, which targets of a store count: frames that follow one of their own piece."""
    ends: NDArray[Any] = store.steps[:, KEYS] > 0.5
    counted: NDArray[np.bool_] = ~ends[1:] & ~ends[:-1]
    return counted


def model_nats(model: Any, store: Store) -> float:
    """The sum of −ln p of the keys of all frames that count, in nats."""
    import torch

    device = next(model.parameters()).device
    training, nats = model.training, 0.0
    model.eval()
    state: Any = None
    width = 0
    with torch.inference_mode():
        for batch in _whole_pieces(store):
            batch = batch.to(device)
            if batch.inputs.shape[1] != width:
                width = batch.inputs.shape[1]
                state = model.initial_state(width)
            output, state = model(batch.inputs, state, batch.resets)
            cost = model.likelihood.keys_nll(output, batch.targets)
            given = (batch.inputs[..., KEYS] < 0.5) & (batch.targets[..., KEYS] < 0.5)
            nats += float(cost[given].sum(dtype=torch.float64))
    model.train(training)
    return nats


def _whole_pieces(store: Store) -> Evaluation:
    """Batches in which the state begins with each piece and nowhere else."""
    from rnngen.data.measuring import evaluation

    found = (evaluation(store, CHUNK, lanes) for lanes in LANES)
    return next(batches for batches in found if batches.exact)


def independent_nats(train: Store, held_out: Store) -> Floats:
    """Nats of each target where a key sounds as often as in training, one half added to counts."""
    keys, _ = _frames(train)
    return _nats((keys.sum(0) + 0.5) / (len(keys) + 1.0), _targets(held_out))


def persistent_nats(train: Store, held_out: Store) -> Floats:
    """Nats of each target where a key depends on itself in the frame before, and nothing else."""
    keys, follows = _frames(train)
    before, now = keys[:-1][follows[1:]], keys[1:][follows[1:]]
    sounding, silent = before.sum(0), (1 - before).sum(0)
    stays = ((before * now).sum(0) + 0.5) / (sounding + 1.0)
    begins = (((1 - before) * now).sum(0) + 0.5) / (silent + 1.0)
    last = np.asarray(held_out.steps[:-1, :KEYS], np.float64)
    return _nats(last * stays + (1 - last) * begins, _targets(held_out))


def _frames(store: Store) -> tuple[Floats, NDArray[np.bool_]]:
    """All frames `[n,88]`, and which follow one of their own piece."""
    ends = store.steps[:, KEYS] > 0.5
    follows = np.append(False, ~ends[:-1])
    return np.asarray(store.steps[~ends, :KEYS], np.float64), follows[~ends]


def _targets(store: Store) -> Floats:
    return np.asarray(store.steps[1:, :KEYS], np.float64)


def _nats(chances: Floats, targets: Floats) -> Floats:
    costs: Floats = -(targets * np.log(chances) + (1 - targets) * np.log1p(-chances)).sum(-1)
    return costs
