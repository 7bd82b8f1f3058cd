"""Rules for pitches: a key, a range, and the largest leap.

They forbid only notes, and a melody may end anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from rnngen_music.rules.names import Event
from rnngen_music.rules.rule import Rule


class Key(Rule):
    """All notes are in a key.

    Args:
        events: what each token stands for.
        names: of the tokens.
        key: as the user wrote it.
        classes: the pitch classes allowed, 0 (C) to 11.
    """

    def __init__(
        self, events: Sequence[Event], names: Sequence[str], key: str, classes: frozenset[int]
    ) -> None:
        super().__init__(events, names)
        self._key = key
        self._classes = classes

    def start(self) -> int:
        """The only state."""
        return 0

    def step(self, state: int, token: int) -> int | None:
        """The state after a token, None where it is a note of another key."""
        pitch = self.pitches[token]
        return state if pitch is None or pitch % 12 in self._classes else None

    def explain(self, state: int, token: int) -> str:
        """Why a token is not allowed."""
        return f"key: `{self.names[token]}` is not in {self._key}"


class Range(Rule):
    """All notes lie between two pitches, both included."""

    def __init__(
        self, events: Sequence[Event], names: Sequence[str], lowest: int, highest: int
    ) -> None:
        super().__init__(events, names)
        self._lowest = lowest
        self._highest = highest

    def start(self) -> int:
        """The only state."""
        return 0

    def step(self, state: int, token: int) -> int | None:
        """The state after a token, None where it is a note out of range."""
        pitch = self.pitches[token]
        return state if pitch is None or self._lowest <= pitch <= self._highest else None

    def explain(self, state: int, token: int) -> str:
        """Why a token is not allowed."""
        pitch = self.pitches[token]
        below = pitch is not None and pitch < self._lowest
        side, bound = ("below", self._lowest) if below else ("above", self._highest)
        return f"range: `{self.names[token]}` is {side} {bound}"


class Leap(Rule):
    """Successive notes are at most a given interval apart; the state is the last pitch."""

    def __init__(self, events: Sequence[Event], names: Sequence[str], largest: int) -> None:
        super().__init__(events, names)
        self._largest = largest

    def start(self) -> tuple[()]:
        """No note yet."""
        return ()

    def step(self, state: int | tuple[()], token: int) -> int | tuple[()] | None:
        """The pitch of the last note; None if the token is too far from it."""
        pitch = self.pitches[token]
        if pitch is None:
            return state
        return pitch if state == () or self._distance(state, pitch) <= self._largest else None

    def explain(self, state: int | tuple[()], token: int) -> str:
        """Why a token is not allowed."""
        distance = self._distance(state, self.pitches[token] or 0)
        return (
            f"leap: `{self.names[token]}` is {distance} semitones from the last note, "
            f"at most {self._largest} are allowed"
        )

    def _distance(self, state: int | tuple[()], pitch: int) -> int:
        return abs(pitch - state) if isinstance(state, int) else 0
