"""MIDI files that no library is trusted with: what is wrong is named, what is right is read."""

from __future__ import annotations

import struct

import pytest
import symusic
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.errors import DataError
from rnngen_music.midi import read_midi
from rnngen_music.midi_file import Damage, read_song
from tests.plugins.rnngen_music.midi_bytes import DRUMS, Note, chunk, midi, notes_of, number

END = b"\x00\xff\x2f\x00"
NOTE = b"\x00\x90\x3c\x40\x10\x80\x3c\x40"


def head(kind: int = 0, tracks: int = 1, beat: int = 480, more: bytes = b"") -> bytes:
    return chunk(b"MThd", struct.pack(">HHH", kind, tracks, beat) + more)


def song(events: bytes) -> bytes:
    return head() + chunk(b"MTrk", events + END)


DAMAGES = {
    "a data byte of the first note": (
        song(b"\x00\x9f\xb1\x40"),
        "track 1, byte 24: the data byte 177 is above 127",
    ),
    "a velocity": (song(b"\x00\x90\x3c\x80"), "track 1, byte 25: the data byte 128 is above 127"),
    "a program": (song(b"\x00\xc0\xff"), "track 1, byte 24: the data byte 255 is above 127"),
    "no status": (
        song(b"\x00\x3c\x40"),
        "track 1, byte 23: the data byte 60 has no status byte before it",
    ),
    "a status": (
        song(b"\x00\xf4"),
        "track 1, byte 23: the status byte 0xf4 is not allowed in a file",
    ),
    "a time": (song(b"\xff\xff\xff\xff\x01"), "track 1, byte 22: a number of more than 4 bytes"),
    "a length": (
        song(b"\x00\xff\x03\x7fab"),
        "track 1, byte 26: an event has 127 bytes where the track has 6 left",
    ),
    "a tempo": (song(b"\x00\xff\x51\x03\0\0\0" + NOTE), "byte 26: a tempo of 000000"),
    "a signature": (
        song(b"\x00\xff\x58\x04\x04\x4d\x18\x08" + NOTE),
        "byte 26: a time signature of 044d1808",
    ),
    "quarters": (
        song(b"\x00\xff\x58\x04\xff\x00\x18\x08" + NOTE),
        "byte 26: a time signature of ff001808",
    ),
    "a meta event": (song(b"\x00\xff\x80\x00"), "byte 24: the meta event 128 does not exist"),
    "a note cut off": (head() + chunk(b"MTrk", b"\x00\x90\x3c"), "it ends within an event"),
    "a chunk": (head() + b"MTrk\0\0\0\x40" + NOTE, "track 1 ends at byte 86 of 30"),
    "a track less": (head(1, 3) + chunk(b"MTrk", NOTE + END), "has 1 of the 3 tracks"),
    "a format": (head(7) + chunk(b"MTrk", NOTE + END), "its format is 7"),
    "a head": (b"MThd\0\0\0\x02\0\0" + chunk(b"MTrk", NOTE + END), "its header has 2 bytes"),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_what_is_wrong_is_named_by_track_and_byte(what: str) -> None:
    data, message = DAMAGES[what]
    with pytest.raises(DataError) as error:
        read_midi(data, "x.mid")
    assert error.value.message.startswith("`x.mid` is a damaged MIDI file: ")
    assert message in error.value.message
    assert "music.damaged=skip" in str(error.value.hint)


@given(events=st.binary(max_size=80), kind=st.integers(0, 2))
@settings(max_examples=300, deadline=None)
def test_whatever_bytes_a_track_has_they_are_a_song_or_named_damage(
    events: bytes, kind: int
) -> None:
    data = head(kind) + chunk(b"MTrk", events)
    try:
        found = read_song(data)
    except Damage:
        return
    for part in found.parts:
        assert 0 <= part.program < 128
        for _, length, pitch, velocity in part.notes:
            assert length >= -1
            assert 0 <= pitch < 128
            assert 0 < velocity < 128


notes = st.lists(
    st.builds(
        Note,
        program=st.sampled_from([DRUMS, 0, 5, 127]),
        pitch=st.integers(0, 127),
        start=st.integers(0, 4000),
        length=st.integers(1, 2000),
        velocity=st.integers(1, 127),
    ),
    min_size=1,
    max_size=30,
)


@given(notes=notes, beat=st.integers(1, 32767))
@settings(max_examples=60, deadline=None)
def test_a_good_file_is_read_as_another_reader_and_the_library_read_it(
    notes: list[Note], beat: int
) -> None:
    data = midi(notes, beat, tempo=400_000)
    song = read_song(data)
    ours = [
        Note(DRUMS if part.drums else part.program, pitch, start, length, velocity)
        for part in song.parts
        for start, length, pitch, velocity in part.notes
    ]
    assert (sorted(ours), song.beat) == notes_of(data)
    library = symusic.Score.from_midi(data)
    theirs = [
        Note(DRUMS if track.is_drum else track.program, n.pitch, n.time, n.duration, n.velocity)
        for track in library.tracks
        for n in track.notes
    ]
    assert sorted(ours) == sorted(theirs)
    assert song.tempi == [(change.time, change.mspq) for change in library.tempos]


def test_a_longer_head_other_chunks_and_bytes_behind_the_end_are_allowed() -> None:
    data = head(more=b"\1\2") + chunk(b"XFIH", b"abc") + chunk(b"MTrk", NOTE + END) + b"\0" * 20
    assert [part.notes for part in read_song(data).parts] == [[[0, 16, 60, 64]]]


def test_status_bytes_are_left_out_as_the_standard_allows_even_over_a_name() -> None:
    data = song(b"\x00\x90\x3c\x40\x00\xff\x03\x01a\x10\x3c\x00\x00\x40\x50\x10\x40\x00")
    assert read_song(data).parts[0].notes == [[0, 16, 60, 64], [16, 16, 64, 80]]


def test_patterns_of_format_2_follow_each_other_on_the_beat() -> None:
    track = chunk(b"MTrk", NOTE + END)
    found = read_song(head(2, 3, beat=10) + track * 3)
    assert [part.notes[0][0] for part in found.parts] == [0, 20, 40]


@pytest.mark.parametrize(
    ("division", "second"),
    [(0xE728, 25 * 40), (0xE808, 24 * 8), (0xE364, 30 * 100), (0xE250, 30 * 80)],
)
def test_a_time_code_is_read_by_the_clock_at_120_beats_per_minute(
    division: int, second: int
) -> None:
    tempo = b"\x00\xff\x51\x03\x0f\x42\x40"  # 60 beats per minute, which do not count
    notes = b"\x00\x90\x3c\x40" + number(second) + b"\x80\x3c\x40" + NOTE
    song = read_song(head(beat=division) + chunk(b"MTrk", tempo + notes + END))
    assert [note[0] / song.beat for note in song.parts[0].notes] == [0, 2]
    assert song.parts[0].notes[0][1] / song.beat == 2
    assert song.time_code
    assert not song.tempi


def test_many_notes_at_one_pitch_end_in_the_order_in_which_they_began() -> None:
    count = 3000
    begun = b"\x01\x90\x3c\x40" * count
    found = read_song(song(begun + number(count) + b"\x80\x3c\x40" + b"\x01\x80\x3c\x40" * 2999))
    assert [length for _, length, *_ in found.parts[0].notes] == [2 * count - 1] * count
