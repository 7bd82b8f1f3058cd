"""Pickups: the bars of a tune that begins with an incomplete one, put where its bar lines are.

A score counts its bars from its beginning, so a pickup of one beat would shift all of them. The
notes after the pickup tell where the bars are: abc2midi plays the first of each bar loudest.
"""

from __future__ import annotations

import re
from collections import Counter

from rnngen_music.abc2midi import Abc2Midi
from rnngen_music.midi_file import Song, read_song

LOUDEST = 105
"""The velocity of the first note in a bar, in tunes that set none."""

LOUDNESS = re.compile(r"![^!\n]*!|\+[a-z]+\+|^(?:%%|I:[ \t]*)MIDI.*$", re.MULTILINE)
"""What changes velocities: decorations and directives."""

FREE = re.compile(r"^M:[ \t]*(?:none|free)?[ \t]*$", re.MULTILINE | re.IGNORECASE)
"""A tune without bars."""

OFTEN = 0.6
"""Fraction of the loudest notes that must agree on where bars begin."""

SIXTEENTH = 4
"""Positions per beat on which bars may begin."""


def moved_to_bars(song: Song, program: Abc2Midi, text: str) -> Song:
    """The song with a rest before its pickup, so that the pickup's bar is complete.

    Args:
        song: what abc2midi made.
        program: abc2midi.
        text: the tune. If it sets loudnesses, it is read a second time without them.
    """
    if FREE.search(text):
        return song
    heard = song
    if LOUDNESS.search(text):
        plain, _ = program.convert(LOUDNESS.sub("", text))
        heard = read_song(plain) if plain else song
    rest = _rest(heard)
    if rest:
        for part in song.parts:
            for note in part.notes:
                note[0] += rest
        # The first signature and tempo hold from the beginning on.
        song.tempi = [(time + rest if time else 0, tempo) for time, tempo in song.tempi]
        song.signatures = [
            (time + rest if time else 0, above, below) for time, above, below in song.signatures
        ]
    return song


def _rest(song: Song) -> int:
    """Ticks to put before the song."""
    if not song.signatures:
        return 0
    _, above, below = song.signatures[0]
    bar = 4 * song.beat * above // below
    end = next((time for time, *_ in song.signatures[1:] if time), None)
    grid = song.beat / SIXTEENTH
    places: Counter[int] = Counter()
    for part in song.parts:
        if part.drums:
            continue
        for time, _, _, velocity in part.notes:
            if velocity == LOUDEST and (end is None or time < end):
                places[round(time % bar / grid) % max(1, round(bar / grid))] += 1
    if not places:
        return 0
    (place, often), *_ = places.most_common(1)
    if not place or often < OFTEN * places.total():
        return 0
    return bar - round(place * grid)
