"""MIDI files written and read byte by byte, from the standard: independent of any library."""

from __future__ import annotations

import struct
from typing import NamedTuple

DRUMS = -1


class Note(NamedTuple):
    """A note in ticks; program -1 for drums."""

    program: int
    pitch: int
    start: int
    length: int
    velocity: int


def number(value: int) -> bytes:
    """A variable-length quantity."""
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))


def chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack(">I", len(data)) + data


def track(events: list[tuple[int, bytes]]) -> bytes:
    """Events with their times, sorted stably."""
    data, before = b"", 0
    for time, event in sorted(events, key=lambda event: event[0]):
        data += number(time - before) + event
        before = time
    return chunk(b"MTrk", data + b"\x00\xff\x2f\x00")


def midi(notes: list[Note], beat: int = 480, tempo: int = 500_000) -> bytes:
    """A file of format 1: a track of tempo, and one for each program."""
    tracks = [track([(0, b"\xff\x51\x03" + tempo.to_bytes(3, "big"))])]
    for place, program in enumerate(sorted({note.program for note in notes})):
        channel = 9 if program == DRUMS else place % 9
        events = [] if program == DRUMS else [(0, bytes([0xC0 | channel, program]))]
        own = [note for note in notes if note.program == program]
        # Ends before begins, so that a note may follow another of its pitch at once.
        events += [
            (note.start + note.length, bytes([0x80 | channel, note.pitch, 0])) for note in own
        ]
        events += [(note.start, bytes([0x90 | channel, note.pitch, note.velocity])) for note in own]
        tracks.append(track(events))
    head = chunk(b"MThd", struct.pack(">HHH", 1, len(tracks), beat))
    return head + b"".join(tracks)


def notes_of(data: bytes) -> tuple[list[Note], int]:
    """The notes of a file in ticks, sorted, and its ticks a beat."""
    assert data[:4] == b"MThd"
    beat = struct.unpack(">H", data[12:14])[0]
    place, found = 14, []
    while place < len(data):
        assert data[place : place + 4] == b"MTrk"
        size = struct.unpack(">I", data[place + 4 : place + 8])[0]
        found += _track_notes(data[place + 8 : place + 8 + size])
        place += 8 + size
    return sorted(found), beat


def _track_notes(data: bytes) -> list[Note]:
    place, time, status = 0, 0, 0
    programs, sounding, found = {}, {}, []

    def quantity() -> int:
        nonlocal place
        value = 0
        while True:
            byte = data[place]
            place += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value

    while place < len(data):
        time += quantity()
        if data[place] >= 0x80:
            status = data[place]
            place += 1
        kind, channel = status & 0xF0, status & 0x0F
        if status in (0xFF, 0xF0, 0xF7):
            place += status == 0xFF
            size = quantity()
            place += size
        elif kind in (0xC0, 0xD0):
            if kind == 0xC0:
                programs[channel] = data[place]
            place += 1
        else:
            first, second = data[place], data[place + 1]
            place += 2
            if kind == 0x90 and second:
                sounding.setdefault((channel, first), []).append((time, second))
            elif kind in (0x80, 0x90):
                start, velocity = sounding[channel, first].pop(0)
                program = DRUMS if channel == 9 else programs.get(channel, 0)
                found.append(Note(program, first, start, time - start, velocity))
    assert not any(sounding.values()), "a note does not end"
    return found
