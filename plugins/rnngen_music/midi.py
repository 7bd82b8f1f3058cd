"""MIDI files as scores, and scores as MIDI files."""

from __future__ import annotations

from rnngen import DataError, LeftOut
from rnngen_music.midi_file import Damage, Song, read_song
from rnngen_music.score import Score, checked

CHANNELS = 15
"""Channels of a port, without that of the drums."""

LARGEST = 32 << 20
"""Most bytes in a MIDI file; a symphony has fewer than a million."""


def read_midi(data: bytes, name: str, lost: LeftOut | None = None) -> Score:
    """The checked score of a MIDI file.

    Args:
        data: the file, decompressed.
        name: for messages.
        lost: counts what a score does not keep.

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
    made = checked(song, name)
    if lost is not None:
        _count(song, name, lost)
    return made


def _count(song: Song, name: str, lost: LeftOut) -> None:
    if song.time_code:
        lost.add("read by its time code (SMPTE), at 120 beats per minute", name)
    for amount, what in ((song.pedals, "sustain pedals"), (song.bends, "pitch bends")):
        if amount:
            lost.add(f"{what} dropped", name, amount)


def write_midi(score: Score) -> bytes:
    """The score as a MIDI file.

    A port has 15 channels beside the drums; further instruments get ports of their own, by the
    meta event 0x21 that sequencers read.
    """
    data = bytes(score.dumps_midi())
    pitched = [not track.is_drum for track in score.tracks]
    if sum(pitched) <= CHANNELS:
        return data
    chunks = _chunks(data)
    first = len(chunks) - len(pitched)
    made = [data[: data.index(b"MTrk")], *(_chunk(content) for content in chunks[:first])]
    number = 0
    for content, melodic in zip(chunks[first:], pitched, strict=True):
        port = number // CHANNELS if melodic else 0
        number += melodic
        made.append(_chunk(b"\x00\xff\x21\x01" + bytes([min(port, 127)]) + content))
    return b"".join(made)


def _chunks(data: bytes) -> list[bytes]:
    """The contents of the tracks of a file that symusic wrote."""
    place, found = data.index(b"MTrk"), []
    while place < len(data):
        end = place + 8 + int.from_bytes(data[place + 4 : place + 8], "big")
        found.append(data[place + 8 : end])
        place = end
    return found


def _chunk(content: bytes) -> bytes:
    return b"MTrk" + len(content).to_bytes(4, "big") + content
