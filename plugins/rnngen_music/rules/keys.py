"""Keys by name, and their pitch classes."""

from __future__ import annotations

from rnngen import UsageError, suggest
from rnngen_music.rules.names import read_pitch_class

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic-minor": (0, 2, 3, 5, 7, 8, 11),
    "melodic-minor": (0, 2, 3, 5, 7, 9, 11),
    "ionian": (0, 2, 4, 5, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "aeolian": (0, 2, 3, 5, 7, 8, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "pentatonic": (0, 2, 4, 7, 9),
    "minor-pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "whole-tone": (0, 2, 4, 6, 8, 10),
    "chromatic": tuple(range(12)),
}
"""Semitones above the tonic."""

TONICS = [letter + sign for letter in "CDEFGAB" for sign in ("", "#", "b")]


def pitch_classes(key: str) -> frozenset[int]:
    """The pitch classes of `C major`, `F# dorian`, `A harmonic minor`; a bare `G` is major.

    Raises:
        UsageError: the key does not exist; the hint suggests the nearest one.
    """
    tonic, _, scale = key.strip().partition(" ")
    name = "-".join(scale.lower().replace("-", " ").split()) or "major"
    try:
        root = read_pitch_class(tonic)
        return frozenset((root + step) % 12 for step in SCALES[name])
    except (ValueError, KeyError):
        near = suggest(f"{tonic[:1].upper()}{tonic[1:]} {name}", _names())
        raise UsageError(
            f"unknown key `{key}`",
            hint=f"did you mean `{near}`?" if near else f"scales are {', '.join(SCALES)}",
        ) from None


def _names() -> list[str]:
    return [f"{tonic} {scale}" for tonic in TONICS for scale in SCALES]
