"""The frame codec: a step is a vector of 88 keys, 1 where a key sounds, and a boundary flag."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen import BundleError, Codec, Piece
from rnngen_music.piano_roll import KEYS, LOWEST, Roll, score_of
from rnngen_music.score import Score

FILE = "codec.json"
DISTRIBUTIONS = ("nade", "bernoulli")
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


class FrameCodec(Codec):
    """Frames of a piano roll.

    Args:
        grid: frames per beat.
        distribution: the likelihood of a frame, `nade` or `bernoulli`.
    """

    step_shape = (KEYS + 1,)
    dtype = np.float32
    boundary = (*[0.0] * KEYS, 1.0)
    size = KEYS + 1
    steps_are = "frames"
    opening: Sequence[int] = ()

    def __init__(self, grid: int, distribution: str = "nade") -> None:
        self.grid = grid
        self.distribution = distribution

    def encode(self, content: Roll) -> NDArray[np.float32]:
        """The frames of a roll `[n,88]`, as `[n,89]`."""
        return np.pad(content.astype(np.float32), ((0, 0), (0, 1)))

    def score(self, steps: Sequence[Any] | NDArray[Any]) -> Score:
        """The score of frames without boundaries; a key that keeps sounding is one note."""
        frames = np.asarray(steps, np.float32).reshape(-1, KEYS + 1)
        return score_of(frames[:, :KEYS] > 0.5, self.grid)

    def shown(self, steps: Sequence[Any]) -> str:
        """One line per frame with the names of its notes, `.` for silence."""
        frames = np.asarray(steps, np.float32).reshape(-1, KEYS + 1)[:, :KEYS] > 0.5
        sounding = [(np.flatnonzero(frame) + LOWEST).tolist() for frame in frames]
        lines = (" ".join(map(note_name, pitches)) for pitches in sounding)
        return "".join(f"{line or '.'}\n" for line in lines)

    def files(self) -> Mapping[str, bytes]:
        """`codec.json`."""
        content = {"steps": "frames", "grid": self.grid, "distribution": self.distribution}
        return {FILE: json.dumps(content).encode()}

    def grow(self, pieces: Iterable[Piece]) -> FrameCodec:
        """The codec itself: all pieces have the same keys."""
        return self


def note_name(number: int) -> str:
    """The name of a MIDI note: `C4` for 60."""
    return f"{NAMES[number % 12]}{number // 12 - 1}"


def load_frames(content: Mapping[str, Any]) -> FrameCodec:
    """The codec with the file content `content`; BundleError where it is incomplete or damaged."""
    grid: Any = content.get("grid")
    distribution: Any = content.get("distribution")
    whole = type(grid) is int and 1 <= grid <= 96
    if not whole or distribution not in DISTRIBUTIONS:
        raise BundleError("`codec.json` is not a frame codec", hint="train the model again")
    return FrameCodec(grid, distribution)
