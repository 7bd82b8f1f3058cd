"""MIDI files as scores, and scores as MIDI files."""

from __future__ import annotations

from rnngen import DataError
from rnngen_music.midi_file import Damage, read_song
from rnngen_music.score import Score, checked

LARGEST = 32 << 20
"""Bytes of a MIDI file; a symphony has less than one million."""


def read_midi(data: bytes, name: str) -> Score:
    """The score in a MIDI file, checked.

    Args:
        data: the file, decompressed.
        name: for messages.

    Raises:
        DataError: it is damaged, empty, or beyond the bounds of `score.checked`.
    """
    if len(data) > LARGEST:
        raise DataError(
            f"`{name}` has {len(data):,} bytes, expected at most {LARGEST:,} of a MIDI file",
            hint="split it, or leave it out",
        )
    if data[:4] == b"RIFF":
        # RMID: a MIDI file in a RIFF chunk.
        data = data[max(0, data.find(b"MThd")) :]
    try:
        song = read_song(data)
    except Damage as damage:
        raise DataError(
            f"`{name}` is a damaged MIDI file: {damage}",
            hint="get it again, take it out, or leave all damaged files out with "
            "`-o music.damaged=skip`",
        ) from None
    return checked(song, name)


def write_midi(score: Score) -> bytes:
    """The score as a MIDI file."""
    return bytes(score.dumps_midi())
