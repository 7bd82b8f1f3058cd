"""Piano rolls: scores as frames of 88 keys, and back.

Key 0 is the lowest A of a piano, MIDI number 21. A key struck again while it sounds, or in the
frame right after, keeps sounding: a roll can't tell the two apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen_music.score import Score, symusic

KEYS = 88
LOWEST = 21
"""MIDI number of key 0."""

TEMPO = 120.0
VELOCITY = 80

Roll = NDArray[np.bool_]
"""`[n, 88]`, True where a key sounds."""


@dataclass(frozen=True)
class LeftOut:
    """What a roll can't represent.

    Args:
        drums: number of drum notes.
        outside: number of notes outside a piano's range.
    """

    drums: int
    outside: int


def roll_of(score: Score, grid: int) -> tuple[Roll, LeftOut]:
    """The frames of a score up to its last note.

    A note sounds from the frame nearest to its start to the one nearest to its end, for at least
    one frame.

    Args:
        score: a checked score in ticks.
        grid: frames per beat.
    """
    drums = sum(len(track.notes) for track in score.tracks if track.is_drum)
    columns: list[list[NDArray[Any]]] = [
        [track.notes.numpy()[name] for name in ("time", "duration", "pitch")]
        for track in score.tracks
        if not track.is_drum
    ]
    if not columns:
        return np.zeros((0, KEYS), np.bool_), LeftOut(drums, 0)
    times, durations, pitches = (
        np.concatenate(part).astype(np.int64) for part in zip(*columns, strict=True)
    )
    beat = score.ticks_per_quarter
    starts = _nearest(times * grid, beat)
    stops = np.maximum(starts + 1, _nearest((times + durations) * grid, beat))
    keys = pitches - LOWEST
    inside = (keys >= 0) & (keys < KEYS)
    starts, stops, keys = starts[inside], stops[inside], keys[inside]
    # Notes switch a running sum on and off, so the cost does not grow with their length.
    steps = np.zeros((int(stops.max(initial=0)) + 1, KEYS), np.int32)
    np.add.at(steps, (starts, keys), 1)
    np.add.at(steps, (stops, keys), -1)
    return steps.cumsum(0)[:-1] > 0, LeftOut(drums, int((~inside).sum()))


def score_of(roll: Roll, grid: int) -> Score:
    """The notes of a roll, each as long as its key sounds without a break."""
    library = symusic()
    made = library.Score(grid)
    made.tempos.append(library.Tempo(0, TEMPO))
    track = library.Track(name="Piano", program=0, is_drum=False)
    padded = np.zeros((len(roll) + 2, KEYS), np.int8)
    padded[1:-1] = roll
    change = np.diff(padded, axis=0)
    for key in range(KEYS):
        starts, stops = np.flatnonzero(change[:, key] > 0), np.flatnonzero(change[:, key] < 0)
        for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
            track.notes.append(library.Note(start, stop - start, key + LOWEST, VELOCITY))
    track.notes.sort(lambda note: (note.time, note.pitch))
    made.tracks.append(track)
    return made


def transposed(roll: Roll, semitones: int) -> Roll | None:
    """The roll transposed up by keys; None if a note would leave the piano."""
    moved = np.roll(roll, semitones, axis=1)
    edge = moved[:, :semitones] if semitones > 0 else moved[:, semitones:]
    return None if semitones and edge.any() else moved


def _nearest(numbers: NDArray[np.int64], by: int) -> NDArray[np.int64]:
    """Quotients rounded to whole numbers, halves up."""
    quotients: NDArray[np.int64] = (2 * numbers + by) // (2 * by)
    return quotients
