"""The rule that every note is complete, with its parts next to each other in a fixed order.

    Bar TimeSig? (Position Tempo? (Program? Pitch Velocity? Duration?)+)*     with bars
    (TimeSig | Tempo | TimeShift | Program? Pitch Velocity? Duration?)*       without

Kinds of tokens in the vocabulary are never left out: a bar has its signature, a note its
instrument, loudness and duration. Drums are separate notes, after the drum program. Positions
only increase within a bar. A piece has at least one note.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from rnngen_music.rules.names import Event
from rnngen_music.rules.rule import Rule

KINDS = (
    ("drums", r"(?i:program)_-1"),
    ("program", r"(?i:program)_\d+"),
    ("drum", r"(?i:pitch_?drum)_\d+"),
    ("velocity", r"(?i:velocity|vel)_\d+"),
    ("tempo", r"(?i:tempo)_[\d.]+"),
)
"""Token kinds that only this rule looks at."""

BEFORE = {"pitch": "program", "drum": "drums"}
AFTER = ("velocity", "duration")
BEGINS = ("program", "drums", "pitch", "drum")


@dataclass(frozen=True)
class WholeState:
    """The position in a piece.

    Args:
        wants: kinds of which one must come next; empty if nothing is incomplete.
        position: the last position in this bar; -1 before the first, None before any bar.
        sounded: whether there was a note.
    """

    wants: tuple[str, ...]
    position: int | None
    sounded: bool


class Whole(Rule):
    """Every note is complete."""

    def __init__(self, events: Sequence[Event], names: Sequence[str]) -> None:
        super().__init__(events, names)
        self._kinds = [_kind(event, name) for event, name in zip(events, names, strict=True)]
        self._present = frozenset(self._kinds)
        self._places = [
            int(event.value) if event.kind == "position" and event.value is not None else 0
            for event in events
        ]
        # Tokens that this rule does not tell apart share a column of its table.
        groups: dict[tuple[str, int], int] = {}
        self.events = [
            Event("other", Fraction(groups.setdefault(key, len(groups))))
            for key in zip(self._kinds, self._places, strict=True)
        ]

    def start(self) -> WholeState:
        """The start of a piece."""
        return WholeState((), None, False)

    def step(self, state: WholeState, token: int) -> WholeState | None:
        """The state after a token; None if it does not fit there."""
        kind = self._kinds[token]
        if state.wants:
            fits = kind in state.wants
        elif "bar" in self._present and state.position is None:
            fits = kind in ("bar", "other")
        else:
            fits = self._free(kind, state, self._places[token])
        return self._after(kind, state, self._places[token]) if fits else None

    def accept(self, state: WholeState) -> bool:
        """Whether there was a note, and nothing is incomplete."""
        return state.sounded and not state.wants

    def explain(self, state: WholeState, token: int) -> str:
        """Why a token is not allowed."""
        name = self.names[token]
        if state.wants:
            return f"notes: `{name}` is not a {' or '.join(state.wants)}, which has to come first"
        if state.position is None and "bar" in self._present:
            return f"notes: `{name}` is not inside a bar"
        if self._kinds[token] == "position":
            return f"notes: `{name}` is not after position {state.position} of its bar"
        return f"notes: `{name}` does not belong here"

    def unfinished(self, state: WholeState) -> str:
        """Why the piece can't end here."""
        return f"notes: a {' or '.join(state.wants) or 'note'} is missing"

    def _free(self, kind: str, state: WholeState, place: int) -> bool:
        """Whether a kind may come where nothing is incomplete."""
        if kind == "position":
            return state.position is not None and place > state.position
        if kind in BEGINS:
            placed = "position" not in self._present or (state.position or 0) >= 0
            return placed and BEFORE.get(kind) not in self._present
        if kind in AFTER:
            return False
        # With bars, a signature follows a bar, and a tempo follows a position.
        return kind not in ("signature", "tempo") or "bar" not in self._present

    def _after(self, kind: str, state: WholeState, place: int) -> WholeState:
        position, sounded = state.position, state.sounded or kind in ("pitch", "drum")
        wants: tuple[str, ...] = ()
        if kind == "bar":
            wants, position = self._of("signature"), -1
        elif kind == "position":
            wants, position = (*self._of("tempo"), *self._beginnings()), place
        elif kind == "tempo" and "bar" in self._present:
            wants = self._beginnings()
        elif kind in ("program", "drums"):
            wants = ("pitch",) if kind == "program" else ("drum",)
        elif kind in ("pitch", "drum"):
            wants = self._of(*AFTER)[:1]
        elif kind in ("velocity", "silence"):
            wants = self._of("duration")
        return WholeState(wants, position, sounded)

    def _beginnings(self) -> tuple[str, ...]:
        """Kinds that can start a note."""
        return tuple(
            kind
            for kind in BEGINS
            if kind in self._present and BEFORE.get(kind) not in self._present
        )

    def _of(self, *kinds: str) -> tuple[str, ...]:
        return tuple(kind for kind in kinds if kind in self._present)


def _kind(event: Event, name: str) -> str:
    if event.kind == "note":
        return "pitch"
    if event.kind == "rest" and event.value is None:
        return "silence"
    if event.kind != "other":
        return event.kind
    return next((kind for kind, pattern in KINDS if re.fullmatch(pattern, name)), "other")
