"""Each rule of music against all short sequences, judged by its definition."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.constraint import Vocabulary
from rnngen_constrained.errors import EmptyLanguage
from rnngen_constrained.machines.make import make

END = 0


def vocabulary(names):
    return Vocabulary([b""] * (len(names) + 1), ["<end>", *names], END)


def sequences(machine, most):
    """Every sequence of at most so many steps that the machine lets pass."""
    found = set()

    def extend(rows, steps, left):
        mask = machine.allowed(rows, torch.tensor([left]))[0]
        for step in mask.nonzero().flatten().tolist():
            if step == END:
                found.add(tuple(machine.vocabulary.names[part] for part in steps))
            else:
                extend(machine.advance(rows, torch.tensor([step])), [*steps, step], left - 1)

    extend(machine.start(1), [], most)
    return found


def all_sequences(names, most):
    return {each for size in range(most + 1) for each in product(names, repeat=size)}


def pitches(sequence):
    return [int(name[5:]) for name in sequence if name.startswith("NOTE")]


def same(kind, text, names, most, valid, options=None):
    machine = make(kind, text, options or {}).bind(vocabulary(names))
    expected = {each for each in all_sequences(names, most) if valid(each)}
    assert expected
    assert expected != all_sequences(names, most)
    assert sequences(machine, most) == expected


NOTES = ["NOTE_60", "NOTE_61", "NOTE_64", "NOTE_67", "DUR_1"]


@pytest.mark.parametrize(
    ("kind", "text"), [("key", "C major"), ("leap", "12"), ("bars", "1x1"), ("cadence", "C")]
)
def test_marks_of_a_vocabulary_are_never_written_and_that_is_said(kind, text):
    marks = ["PAD_None", "BOS_None", "EOS_None", "MASK_None"]
    names = ["NOTE_60", "DUR_1", *marks, "Program_0"]
    machine = make(kind, text).bind(vocabulary(names))
    written = {name for each in sequences(machine, 3) for name in each}
    assert written == {"NOTE_60", "DUR_1", "Program_0"}
    for mark in marks:
        reason = machine.explain(machine.start(1), 0, 1 + names.index(mark), 3)
        assert reason.text == f"`{mark}` is a mark of the vocabulary, not an event"


def test_key_allows_its_pitch_classes():
    same("key", "C major", NOTES, 4, lambda each: 61 not in pitches(each))


def test_range_allows_both_its_ends():
    for text in ("61-64", "C#4-E4"):
        same("range", text, NOTES, 4, lambda each: all(61 <= p <= 64 for p in pitches(each)))


def test_leap_bounds_the_interval_between_successive_notes():
    def valid(each):
        return all(abs(second - first) <= 4 for first, second in pairwise(pitches(each)))

    same("leap", "4", NOTES, 4, valid)


def test_cadence_ends_the_last_bar_on_its_note():
    def valid(each):
        text = " ".join(each)
        played = [name for name in text.replace("NOTE", " NOTE").split() if name.startswith("NOTE")]
        bars = text.split("BAR")
        closed = not bars[-1].strip() and len(bars) > 1
        last = bars[-2] if closed else bars[-1]
        return bool(played) and played[-1] in ("NOTE_60", "NOTE_72") and "NOTE" in last

    same("cadence", "C", ["NOTE_60", "NOTE_72", "NOTE_61", "DUR_1", "BAR"], 5, valid)


@pytest.mark.parametrize(
    ("text", "wanted"), [("60 60 61", (60, 60, 61)), ("C4 C4", (60, 60)), ("64", (64,))]
)
def test_a_motif_of_pitches_occurs(text, wanted):
    def valid(each):
        played = pitches(each)
        size = len(wanted)
        return any(tuple(played[n : n + size]) == wanted for n in range(len(played)))

    same("motif", text, ["NOTE_60", "NOTE_61", "NOTE_64", "DUR_1"], 5, valid)


@pytest.mark.parametrize(
    ("text", "wanted"), [("+1 -1", (1, -1)), ("+0 +0 +1", (0, 0, 1)), ("+3", (3,))]
)
def test_a_motif_of_intervals_occurs(text, wanted):
    def valid(each):
        steps = [second - first for first, second in pairwise(pitches(each))]
        return any(tuple(steps[n : n + len(wanted)]) == wanted for n in range(len(steps)))

    same("motif", text, ["NOTE_60", "NOTE_61", "NOTE_64", "DUR_1"], 5, valid)


def fills(bar, units):
    """Whether a bar is notes or a rest, then a duration, again and again, up to its length."""
    total, waiting = 0, []
    for name in bar:
        if name.startswith("DUR"):
            if not waiting or ("REST" in waiting and len(waiting) > 1):
                return False
            total, waiting = total + int(name[4:]), []
        else:
            waiting.append(name)
    return total == units and not waiting


def cut(each, sign):
    parts = [[]]
    for name in each:
        if name == sign:
            parts.append([])
        else:
            parts[-1].append(name)
    return parts


BAR_NAMES = ["NOTE_60", "REST", "DUR_1", "DUR_2", "BAR"]


def begins(each):
    first, *bars = cut(each, "BAR")
    return not first and len(bars) == 2 and all(fills(bar, 2) for bar in bars)


def ends(each):
    *bars, rest = cut(each, "BAR")
    return not rest and len(bars) == 2 and all(fills(bar, 2) for bar in bars)


def between(each):
    bars = cut(each, "BAR")
    return len(bars) == 2 and all(fills(bar, 2) for bar in bars)


@pytest.mark.parametrize("barline", ["begin", "end", "between"])
def test_durations_of_every_bar_add_up(barline):
    valid = {"begin": begins, "end": ends, "between": between}[barline]
    same("bars", "2x2", BAR_NAMES, 7, valid, {"barline": barline})


def test_bars_without_a_token_follow_each_other():
    def valid(each):
        for place in range(len(each) + 1):
            if fills(each[:place], 2) and fills(each[place:], 2):
                return True
        return False

    same("bars", "2x2", ["NOTE_60", "REST", "DUR_1", "DUR_2"], 7, valid)


def test_shifts_of_every_bar_add_up():
    names = ["Pitch_60", "Duration_1.0.2", "TimeShift_0.1.2", "TimeShift_1.0.2", "Rest_0.1.2"]
    beats = {"TimeShift_0.1.2": 1, "TimeShift_1.0.2": 2, "Rest_0.1.2": 1}

    def valid(each):
        reached = [sum(beats.get(name, 0) for name in each[:n]) for n in range(len(each) + 1)]
        return reached[-1] == 4 and 2 in reached

    same("bars", "2x1", names, 5, valid)


def test_positions_go_on_and_notes_end_within_the_bar():
    names = ["Bar_None", "Position_0", "Position_1", "Pitch_60", "Duration_0.1.2", "Duration_1.0.2"]
    lengths = {"Duration_0.1.2": 1, "Duration_1.0.2": 2}

    def valid(each):
        first, *bars = cut(each, "Bar_None")
        if first or len(bars) != 2:
            return False
        for bar in bars:
            at = -1
            for name in bar:
                if name.startswith("Position"):
                    if int(name[9:]) <= at:
                        return False
                    at = int(name[9:])
                if name == "Pitch_60" and at < 0:
                    return False
                if max(at, 0) + lengths.get(name, 0) > 2:
                    return False
            if at < 0:
                return False
        return True

    same("bars", "2x1", names, 6, valid)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.fractions(Fraction(1, 4), 4, max_denominator=4), min_size=1, max_size=4),
    st.fractions(Fraction(1, 4), 6, max_denominator=4),
)
def test_a_bar_that_no_durations_fill_is_refused(durations, units):
    names = ["NOTE_60", "BAR", *(f"DUR_{each}" for each in dict.fromkeys(durations))]
    reached = {Fraction(0)}
    while True:
        more = {a + b for a in reached for b in durations if a + b <= units} - reached
        if not more:
            break
        reached |= more
    constraint = make("bars", f"1x{units}", {})
    if units in reached:
        assert constraint.bind(vocabulary(names)).needed(torch.zeros(1, dtype=torch.int64)) > 0
        return
    with pytest.raises(EmptyLanguage, match=f"a bar of {units} can't be filled .*: `DUR_"):
        constraint.bind(vocabulary(names))
