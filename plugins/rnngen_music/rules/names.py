"""Reads events from token names: a pitch, a duration, the beginning of a bar.

Plain names (`NOTE_60`, `REST`, `DUR_4`, `BAR`) are known, and those of miditok's REMI, TSD and
MIDI-Like (`Pitch_60`, `Duration_1.0.8`, `TimeShift_0.4.8`, `Rest_1.0.8`, `Bar_None`, `Position_3`);
others need custom patterns. A name that matches no pattern is an event that rules ignore.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

from rnngen import UsageError, suggest

Kind = Literal["note", "rest", "duration", "shift", "position", "bar", "mark", "signature", "other"]

TIME = r"(\d+\.\d+\.[1-9]\d*|\d+/[1-9]\d*|\d+(?:\.\d+)?)"

PATTERNS: Mapping[Kind, str] = {
    "note": r"(?i:note|note_?on|pitch)_(-?\d+|[A-Ga-g][#b]?-?\d+)",
    "rest": rf"(?i:rest)(?:_{TIME}|_none)?",
    "duration": rf"(?i:dur|duration)_{TIME}",
    "shift": rf"(?i:shift|time_?shift)_{TIME}",
    "position": r"(?i:pos|position)_(\d+)",
    "bar": r"(?i:bar)(?:_\w+)?",
    "mark": r"(?i:(?:pad|bos|eos|mask|sep|cls|unk)(?:_none)?)",
    "signature": r"(?i:time_?sig)_(\d+)/\d+",
}

LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True)
class Event:
    """The event that a token stands for.

    Args:
        kind: the kind of event; `mark`: padding or a sequence marker (`PAD_None`, `BOS_None`),
            never written; `other`: an event that rules ignore.
        value: pitch of a note as a MIDI number; time of a duration, shift or rest in the units of
            the names (`DUR_4`: 4, `Duration_1.4.8`: 1.5 beats); number of a position; beats in a
            bar of a time signature; None: none.
    """

    kind: Kind
    value: Fraction | None = None


def read_events(names: Sequence[str], patterns: Sequence[str] = ()) -> list[Event]:
    """The event of each name.

    Args:
        names: token names.
        patterns: `kind=expression`, tried before the known ones; the whole name must match, and
            the first group of the expression is the value.

    Raises:
        UsageError: a pattern is broken, or its kind does not exist.
    """
    known = [_pattern(text) for text in patterns]
    known += [(kind, re.compile(expression)) for kind, expression in PATTERNS.items()]
    return [_event(name, known) for name in names]


def resolution(names: Sequence[str]) -> int:
    """Positions per beat: the finest `n` in times `a.b.n`; 1 if there are none."""
    found = [re.search(r"_\d+\.\d+\.([1-9]\d*)$", name) for name in names]
    return max((int(match[1]) for match in found if match), default=1)


def read_pitch(text: str) -> int:
    """The MIDI number of `60`, `C4`, `F#3`, `Bb-1`; middle C is C4, 60. ValueError for others."""
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    match = re.fullmatch(r"([A-Ga-g][#b]?)(-?\d+)", text)
    if match is None:
        raise ValueError(text)
    return read_pitch_class(match[1]) + 12 * (int(match[2]) + 1)


def read_pitch_class(text: str) -> int:
    """0 to 11 (or -1, 12: `Cb`, `B#`) for `C`, `F#`, `Bb`; ValueError for others."""
    match = re.fullmatch(r"([A-Ga-g])([#b]?)", text)
    if match is None:
        raise ValueError(text)
    return LETTERS[match[1].upper()] + {"": 0, "#": 1, "b": -1}[match[2]]


def read_time(text: str) -> Fraction:
    """`4`, `0.5`, `1/2`, or miditok's `beats.positions.resolution`."""
    parts = text.split(".")
    if len(parts) == 3:
        return Fraction(int(parts[0])) + Fraction(int(parts[1]), int(parts[2]))
    return Fraction(text)


def _pattern(text: str) -> tuple[Kind, re.Pattern[str]]:
    name, equals, expression = text.partition("=")
    kinds = get_args(Kind)
    kind = next((kind for kind in kinds if kind == name.strip()), None)
    if kind is None or not equals:
        near = suggest(name.strip(), kinds)
        raise UsageError(
            f"the pattern `{text}` does not name a kind of event, expected `kind=expression`",
            hint=f"did you mean `{near}`?" if near else f"kinds are {', '.join(kinds)}",
        )
    try:
        return kind, re.compile(expression)
    except re.error as error:
        raise UsageError(
            f"`{text}` is not a valid regular expression: {error}",
            hint=r"for example `note=p(\d+)`",
        ) from None


def _event(name: str, patterns: Sequence[tuple[Kind, re.Pattern[str]]]) -> Event:
    for kind, pattern in patterns:
        match = pattern.fullmatch(name)
        if match is None:
            continue
        text = match[1] if pattern.groups else None
        try:
            return Event(kind, _value(kind, text))
        except (ValueError, ZeroDivisionError):
            raise UsageError(
                f"the token `{name}` is read as a {kind}, but `{text}` is not a valid value",
                hint=f"give another pattern, `{kind}=expression`",
            ) from None
    return Event("other")


def _value(kind: Kind, text: str | None) -> Fraction | None:
    if kind in ("bar", "mark", "other") or (kind == "rest" and text is None):
        return None
    if text is None:
        raise ValueError
    if kind == "note":
        return Fraction(read_pitch(text))
    return Fraction(int(text)) if kind in ("position", "signature") else read_time(text)
