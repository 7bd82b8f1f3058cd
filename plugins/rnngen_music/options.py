"""Options of the music domain, without heavy imports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rnngen import option


@dataclass(frozen=True)
class Options:
    """Music: event tokens, or piano-roll frames."""

    steps: Literal["events", "frames"] = option(
        "events", "what a step is: an event token (events), or 88 keys at once (frames)"
    )
    tokens: Literal["remi", "tsd"] = option(
        "remi",
        "for events: bars and positions (REMI, Huang and Yang 2020), or time shifts (TSD, Fradet "
        "et al. 2021)",
    )
    grid: int = option(4, "positions, or frames, per beat", min=1, max=96)
    velocities: int = option(16, "for events: number of loudness bins", min=1, max=127)
    distribution: Literal["nade", "bernoulli"] = option(
        "nade",
        "for frames: each key conditioned on the keys below it (nade, Boulanger-Lewandowski "
        "et al. 2012), or independent keys (bernoulli)",
    )
    transpose: int = option(
        0,
        "also learn each training piece transposed up and down by up to this many semitones; for "
        "data split into `train` and `valid`",
        min=0,
        max=12,
    )
    chords: Literal["play", "skip"] = option(
        "play", "chord symbols of ABC tunes: play them as an accompaniment, or skip them"
    )
    damaged: Literal["error", "skip"] = option(
        "error", "unreadable files, or tunes in a file: stop with an error, or skip and list them"
    )
    valid: float = option(0.1, "fraction held out for validation", min=0.0, max=0.9)
