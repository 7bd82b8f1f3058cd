"""Music: MIDI, ABC and piano rolls, as event tokens or as frames of 88 keys, and rules of music."""

from __future__ import annotations

import rnngen
from rnngen import Register


@rnngen.hookimpl
def register_domains(register: Register) -> None:
    """The domain `music`."""
    register(
        "music",
        "rnngen_music.domain:MusicDomain",
        options="rnngen_music.options:Options",
        summary="MIDI, ABC and piano rolls, as event tokens or frames of 88 keys",
    )


@rnngen.hookimpl
def register_likelihoods(register: Register) -> None:
    """Likelihoods of a frame of keys."""
    register(
        "bernoulli",
        "rnngen_music.likelihoods.bernoulli:Bernoulli",
        summary="independent keys of a piano-roll frame",
    )
    register(
        "nade",
        "rnngen_music.likelihoods.nade:Nade",
        summary="keys of a frame that hang on the lower ones (Boulanger-Lewandowski et al. 2012)",
    )


@rnngen.hookimpl
def register_constraints(register: Register) -> None:
    """Rules of music over event tokens."""
    register(
        "notes",
        "rnngen_music.rules.constraints:whole_notes",
        options="rnngen_music.rules.constraints:Options",
        summary="every note whole: instrument, pitch, loudness, duration; positions that go on",
    )
    register(
        "key",
        "rnngen_music.rules.constraints:key",
        options="rnngen_music.rules.constraints:Options",
        summary="notes of a key only: `C major`, `F# dorian`",
    )
    register(
        "range",
        "rnngen_music.rules.constraints:pitch_range",
        options="rnngen_music.rules.constraints:Options",
        summary="notes from the lowest to the highest: `48-72`, `C3-C5`",
    )
    register(
        "bars",
        "rnngen_music.rules.constraints:bars",
        options="rnngen_music.rules.constraints:Options",
        summary="so many bars, in each of which durations add up: `4x16`",
    )
    register(
        "leap",
        "rnngen_music.rules.constraints:leap",
        options="rnngen_music.rules.constraints:Options",
        summary="successive notes are at most so many semitones apart",
    )
    register(
        "cadence",
        "rnngen_music.rules.constraints:cadence",
        options="rnngen_music.rules.constraints:Options",
        summary="the last bar ends on this note: `C`",
    )
    register(
        "motif",
        "rnngen_music.rules.constraints:motif",
        options="rnngen_music.rules.constraints:Options",
        summary="intervals or pitches that occur: `+2 +2 -4`, `C4 D4 E4`",
    )
