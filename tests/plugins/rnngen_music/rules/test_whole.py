"""The rule `notes` against a regular expression over kinds, and the time signatures of `bars`."""

from __future__ import annotations

import re

import pytest
import torch

from rnngen import find_component
from rnngen_constrained.errors import BadSyntax, EmptyLanguage
from rnngen_constrained.machines.compose import compose
from rnngen_constrained.machines.make import make
from tests.plugins.rnngen_music.rules.test_rules import all_sequences, sequences, vocabulary

REMI = ["Bar_None", "TimeSig_4/4", "Position_0", "Position_2", "Program_0", "Pitch_60"]
REMI += ["Velocity_95", "Duration_1.0.4"]

LETTERS = {
    "Bar_None": "b",
    "TimeSig_4/4": "s",
    "Tempo_120.0": "t",
    "Program_0": "i",
    "Program_-1": "j",
    "Pitch_60": "n",
    "PitchDrum_36": "d",
    "Velocity_95": "v",
    "Duration_1.0.4": "l",
    "TimeShift_1.0.4": "h",
    "Position_0": "0",
    "Position_2": "2",
    "NOTE_60": "n",
    "DUR_4": "l",
    "REST": "r",
}


def word(sequence):
    return "".join(LETTERS[name] for name in sequence)


def allowed(names, most, pattern):
    """Sequences that fit the pattern and have a note or a drum."""
    fit = {each for each in all_sequences(names, most) if re.fullmatch(pattern, word(each))}
    return {each for each in fit if {"n", "d"} & {*word(each)}}


@pytest.mark.parametrize(
    ("names", "most", "pattern"),
    [
        (
            ["Bar_None", "TimeSig_4/4", "Position_0", "Position_2", "Pitch_60"],
            6,
            "(bs(0n+)?(2n+)?)*",
        ),
        (
            ["TimeShift_1.0.4", "Program_0", "Program_-1", "Pitch_60", "PitchDrum_36"],
            6,
            "(h|in|jd)*",
        ),
        (["TimeShift_1.0.4", "Pitch_60", "Velocity_95", "Duration_1.0.4"], 6, "(h|nvl)*"),
        (["Bar_None", "Position_0", "Tempo_120.0", "Pitch_60"], 6, "(b(0t?n+)?)*"),
        (["NOTE_60", "REST", "DUR_4"], 6, "(nl|rl)*"),
        (["TimeSig_4/4", "Tempo_120.0", "Pitch_60"], 5, "[stn]*"),
    ],
    ids=["bars", "drums", "velocities", "tempi", "rests", "changes"],
)
def test_notes_allows_what_its_grammar_says_and_nothing_else(names, most, pattern):
    expected = allowed(names, most, pattern)
    assert len(expected) > 2
    assert sequences(make("notes", "").bind(vocabulary(names)), most) == expected


def test_notes_of_remi_are_whole():
    machine = make("notes", "").bind(vocabulary(REMI))
    found = sequences(machine, 12)
    assert len(found) > 5
    assert all(re.fullmatch("(bs(0(invl)+)?(2(invl)+)?)*", word(each)) for each in found)
    assert ("Bar_None", *REMI[1:3], *REMI[4:]) in found


def test_a_note_that_is_not_whole_says_what_is_missing():
    known = vocabulary(REMI)
    machine = make("notes", "").bind(known)
    rows = machine.start(1)
    for name in ("Bar_None", "TimeSig_4/4", "Position_0", "Program_0"):
        rows = machine.advance(rows, torch.tensor([known.names.index(name)]))
    reason = machine.explain(rows, 0, known.names.index("Bar_None"), 10)
    assert "`Bar_None` is not a pitch" in str(reason)


def test_notes_takes_no_text():
    with pytest.raises(BadSyntax):
        make("notes", "C")


def test_bars_have_time_signatures_of_their_length():
    names = ["Bar_None", "TimeSig_3/4", "TimeSig_4/4", "TimeSig_3/8", "Position_0", "Pitch_60"]
    known = vocabulary(names)
    rules = ["notes", "bars:1x3"]
    machine = compose(rules, [make(*rule.partition(":")[::2]).bind(known) for rule in rules])
    found = {each[1] for each in sequences(machine, 4)}
    assert found == {"TimeSig_3/4", "TimeSig_3/8"}


def test_a_time_signature_after_a_bar_line_leaves_the_cadence_where_it_is():
    names = ["Bar_None", "TimeSig_4/4", "Pitch_60"]
    found = sequences(make("cadence", "C").bind(vocabulary(names)), 3)
    assert ("Pitch_60", "Bar_None", "TimeSig_4/4") in found


def test_bars_that_no_time_signature_has_are_refused_with_an_example_that_works():
    known = vocabulary(["Bar_None", "TimeSig_3/4", "TimeSig_4/4", "Position_0", "Pitch_60"])
    with pytest.raises(EmptyLanguage, match="a bar of 16 beats") as caught:
        make("bars", "4x16").bind(known)
    assert "`bars:4x4`" in caught.value.hint
    found = sequences(make("bars", "1x4").bind(known), 3)
    assert found
    assert all(each.count("Bar_None") == 1 and "TimeSig_3/4" not in each for each in found)
    assert make("bars", "4x4").bind(known).start(1) is not None


def test_the_example_of_the_hint_and_of_the_list_is_the_same_and_can_be_read():
    summary = find_component("constraint", "bars").summary
    with pytest.raises(BadSyntax) as caught:
        make("bars", "nonsense")
    assert "`4x4`" in summary
    assert "`bars:4x4`" in caught.value.hint
