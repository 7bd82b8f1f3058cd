"""The music constraints: `notes`, `key`, `range`, `bars`, and others."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from rnngen import Constraint, option
from rnngen_constrained import BadSyntax, EmptyLanguage, Unspellable
from rnngen_music.rules.keys import pitch_classes
from rnngen_music.rules.names import (
    Event,
    read_events,
    read_pitch,
    read_pitch_class,
    read_time,
    resolution,
)

if TYPE_CHECKING:
    from rnngen import Context, Vocabulary
    from rnngen_music.rules.rule import Rule
    from rnngen_music.rules.table import RuleTable

Make = Callable[[Sequence[Event], Sequence[str]], "Rule"]
LARGEST_LEAP = 127
MOST_BARS = 1000


@dataclass(frozen=True)
class Options:
    """Rules over event tokens, which are recognised by their names."""

    events: tuple[str, ...] = option(
        (), r"patterns of token names, `note=p(\d+)`; miditok's names, NOTE_60 and DUR_4 are known"
    )
    barline: Literal["begin", "end", "between"] = option(
        "begin", "for `bars`: place of the bar token"
    )


class MusicConstraint(Constraint):
    """A rule over event tokens.

    Args:
        name: the constraint as the user wrote it.
        make: makes the rule from the events and names of the tokens.
        events: patterns of token names.
    """

    proven = True

    def __init__(self, name: str, make: Make, events: Sequence[str]) -> None:
        self.name = name
        self._make = make
        self._events = events

    def bind(self, vocabulary: Vocabulary) -> RuleTable:
        """The machine for a vocabulary.

        Raises:
            Unspellable: the vocabulary has no notes.
            EmptyLanguage: nothing satisfies the rule.
        """
        from rnngen_music.rules.table import RuleTable

        events = read_events(vocabulary.names, self._events)
        if all(event.kind != "note" for event in events):
            shown = ", ".join(f"`{name}`" for name in vocabulary.names[:4])
            raise Unspellable(
                f"`{self.name}` needs notes, but none of the model's steps is a note: {shown}, ...",
                hint=r"give a pattern for the names of notes, `events = ['note=p(\d+)']`",
            )
        return RuleTable(self.name, self._make(events, vocabulary.names), vocabulary)


def key(text: str, options: Options | None = None) -> MusicConstraint:
    """Only notes in a key: `C major`, `F# dorian`."""
    classes = pitch_classes(text)

    def make(events: Sequence[Event], names: Sequence[str]) -> Rule:
        from rnngen_music.rules.pitches import Key

        _some_note(events, lambda pitch: pitch % 12 in classes, f"is in {text}")
        return Key(events, names, text, classes)

    return MusicConstraint(f"key={text}", make, (options or Options()).events)


class WholeNotes(MusicConstraint):
    """Complete notes with instrument, loudness and duration, in order of position."""

    def __init__(self, text: str = "", options: Options | None = None) -> None:
        if text:
            raise BadSyntax(f"`notes` takes no text, but `{text}` was given", hint="`rule=notes`")
        super().__init__("notes", _whole, (options or Options()).events)

    @classmethod
    def learned(cls, context: Context) -> Sequence[Constraint]:
        """Complete notes, with only those tokens that occur in the training music."""
        from rnngen_music.rules.heard import heard

        return [cls(), *heard(context)]


def _whole(events: Sequence[Event], names: Sequence[str]) -> Rule:
    from rnngen_music.rules.whole import Whole

    return Whole(events, names)


def pitch_range(text: str, options: Options | None = None) -> MusicConstraint:
    """Only notes in a range, both ends included: `C3-C5`, `48-72`."""
    try:
        low, high = (read_pitch(part.strip()) for part in re.split(r"(?<=\d)\s*(?:-|\.\.)", text))
    except ValueError:
        raise BadSyntax(f"`{text}` is not a range of pitches", hint="`48-72`, or `C3-C5`") from None
    if low > high:
        raise BadSyntax(f"the range `{text}` ends below its beginning", hint=f"`{high}-{low}`")

    def make(events: Sequence[Event], names: Sequence[str]) -> Rule:
        from rnngen_music.rules.pitches import Range

        _some_note(events, lambda pitch: low <= pitch <= high, f"lies in {text}")
        return Range(events, names, low, high)

    return MusicConstraint(f"range={text}", make, (options or Options()).events)


def leap(text: str, options: Options | None = None) -> MusicConstraint:
    """The largest interval between successive notes, in semitones."""
    if not text.strip().isdecimal() or int(text) > LARGEST_LEAP:
        raise BadSyntax(f"`{text}` is not an interval in semitones", hint="for example `leap:7`")

    def make(events: Sequence[Event], names: Sequence[str]) -> Rule:
        from rnngen_music.rules.pitches import Leap

        return Leap(events, names, int(text))

    return MusicConstraint(f"leap={text}", make, (options or Options()).events)


def bars(text: str, options: Options | None = None) -> MusicConstraint:
    """A number of bars and their length: `4x4`, four beats, or `4x16` where `DUR`s add up to 16."""
    settings = options or Options()
    match = re.fullmatch(r"\s*(\d+)\s*[x×*]\s*(\d+(?:[./]\d+)?)\s*", text)
    try:
        count, units = (0, Fraction(0)) if match is None else (int(match[1]), read_time(match[2]))
    except ZeroDivisionError:
        count, units = 0, Fraction(0)
    if not (1 <= count <= MOST_BARS and units > 0):
        raise BadSyntax(
            f"`{text}` is not a number of bars and their length",
            hint="for example `bars:4x4`: four bars of 4 beats, in which durations add up to 4",
        )

    def make(events: Sequence[Event], names: Sequence[str]) -> Rule:
        from rnngen_music.rules.bars import Bars

        rule = Bars(
            events, names, count, units, barline=settings.barline, positions=resolution(names)
        )
        others = rule.other_signatures()
        if others:
            raise EmptyLanguage(
                f"no time signature of the model has a bar of {units} beats",
                hint=f"bars are counted in beats, such as `bars:{count}x{_usual(others)}`",
            )
        if not rule.can_be_filled():
            raise EmptyLanguage(
                f"a bar of {units} can't be filled with what the model has: {rule.times_shown()}",
                hint="give the bar length in the units of these names",
            )
        return rule

    return MusicConstraint(f"bars={text}", make, settings.events)


def _usual(lengths: Sequence[Fraction]) -> Fraction:
    """Four beats, if bars may have them."""
    return Fraction(4) if Fraction(4) in lengths else lengths[0]


def cadence(text: str, options: Options | None = None) -> MusicConstraint:
    """The pitch class of the last note, which must be in the last bar: `C`."""
    try:
        wanted = read_pitch_class(text.strip()) % 12
    except ValueError:
        raise BadSyntax(
            f"`{text}` is not the name of a note", hint="for example `C`, or `F#`"
        ) from None

    def make(events: Sequence[Event], names: Sequence[str]) -> Rule:
        from rnngen_music.rules.phrases import Cadence

        _some_note(events, lambda pitch: pitch % 12 == wanted, f"is a {text}")
        return Cadence(events, names, wanted, text.strip())

    return MusicConstraint(f"cadence={text}", make, (options or Options()).events)


def motif(text: str, options: Options | None = None) -> MusicConstraint:
    """Intervals (`+2 +2 -4`) or pitches (`C4 D4 E4`) that must occur in a row."""
    parts = text.split()
    intervals = bool(parts) and all(re.fullmatch(r"[+-]\d+", part) for part in parts)
    try:
        motif = [int(part) if intervals else read_pitch(part) for part in parts]
    except ValueError:
        motif = []
    if not motif:
        raise BadSyntax(
            f"`{text}` is not a motif", hint="intervals with their signs, `+2 +2 -4`, or `C4 D4 E4`"
        )

    def make(events: Sequence[Event], names: Sequence[str]) -> Rule:
        from rnngen_music.rules.phrases import Motif

        for pitch in [] if intervals else motif:
            _some_note(events, lambda other, pitch=pitch: other == pitch, f"is {pitch}")  # type: ignore[misc]
        return Motif(events, names, motif, intervals=intervals)

    return MusicConstraint(f"motif={text}", make, (options or Options()).events)


def _some_note(events: Sequence[Event], fits: Callable[[int], bool], what: str) -> None:
    """Raises EmptyLanguage if no note fits."""
    notes = [
        int(event.value) for event in events if event.kind == "note" and event.value is not None
    ]
    if not any(map(fits, notes)):
        raise EmptyLanguage(
            f"none of the model's notes {what}", hint=f"they go from {min(notes)} to {max(notes)}"
        )
