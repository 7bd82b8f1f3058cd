"""Scores as sound, without samples: a few decaying partials per note, noise for drums.

Roughly a plucked string: partial k of a note of frequency f is a sine of k f with amplitude 1/k²,
which decays faster the higher it is; the attack takes a few milliseconds, and a note fades shortly
after its key is released.
"""

from __future__ import annotations

import io
import wave
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen import UsageError
from rnngen_music.score import Score, symusic

RATE = 22_050
PARTIALS = 6
HALF_LIFE = 0.8
"""Seconds until the first partial of middle C falls to half."""

ATTACK, RELEASE = 0.004, 0.08
DRUM = 0.18
"""Duration of a drum sound in seconds."""

KICK = range(35, 37)
LONGEST = 3600.0
"""Longest sound in seconds."""

Sound = NDArray[np.float32]


def wav(score: Score) -> bytes:
    """The sound of a score as a 16-bit mono WAV file.

    Raises:
        UsageError: it lasts longer than an hour.
    """
    sound = sound_of(score)
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((sound * 32_000).astype("<i2").tobytes())
    return content.getvalue()


def sound_of(score: Score) -> Sound:
    """Samples between -1 and 1, `[n]` at `RATE`, a moment longer than the last note."""
    timed = score.to(symusic().TimeUnit.second)
    notes = [(note, track.is_drum) for track in timed.tracks for note in track.notes]
    end = max((note.time + note.duration for note, _ in notes), default=0.0) + 0.5
    if end > LONGEST:
        raise UsageError(
            f"the sound would last {end / 60:.0f} minutes, expected at most {LONGEST / 60:.0f}",
            hint="generate fewer steps, or write a `.mid` file",
        )
    sound = np.zeros(int(end * RATE) + 1, np.float32)
    made: dict[tuple[Any, ...], Sound] = {}
    for note, drum in notes:
        length = DRUM if drum else note.duration
        key = drum, note.pitch, round(length * 200)
        if key not in made:
            made[key] = _drum(note.pitch) if drum else _tone(note.pitch, length)
        start = int(note.time * RATE)
        room = sound[start : start + len(made[key])]
        room += made[key][: len(room)] * (note.velocity / 127) ** 1.5
    loudest = float(np.abs(sound).max())
    return sound / loudest * np.float32(0.9) if loudest else sound


def _tone(pitch: int, seconds: float) -> Sound:
    frequency = 440.0 * 2 ** ((pitch - 69) / 12)
    time = np.arange(int((seconds + RELEASE) * RATE)) / RATE
    decay = np.log(2) / HALF_LIFE * (frequency / 261.6) ** 0.5
    tone = np.zeros(len(time))
    for partial in range(1, PARTIALS + 1):
        if partial * frequency < RATE / 2:
            envelope = np.exp(-decay * (1 + 0.6 * (partial - 1)) * time)
            tone += envelope * np.sin(2 * np.pi * partial * frequency * time) / partial**2
    attack = np.minimum(1, time / ATTACK)
    release = np.clip((seconds + RELEASE - time) / RELEASE, 0, 1)
    return (tone * attack * release).astype(np.float32)


def _drum(pitch: int) -> Sound:
    """A falling sine for kicks; else noise, brighter and shorter for higher numbers."""
    time = np.arange(int(DRUM * RATE)) / RATE
    if pitch in KICK:
        sweep = 2 * np.pi * np.cumsum(45 + 90 * np.exp(-time * 40)) / RATE
        return (1.5 * np.sin(sweep) * np.exp(-time * 18)).astype(np.float32)
    noise = np.random.default_rng(pitch).standard_normal(len(time))
    if pitch > 41:
        noise = np.diff(noise, prepend=0.0)
    return (0.35 * noise * np.exp(-time * (15 + pitch / 2))).astype(np.float32)
