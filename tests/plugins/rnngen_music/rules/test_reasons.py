"""What rules of music refuse, and how they explain a forbidden step."""

from __future__ import annotations

import pytest
import torch

from rnngen.contracts.errors import UsageError
from rnngen_constrained.errors import EmptyLanguage, Unspellable
from rnngen_constrained.machines.make import make
from tests.plugins.rnngen_music.rules.test_rules import END, vocabulary


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("key", "H major", "unknown key `H major`"),
        ("range", "48", "`48` is not a range of pitches"),
        ("range", "72-48", "the range `72-48` ends below its beginning"),
        ("leap", "far", "`far` is not an interval in semitones"),
        ("bars", "four", "`four` is not a number of bars"),
        ("bars", "0x4", "`0x4` is not a number of bars"),
        ("bars", "4x1/0", "`4x1/0` is not a number of bars"),
        ("cadence", "H", "`H` is not the name of a note"),
        ("motif", "", "`` is not a motif"),
        ("motif", "+2 x", r"`\+2 x` is not a motif"),
    ],
)
def test_what_makes_no_sense_is_refused(kind, text, message):
    with pytest.raises(UsageError, match=message):
        make(kind, text, {})


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("key", "F# pentatonic", "none of the model's notes is in F# pentatonic"),
        ("range", "80-90", "none of the model's notes lies in 80-90"),
        ("cadence", "D", "none of the model's notes is a D"),
        ("motif", "60 62", "none of the model's notes is 62"),
    ],
)
def test_notes_that_the_model_has_not_are_named(kind, text, message):
    with pytest.raises(EmptyLanguage, match=message) as caught:
        make(kind, text, {}).bind(vocabulary(["NOTE_60", "NOTE_64", "DUR_1"]))
    assert caught.value.hint == "they go from 60 to 64"


def test_a_vocabulary_without_notes_is_refused():
    with pytest.raises(Unspellable, match="`key=C major` needs notes, but none"):
        make("key", "C major", {}).bind(vocabulary(["a", "b"]))
    options = {"events": [r"note=n(\d+)"]}
    assert make("key", "C major", options).bind(vocabulary(["n60", "n61"]))


@pytest.mark.parametrize(
    ("kind", "text", "written", "step", "why"),
    [
        ("bars", "4x16", "BAR REST DUR_16 BAR REST DUR_16 BAR NOTE_60 DUR_14 NOTE_60", "DUR_4",
         "metre: 2 beats left in bar 3, `DUR_4` needs 4"),
        ("bars", "1x16", "BAR NOTE_60 DUR_14", "BAR",
         "metre: `BAR` would begin bar 2, there are 1"),
        ("bars", "2x16", "BAR NOTE_60 DUR_14", "BAR", "metre: 2 beats left in bar 1"),
        ("bars", "2x16", "", "NOTE_60", "metre: no bar has begun, so `NOTE_60` is outside a bar"),
        ("bars", "2x16", "BAR", "DUR_4", "metre: `DUR_4` does not follow a note or rest"),
        ("bars", "2x16", "BAR NOTE_60", "REST", "metre: a note in bar 1 still needs its duration"),
        ("bars", "2x16", "BAR NOTE_60 DUR_16", "NOTE_60",
         "metre: bar 1 is full, there is no time for `NOTE_60`"),
        ("bars", "2x16", "BAR", None, "metre: 1 of 2 bars have begun"),
        ("bars", "1x16", "BAR NOTE_60 DUR_14 REST", None,
         "metre: 2 beats left in bar 1, and a rest still needs its duration"),
        ("key", "C major", "", "NOTE_61", "key: `NOTE_61` is not in C major"),
        ("range", "61-70", "", "NOTE_60", "range: `NOTE_60` is below 61"),
        ("range", "50-60", "", "NOTE_61", "range: `NOTE_61` is above 60"),
        ("leap", "5", "NOTE_60", "NOTE_72",
         "leap: `NOTE_72` is 12 semitones from the last note, at most 5 are allowed"),
        ("cadence", "C", "", None, "cadence: there are no notes yet, the last one must be C"),
        ("cadence", "C", "NOTE_61", None, "cadence: the last note is not C"),
        ("cadence", "C", "NOTE_60 BAR DUR_4", None,
         "cadence: the last bar has no notes, it must end on C"),
        ("motif", "60 61 72", "NOTE_60 NOTE_61", None, "motif: 2 of 3 of `60 61 72` are written"),
        ("motif", "+1 -1", "NOTE_60 NOTE_61", None, "motif: 1 of 2 of `+1 -1` are written"),
    ],
)  # fmt: skip
def test_a_forbidden_step_is_explained_in_the_words_of_a_musician(kind, text, written, step, why):
    names = ["NOTE_60", "NOTE_61", "NOTE_72", "REST", "DUR_2", "DUR_4", "DUR_14", "DUR_16", "BAR"]
    machine = make(kind, text, {}).bind(vocabulary(names))
    rows = machine.start(1)
    for name in written.split():
        number = names.index(name) + 1
        assert machine.allowed(rows, None)[0, number], name
        rows = machine.advance(rows, torch.tensor([number]))
    number = END if step is None else names.index(step) + 1
    reason = machine.explain(rows, 0, number, None)
    assert (reason.kind, reason.rule, reason.text) == ("rule", f"{kind}={text}", why)
