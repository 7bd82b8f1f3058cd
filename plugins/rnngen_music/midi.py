"""MIDI files as scores, and scores as MIDI files."""

from __future__ import annotations

from rnngen import DataError
from rnngen_music.midi_file import Damage, read_song
from rnngen_music.score import Score, checked

LARGEST = 32 << 20
"""Most bytes in a MIDI file; a symphony has fewer than a million."""


def read_midi(data: bytes, name: str) -> Score:
    """The checked score of a MIDI file.

    Args:
        data: the file, decompressed.
        name: for messages.

    Raises:
        DataError: it is damaged, empty, or exceeds the bounds of `score.checked`.
    """
    if len(data) > LARGEST:
        raise DataError(
            f"`{name}` has {len(data):,} bytes, expected at most {LARGEST:,} for a MIDI file",
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
            hint="download it again, remove it, or skip all damaged files with "
            "`-o music.damaged=skip`",
        ) from None
    return checked(song, name)


def write_midi(score: Score) -> bytes:
    """The score as a MIDI file."""
    return bytes(score.dumps_midi())
