"""Standard MIDI Files read byte by byte: their notes, tempi and time signatures, and nothing else.

The library symusic trusts a file: a data byte above 127 or a wrong length makes it read and write
out of bounds. This module checks every byte before using it, and names errors by track and byte.
Follows the MIDI Association's RP-001 (Standard MIDI Files 1.0).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

DRUMS = 9
"""The drum channel, counted from 0."""

TIME_CODE = 1 << 15
"""The bit that turns ticks per beat into frames per second and ticks per frame."""

PATTERNS = 2
"""The format whose tracks play one after another."""

MOST_NOTES = 500_000
MOST_CHANGES = 20_000
"""Most changes of the tempo, and of the time signature."""

LONGEST_QUANTITY = 4
"""Most bytes in a variable-length quantity."""

LARGEST_EXPONENT = 6
"""Largest power of two in the denominator of a time signature: sixty-fourths."""

END, NAME, TEMPO, SIGNATURE = 0x2F, 0x03, 0x51, 0x58
SUSTAIN, DOWN = 64, 64
"""The controller of the sustain pedal, and its smallest value when pressed."""

SYSEX, ESCAPE, META = 0xF0, 0xF7, 0xFF


class Damage(ValueError):
    """An error in a file and its position; a sentence without the file's name."""


@dataclass
class Part:
    """The notes that one instrument plays in a track.

    Args:
        name: track name.
        program: General MIDI program.
        drums: whether it is on the drum channel.
        notes: start and length in ticks, pitch, velocity, in order of their starts; a note that
            never ends has length -1.
    """

    name: str
    program: int
    drums: bool
    notes: list[list[int]]


@dataclass
class Song:
    """The music in a file.

    Args:
        beat: ticks per beat; in a file with a time code (SMPTE), a beat is half a second.
        time_code: whether the file counts time in frames per second.
        parts: parts, track by track.
        tempi: time in ticks, and microseconds per beat.
        signatures: time in ticks, numerator, denominator.
        pedals: how often a sustain pedal is pressed, which is all that is kept of it.
        bends: how often a pitch is bent.
    """

    beat: int
    time_code: bool = False
    parts: list[Part] = field(default_factory=list)
    tempi: list[tuple[int, int]] = field(default_factory=list)
    signatures: list[tuple[int, int, int]] = field(default_factory=list)
    pedals: int = 0
    bends: int = 0


def read_song(data: bytes) -> Song:
    """The song in a MIDI file.

    Raises:
        Damage: a chunk, an event or a number is wrong, or a limit is exceeded.
    """
    kind, count, beat, place = _head(data)
    time_code = bool(beat & TIME_CODE)
    if time_code:
        # The high byte is minus the frames per second, the low one the ticks per frame; 29 stands
        # for 30 frames of which some numbers are dropped. A tick counts twice, so that half a
        # second is a whole number of ticks.
        beat = {29: 30}.get(256 - (beat >> 8), 256 - (beat >> 8)) * (beat & 0xFF)
    song = Song(beat, time_code)
    read = start = 0
    while place + 8 <= len(data):
        name = data[place : place + 4]
        end = place + 8 + int.from_bytes(data[place + 4 : place + 8], "big")
        if name == b"MTrk":
            read += 1
            if end > len(data):
                raise Damage(f"track {read} ends at byte {end:,} of {len(data):,}")
            stop = _Track(song, read, place + 8, start).read(data[place + 8 : end])
            if kind == PATTERNS:
                # Patterns play in a row: each starts on the beat after the previous one.
                start = -(-stop // max(1, beat)) * beat
        elif name == b"MThd":
            raise Damage(f"byte {place:,}: a second header")
        elif end > len(data):
            # Some programs leave bytes after the last track.
            break
        place = end
    if read < count:
        raise Damage(f"it has {read} of the {count} tracks that its header declares")
    if time_code:
        _by_the_clock(song)
    song.tempi.sort(key=lambda change: change[0])
    song.signatures.sort(key=lambda change: change[0])
    return song


def _by_the_clock(song: Song) -> None:
    """Doubles all times, and drops the tempi, which a time code does not follow."""
    for part in song.parts:
        for note in part.notes:
            note[0] *= 2
            note[1] *= 2
    song.tempi.clear()
    song.signatures = [(2 * time, *sign) for time, *sign in song.signatures]  # type: ignore[misc]


def _head(data: bytes) -> tuple[int, int, int, int]:
    """Format, track count, division, and the end of the header, which may grow in the future."""
    size = int.from_bytes(data[4:8], "big")
    if data[:4] != b"MThd" or len(data) < 14:
        raise Damage(f"its header has {min(len(data), 14)} of 14 bytes")
    if size < 6 or 8 + size > len(data):
        raise Damage(f"byte 4: its header has {size:,} bytes, expected 6")
    kind, count, beat = (int.from_bytes(data[at : at + 2], "big") for at in (8, 10, 12))
    if kind > PATTERNS:
        raise Damage(f"byte 8: its format is {kind}, expected 0, 1 or 2")
    return kind, count, beat, 8 + size


class _Track:
    """Reads the events of a track into a song.

    Args:
        song: the song that gets the parts found.
        number: track number, counted from 1, for messages.
        origin: byte of the file where the events begin, for messages.
        start: start of the track, in ticks.
    """

    def __init__(self, song: Song, number: int, origin: int, start: int) -> None:
        self._song = song
        self._number = number
        self._origin = origin
        self._time = start
        self._room = MOST_NOTES - sum(len(part.notes) for part in song.parts)
        self._name = ""
        self._programs = [0] * 16
        self._parts: dict[tuple[int, int], list[list[int]]] = {}
        self._sounding: dict[tuple[int, int], deque[list[int]]] = {}

    def read(self, data: bytes) -> int:
        """Reads all events; returns the end of the track in ticks."""
        try:
            self._events(data)
        except IndexError:
            raise self._damage(len(data), "it ends within an event") from None
        for (channel, program), notes in sorted(self._parts.items()):
            part = Part(self._name, program, channel == DRUMS, notes)
            self._song.parts.append(part)
        return self._time

    def _events(self, data: bytes) -> None:
        place = running = 0
        while place < len(data):
            wait = data[place]
            place += 1
            if wait > 127:
                wait, place = self._quantity(data, place - 1)
            self._time += wait
            status = data[place]
            if status > 127:
                place += 1
            elif not running:
                raise self._damage(place, f"the data byte {status} has no status byte before it")
            else:
                status = running
            if status >= SYSEX:
                kind, content, place = self._system(data, place, status)
                if kind == END:
                    return
                self._meta(kind, content, place - len(content))
                continue
            running = status
            # Program changes and channel pressures have one data byte, all others two.
            size = 1 if 0xC0 <= status < 0xE0 else 2
            first, second = data[place], data[place + size - 1]
            if first > 127 or second > 127:
                bad = place if first > 127 else place + size - 1
                raise self._damage(bad, f"the data byte {data[bad]} is above 127")
            place += size
            if status < 0xA0:
                self._note(status & 0x0F, first, second if status >= 0x90 else 0, place)
            elif status & 0xF0 == 0xC0:
                self._programs[status & 0x0F] = first
            elif status >= 0xE0:
                self._song.bends += 1
            elif status & 0xF0 == 0xB0 and first == SUSTAIN and second >= DOWN:
                self._song.pedals += 1

    def _note(self, channel: int, pitch: int, velocity: int, place: int) -> None:
        """Starts a note, or ends one at velocity 0; of two at one pitch, the earlier ends first."""
        if not velocity:
            queue = self._sounding.get((channel, pitch))
            if queue:
                note = queue.popleft()
                note[1] = self._time - note[0]
            return
        self._room -= 1
        if self._room < 0:
            raise self._damage(place, f"more than {MOST_NOTES:,} notes")
        note = [self._time, -1, pitch, velocity]
        self._parts.setdefault((channel, self._programs[channel]), []).append(note)
        self._sounding.setdefault((channel, pitch), deque()).append(note)

    def _system(self, data: bytes, place: int, status: int) -> tuple[int, bytes, int]:
        """Kind (-1 if not a meta event), content and end of an event that has a length."""
        if status not in (SYSEX, ESCAPE, META):
            raise self._damage(place - 1, f"the status byte {status:#x} is not allowed in a file")
        kind = -1
        if status == META:
            kind = data[place]
            if kind > 127:
                raise self._damage(place, f"the meta event {kind} does not exist")
            place += 1
        size, place = self._quantity(data, place)
        if place + size > len(data):
            raise self._damage(
                place, f"an event has {size:,} bytes where the track has {len(data) - place:,} left"
            )
        return kind, data[place : place + size], place + size

    def _meta(self, kind: int, content: bytes, place: int) -> None:
        if kind == NAME:
            self._name = content.decode("utf-8", "ignore").replace("\0", "")
        elif kind == TEMPO:
            tempo = int.from_bytes(content, "big")
            if len(content) != 3 or not tempo:
                raise self._damage(place, f"a tempo of {content.hex() or 'no bytes'}")
            self._song.tempi.append((self._time, tempo))
        elif kind == SIGNATURE:
            quarters = content[0] * max(1, 4 >> content[1]) if len(content) > 1 else 0
            if not 0 < quarters < 256 or content[1] > LARGEST_EXPONENT:
                raise self._damage(place, f"a time signature of {content.hex() or 'no bytes'}")
            self._song.signatures.append((self._time, content[0], 2 ** content[1]))
        if max(len(self._song.tempi), len(self._song.signatures)) > MOST_CHANGES:
            raise self._damage(place, f"more than {MOST_CHANGES:,} changes of tempo or metre")

    def _quantity(self, data: bytes, place: int) -> tuple[int, int]:
        """A variable-length quantity, and its end."""
        value = 0
        for at in range(place, place + LONGEST_QUANTITY):
            value = value << 7 | data[at] & 0x7F
            if data[at] < 128:
                return value, at + 1
        raise self._damage(place, f"a number of more than {LONGEST_QUANTITY} bytes")

    def _damage(self, place: int, what: str) -> Damage:
        return Damage(f"track {self._number}, byte {self._origin + place:,}: {what}")
