"""What names of event tokens say: plain ones, those of miditok, and one's own."""

from __future__ import annotations

from fractions import Fraction

import pytest

from rnngen.contracts.errors import UsageError
from rnngen_music.rules.keys import pitch_classes
from rnngen_music.rules.names import Event, read_events, read_pitch, resolution


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("NOTE_60", "note", 60),
        ("NOTE_C4", "note", 60),
        ("Pitch_21", "note", 21),
        ("NoteOn_108", "note", 108),
        ("REST", "rest", None),
        ("Rest_1.0.8", "rest", 1),
        ("DUR_4", "duration", 4),
        ("DUR_1/2", "duration", Fraction(1, 2)),
        ("DUR_1.5", "duration", Fraction(3, 2)),
        ("Duration_1.4.8", "duration", Fraction(3, 2)),
        ("TimeShift_0.2.8", "shift", Fraction(1, 4)),
        ("Position_3", "position", 3),
        ("BAR", "bar", None),
        ("Bar_None", "bar", None),
        ("Velocity_127", "other", None),
        ("PitchDrum_36", "other", None),
        ("NoteOff_60", "other", None),
        ("Tempo_46.77", "other", None),
        ("TimeSig_6/8", "signature", 6),
        ("PAD_None", "mark", None),
        ("BOS_None", "mark", None),
        ("EOS_None", "mark", None),
        ("MASK_None", "mark", None),
        ("Program_0", "other", None),
        ("'a'", "other", None),
        ("DUR_1.0.0", "other", None),
        ("DUR_1/0", "other", None),
    ],
)
def test_names_are_read(name, kind, value):
    assert read_events([name]) == [Event(kind, None if value is None else Fraction(value))]


def test_patterns_of_ones_own_come_first():
    names = ["p60", "d3/2", "bar", "NOTE_61"]
    events = read_events(names, [r"note=p(\d+)", "duration=d(.+)", "other=NOTE_.*"])
    assert [event.kind for event in events] == ["note", "duration", "bar", "other"]
    assert [event.value for event in events] == [60, Fraction(3, 2), None, None]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("nota=p", "the pattern `nota=p` does not name a kind of event"),
        ("note", "expected `kind=expression`"),
        ("note=p(", r"is not a valid regular expression: missing \)"),
        ("note=(x)", "the token `x` is read as a note, but `x` is not a valid value"),
    ],
)
def test_broken_patterns_are_refused(pattern, message):
    with pytest.raises(UsageError, match=message):
        read_events(["x"], [pattern])


def test_the_finest_positions_of_a_beat_are_found():
    assert resolution(["Duration_1.0.8", "Duration_4.1.4", "Pitch_60"]) == 8
    assert resolution(["DUR_4"]) == 1


@pytest.mark.parametrize(
    ("text", "pitch"), [("60", 60), ("C4", 60), ("a4", 69), ("F#3", 54), ("Bb-1", 10), ("B#3", 60)]
)
def test_pitches_are_read(text, pitch):
    assert read_pitch(text) == pitch


@pytest.mark.parametrize(
    ("key", "classes"),
    [
        ("C major", {0, 2, 4, 5, 7, 9, 11}),
        ("a minor", {0, 2, 4, 5, 7, 9, 11}),
        ("G", {7, 9, 11, 0, 2, 4, 6}),
        ("F# harmonic minor", {6, 8, 9, 11, 1, 2, 5}),
        ("Cb pentatonic", {11, 1, 3, 6, 8}),
    ],
)
def test_keys_have_their_pitch_classes(key, classes):
    assert pitch_classes(key) == classes


@pytest.mark.parametrize(
    ("key", "meant"), [("C mayor", "C major"), ("f# dorain", "F# dorian"), ("Bb minr", "Bb minor")]
)
def test_an_unknown_key_suggests_the_one_that_was_meant(key, meant):
    with pytest.raises(UsageError, match=f"unknown key `{key}`") as caught:
        pitch_classes(key)
    assert caught.value.hint == f"did you mean `{meant}`?"
