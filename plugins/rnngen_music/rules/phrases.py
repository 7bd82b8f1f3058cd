"""Rules for the course of a melody: its ending, and a motif that must occur in it.

They forbid no tokens, since what is missing may still come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rnngen_music.rules.names import Event
from rnngen_music.rules.rule import Rule

CadenceState = tuple[bool, Literal["none", "sounding", "barline", "stale"]]


class Cadence(Rule):
    """The last note has a given pitch class and is in the last bar.

    The state is whether the last note has that class, and how far this bar is: no note yet, a note,
    the bar line right after it, or a further bar still without a note.
    """

    def __init__(
        self, events: Sequence[Event], names: Sequence[str], pitch_class: int, name: str
    ) -> None:
        super().__init__(events, names)
        self._class = pitch_class
        self._name = name

    def start(self) -> CadenceState:
        """No note yet."""
        return False, "none"

    def step(self, state: CadenceState, token: int) -> CadenceState:
        """The state after a token; none is forbidden, as the melody may still go on."""
        good, place = state
        pitch = self.pitches[token]
        if pitch is not None:
            return pitch % 12 == self._class, "sounding"
        kind = self.events[token].kind
        if kind == "bar":
            return good, "barline" if place == "sounding" else "stale"
        if place == "barline" and kind not in ("other", "signature"):
            return good, "stale"
        return state

    def accept(self, state: CadenceState) -> bool:
        """Whether the melody may end here."""
        good, place = state
        return good and place in ("sounding", "barline")

    def unfinished(self, state: CadenceState) -> str:
        """Why the melody can't end here."""
        good, place = state
        if place == "none":
            return f"cadence: there are no notes yet, the last one must be {self._name}"
        if not good:
            return f"cadence: the last note is not {self._name}"
        return f"cadence: the last bar has no notes, it must end on {self._name}"


class Motif(Rule):
    """A sequence of pitches, or of intervals, occurs in successive notes.

    Knuth, Morris and Pratt 1977. The state is how much of the motif the last notes match; for
    intervals also the last pitch, until the motif has occurred.

    Args:
        events: what each token stands for.
        names: of the tokens.
        motif: pitches, or semitones from one note to the next.
        intervals: whether they are intervals.
    """

    def __init__(
        self,
        events: Sequence[Event],
        names: Sequence[str],
        motif: Sequence[int],
        *,
        intervals: bool,
    ) -> None:
        super().__init__(events, names)
        self._motif = tuple(motif)
        self._intervals = intervals
        self._fallback = _fallback(self._motif)

    def start(self) -> tuple[int, int]:
        """Nothing matched, no note yet."""
        return 0, -1

    def step(self, state: tuple[int, int], token: int) -> tuple[int, int]:
        """The state after a token; none is forbidden, as the motif may still come."""
        matched, last = state
        pitch = self.pitches[token]
        if pitch is None or matched == len(self._motif):
            return state
        if not self._intervals:
            return self._match(matched, pitch), -1
        if last >= 0:
            matched = self._match(matched, pitch - last)
        return matched, -1 if matched == len(self._motif) else pitch

    def accept(self, state: tuple[int, int]) -> bool:
        """Whether the motif has occurred."""
        return state[0] == len(self._motif)

    def unfinished(self, state: tuple[int, int]) -> str:
        """Why the melody can't end here."""
        wanted = " ".join(f"{part:+d}" if self._intervals else str(part) for part in self._motif)
        return f"motif: {state[0]} of {len(self._motif)} of `{wanted}` are written"

    def _match(self, matched: int, part: int) -> int:
        while matched and self._motif[matched] != part:
            matched = self._fallback[matched - 1]
        return matched + (self._motif[matched] == part)


def _fallback(motif: Sequence[int]) -> list[int]:
    """For each prefix of the motif, the length of its longest proper suffix that is a prefix."""
    table = [0] * len(motif)
    matched = 0
    for place in range(1, len(motif)):
        while matched and motif[matched] != motif[place]:
            matched = table[matched - 1]
        matched += motif[matched] == motif[place]
        table[place] = matched
    return table
