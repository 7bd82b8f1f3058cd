"""MIDI files as scores, and scores as MIDI files."""

from __future__ import annotations

from rnngen.domains.music.score import Score, checked, symusic
from rnngen.errors import DataError

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
    library = symusic()
    if len(data) > LARGEST:
        raise DataError(
            f"`{name}` has {len(data):,} bytes, expected at most {LARGEST:,} of a MIDI file",
            hint="split it, or leave it out",
        )
    if data[:4] == b"RIFF":
        # RMID: a MIDI file in a RIFF chunk.
        data = data[max(0, data.find(b"MThd")) :]
    try:
        _check_chunks(data)
        score = library.Score.from_midi(data)
    except Exception as error:
        reason = str(error).removeprefix("MiniMidi: ").split("\n")[0].rstrip(".!")
        raise DataError(
            f"`{name}` is a damaged MIDI file: {reason}",
            hint="get it again, take it out, or leave all damaged files out with "
            "`-o music.damaged=skip`",
        ) from None
    return checked(score, name)


def _check_chunks(data: bytes) -> None:
    """ValueError where a chunk goes on after the end of the file.

    The library reads whatever stands in memory there, so that a file that was cut off is sometimes
    taken for a whole one.
    """
    place = 0
    while place < len(data):
        if place + 8 > len(data):
            # Some programs leave a few bytes behind the last track.
            return
        size = int.from_bytes(data[place + 4 : place + 8], "big")
        kind, place = data[place : place + 4], place + 8 + size
        if place > len(data) and kind in (b"MThd", b"MTrk"):
            raise ValueError(f"a chunk ends at byte {place:,} of {len(data):,}")


def write_midi(score: Score) -> bytes:
    """The score as a MIDI file."""
    return bytes(score.dumps_midi())
