"""The metre rule: every bar is filled exactly, and the number of bars is exact.

Time passes in one of three ways, depending on the vocabulary:

durations: `NOTE_60 DUR_4`: a note or a rest, then its duration; durations in a bar add up.
shifts:    `Pitch_60 Duration_1.0.8 TimeShift_1.0.8` (TSD, MIDI-Like): shifts and rests add up.
positions: `Bar_None Position_0 Pitch_60 Duration_1.0.8` (REMI): positions increase within the bar,
           and notes end within it.

A time signature must have as many beats as a bar.

Times are whole numbers here: fractions of a beat are multiplied by their common denominator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Literal

from rnngen_music.rules.names import Event
from rnngen_music.rules.rule import Rule

Clock = Literal["durations", "shifts", "positions"]
Barline = Literal["begin", "end", "between"]

SHOWN = 6


@dataclass(frozen=True)
class BarState:
    """The position of a melody.

    Args:
        begun: number of bars that have begun.
        filled: time that has passed in this bar; -1 before its first position.
        waiting: `note` or `rest`, if one still needs its duration; else empty.
        open: whether this bar has begun and not ended.
    """

    begun: int
    filled: int
    waiting: str
    open: bool


def clock_of(events: Sequence[Event]) -> Clock:
    """How time passes with these tokens."""
    kinds = {event.kind for event in events}
    if "position" in kinds:
        return "positions"
    return "shifts" if "shift" in kinds else "durations"


class Bars(Rule):
    """Exactly `count` bars of `units` each.

    Args:
        events: what each token stands for.
        names: of the tokens.
        count: how many bars.
        units: length of a bar, in the units of the names.
        barline: whether the bar token stands at the beginning or end of a bar, or between bars.
            A vocabulary without one has bars in a row.
        positions: positions per unit.
    """

    def __init__(
        self,
        events: Sequence[Event],
        names: Sequence[str],
        count: int,
        units: Fraction,
        *,
        barline: Barline = "begin",
        positions: int = 1,
    ) -> None:
        self.clock: Clock = clock_of(events)
        super().__init__(events, names)
        self._kinds = [event.kind for event in events]
        self._count = count
        self._tokens = "bar" in self._kinds
        self._barline = barline
        times = [_time(event, positions) for event in events]
        self._scale = lcm(units.denominator, *(time.denominator for time in times if time))
        self._times = [None if time is None else int(time * self._scale) for time in times]
        self._units = int(units * self._scale)

    def start(self) -> BarState:
        """The start: before the first bar, or inside it if the vocabulary has no bar tokens."""
        opened = not (self._tokens and self._barline == "begin")
        return BarState(int(opened), self._first(), "", opened)

    def step(self, state: BarState, token: int) -> BarState | None:
        """The state after a token, None where it does not fit."""
        kind, time = self._kinds[token], self._times[token]
        if kind == "other":
            return state
        if kind == "signature":
            return state if time == self._units else None
        if kind == "bar":
            return self._bar(state)
        if not state.open:
            return None
        if self.clock == "positions":
            return self._at_position(state, kind, time)
        if self.clock == "shifts" and kind in ("shift", "rest") and time is not None:
            return self._pass(state, time)
        if self.clock == "durations" and kind == "duration" and time is not None:
            return self._pass(state, time) if state.waiting else None
        if self.clock == "durations" and kind == "rest" and time is not None:
            return None if state.waiting else self._pass(state, time)
        if self.clock == "durations" and kind in ("note", "rest"):
            # A full bar has no time left for a note; without bar tokens, the next bar begins.
            last = self._tokens or state.begun == self._count
            # Several notes before one duration sound together; a rest can't be one of them.
            alone = not state.waiting or state.waiting == kind == "note"
            full = state.filled == self._units and last
            return BarState(state.begun, state.filled, kind, True) if alone and not full else None
        return state

    def accept(self, state: BarState) -> bool:
        """Whether the last bar is full."""
        if state.begun != self._count or state.waiting:
            return False
        if self.clock == "positions":
            return state.filled >= 0
        if self._tokens and self._barline == "end":
            return not state.open
        return state.filled == self._units

    def explain(self, state: BarState, token: int) -> str:
        """Why a token is not allowed."""
        name, kind, time = self.names[token], self._kinds[token], self._times[token]
        where = f"in bar {state.begun}"
        if kind == "signature":
            return f"metre: `{name}` does not have {self._beats(self._units)}"
        if kind == "bar":
            full = state.begun < self._count or self._may_close(state)
            return f"metre: {self._left(state)}" if full else f"metre: {self._all(name)}"
        if not state.open:
            begun = "all bars are written" if state.begun else "no bar has begun"
            return f"metre: {begun}, so `{name}` is outside a bar"
        if kind == "position":
            return f"metre: `{name}` is not after the last position {where}, or not in the bar"
        if kind == "note" and self.clock == "positions":
            return f"metre: `{name}` has no position yet {where}"
        if kind == "duration" and self.clock == "durations" and not state.waiting:
            return f"metre: `{name}` does not follow a note or rest"
        if kind in ("note", "rest") and state.waiting:
            return f"metre: a {state.waiting} {where} still needs its duration"
        if time is None:
            return f"metre: bar {state.begun} is full, there is no time for `{name}`"
        needs = self._beats(time, bare=True)
        return f"metre: {self._left(state)}, `{name}` needs {needs}"

    def unfinished(self, state: BarState) -> str:
        """Why the sequence can't end here."""
        if state.begun < self._count:
            return f"metre: {state.begun} of {self._count} bars have begun"
        waits = f", and a {state.waiting} still needs its duration" if state.waiting else ""
        return f"metre: {self._left(state)}{waits}"

    def can_be_filled(self) -> bool:
        """Whether the tokens' times can add up to a bar; positions need not."""
        if self.clock == "positions":
            return True
        passing = ("duration", "rest") if self.clock == "durations" else ("shift", "rest")
        pairs = zip(self._kinds, self._times, strict=True)
        times = {time for kind, time in pairs if kind in passing and time}
        sums = {0}
        for total in range(1, self._units + 1):
            if any(total - time in sums for time in times):
                sums.add(total)
        return self._units in sums

    def other_signatures(self) -> list[Fraction]:
        """The beats of the vocabulary's time signatures where none is as long as the bar."""
        pairs = zip(self._kinds, self._times, strict=True)
        times = {time for kind, time in pairs if kind == "signature" and time is not None}
        return [] if self._units in times else [Fraction(one, self._scale) for one in sorted(times)]

    def times_shown(self) -> str:
        """The names of the tokens that advance time."""
        passing = ("duration", "rest") if self.clock == "durations" else ("shift", "rest")
        pairs = zip(self.names, self._kinds, self._times, strict=True)
        names = [f"`{name}`" for name, kind, time in pairs if kind in passing and time is not None]
        return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "") or "no durations"

    def _bar(self, state: BarState) -> BarState | None:
        if self._barline == "end" and self._may_close(state):
            if state.begun == self._count:
                return BarState(state.begun, self._first(), "", False)
            return BarState(state.begun + 1, self._first(), "", True)
        complete = self._full(state) or state.begun == 0
        if self._barline == "end" or not complete or state.begun == self._count:
            return None
        return BarState(state.begun + 1, self._first(), "", True)

    def _full(self, state: BarState) -> bool:
        if self.clock == "positions":
            return state.filled >= 0
        return state.filled == self._units and not state.waiting

    def _may_close(self, state: BarState) -> bool:
        return self._barline == "end" and state.open and self._full(state)

    def _first(self) -> int:
        return -1 if self.clock == "positions" else 0

    def _pass(self, state: BarState, time: int) -> BarState | None:
        """The state after `time`; without bar tokens, a full bar leads to the next."""
        begun, filled = state.begun, state.filled
        if not self._tokens and filled == self._units and time and begun < self._count:
            begun, filled = begun + 1, 0
        if filled + time > self._units:
            return None
        return BarState(begun, filled + time, "", True)

    def _at_position(self, state: BarState, kind: str, time: int | None) -> BarState | None:
        if kind == "position":
            ahead = time is not None and state.filled < time < self._units
            return BarState(state.begun, time, "", True) if ahead and time is not None else None
        if state.filled < 0 and kind == "note":
            return None
        if kind == "duration" and max(state.filled, 0) + (time or 0) > self._units:
            return None
        if kind in ("rest", "shift") and time is not None:
            return self._pass(BarState(state.begun, max(state.filled, 0), "", True), time)
        return state

    def _left(self, state: BarState) -> str:
        left = self._beats(self._units - max(state.filled, 0))
        return f"{left} left in bar {max(state.begun, 1)}"

    def _all(self, name: str) -> str:
        return f"`{name}` would begin bar {self._count + 1}, there are {self._count}"

    def _beats(self, time: int, *, bare: bool = False) -> str:
        number = Fraction(time, self._scale)
        unit = "" if bare else " beat" if number == 1 else " beats"
        return f"{number}{unit}"


def _time(event: Event, positions: int) -> Fraction | None:
    if event.value is None or event.kind in ("note", "bar", "other"):
        return None
    return event.value / positions if event.kind == "position" else event.value
