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
    """Likelihoods of piano-roll frames."""
    register(
        "bernoulli",
        "rnngen_music.likelihoods.bernoulli:Bernoulli",
        summary="independent keys of a piano-roll frame",
    )
    register(
        "nade",
        "rnngen_music.likelihoods.nade:Nade",
        summary="each key conditioned on the keys below it (Boulanger-Lewandowski et al. 2012)",
    )


@rnngen.hookimpl
def register_constraints(register: Register) -> None:
    """Rules of music over event tokens."""
    register(
        "notes",
        "rnngen_music.rules.constraints:WholeNotes",
        options="rnngen_music.rules.constraints:Options",
        summary="only complete notes (instrument, pitch, loudness, duration), in order of position",
    )
    register(
        "key",
        "rnngen_music.rules.constraints:key",
        options="rnngen_music.rules.constraints:Options",
        summary="only notes in a key: `C major`, `F# dorian`",
    )
    register(
        "range",
        "rnngen_music.rules.constraints:pitch_range",
        options="rnngen_music.rules.constraints:Options",
        summary="only notes in a range, both ends included: `48-72`, `C3-C5`",
    )
    register(
        "bars",
        "rnngen_music.rules.constraints:bars",
        options="rnngen_music.rules.constraints:Options",
        summary="an exact number of full bars: `4x4` is four bars of 4 beats",
    )
    register(
        "leap",
        "rnngen_music.rules.constraints:leap",
        options="rnngen_music.rules.constraints:Options",
        summary="successive notes at most this many semitones apart: `7`",
    )
    register(
        "cadence",
        "rnngen_music.rules.constraints:cadence",
        options="rnngen_music.rules.constraints:Options",
        summary="the last note of the last bar: `C`",
    )
    register(
        "motif",
        "rnngen_music.rules.constraints:motif",
        options="rnngen_music.rules.constraints:Options",
        summary="intervals or pitches that must occur in a row: `+2 +2 -4`, `C4 D4 E4`",
    )
