"""The options of the music domain; light enough for `rnngen list`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rnngen import option


@dataclass(frozen=True)
class Options:
    """Music: tokens of notes, or piano-roll frames."""

    steps: Literal["events", "frames"] = option(
        "events", "what one step is: a token of a note (events), or 88 keys at a time (frames)"
    )
    tokens: Literal["remi", "tsd"] = option(
        "remi",
        "of events: bars and positions (REMI, Huang and Yang 2020), or shifts of time (TSD, Fradet "
        "et al. 2021)",
    )
    grid: int = option(4, "positions, or frames, that a beat has", min=1, max=96)
    velocities: int = option(16, "of events: how many loudnesses are told apart", min=1, max=127)
    distribution: Literal["nade", "bernoulli"] = option(
        "nade",
        "of frames: keys that hang on the lower ones of their frame (nade, Boulanger-Lewandowski "
        "et al. 2012), or independent ones (bernoulli)",
    )
    transpose: int = option(
        0,
        "learn from each training piece also this many semitones up and down; for data that is "
        "split into `train` and `valid`",
        min=0,
        max=12,
    )
    damaged: Literal["error", "skip"] = option(
        "error", "files that can't be read: refuse them, or leave them out and say so"
    )
    valid: float = option(0.1, "fraction held out for validation", min=0.0, max=0.9)
