"""Rules about pitches: those of a key, those of a range, and the leaps between them.

Each is an automaton over token ids: `start()`, `step(state, token)` (None: forbidden) and
`accept(state)`; `explain(state, token)` says why a token is forbidden. Events other than notes are
never forbidden here.
"""

from __future__ import annotations

from collections.abc import Sequence

from rnngen_constrained.music.names import Event


def pitches_of(events: Sequence[Event]) -> list[int | None]:
    """The pitch of each event, None for what is no note."""
    return [
        int(event.value) if event.kind == "note" and event.value is not None else None
        for event in events
    ]


class Key:
    """Notes have the pitch classes of a key.

    Args:
        events: what each token stands for.
        names: of the tokens.
        key: as the user wrote it.
        classes: the pitch classes allowed, 0 (C) to 11.
    """

    def __init__(
        self, events: Sequence[Event], names: Sequence[str], key: str, classes: frozenset[int]
    ) -> None:
        self._pitches = pitches_of(events)
        self._names = names
        self._key = key
        self._classes = classes

    def start(self) -> int:
        """The only state."""
        return 0

    def step(self, state: int, token: int) -> int | None:
        """The state after a token, None where it is a note of another key."""
        pitch = self._pitches[token]
        return state if pitch is None or pitch % 12 in self._classes else None

    def accept(self, state: int) -> bool:
        """Always."""
        return True

    def explain(self, state: int, token: int) -> str:
        """Why the token is forbidden."""
        return f"key: `{self._names[token]}` is not in {self._key}"


class Range:
    """Notes lie between two pitches, both allowed."""

    def __init__(
        self, events: Sequence[Event], names: Sequence[str], lowest: int, highest: int
    ) -> None:
        self._pitches = pitches_of(events)
        self._names = names
        self._lowest = lowest
        self._highest = highest

    def start(self) -> int:
        """The only state."""
        return 0

    def step(self, state: int, token: int) -> int | None:
        """The state after a token, None where it is a note out of range."""
        pitch = self._pitches[token]
        return state if pitch is None or self._lowest <= pitch <= self._highest else None

    def accept(self, state: int) -> bool:
        """Always."""
        return True

    def explain(self, state: int, token: int) -> str:
        """Why the token is forbidden."""
        pitch = self._pitches[token]
        side = "below" if pitch is not None and pitch < self._lowest else "above"
        bound = self._lowest if side == "below" else self._highest
        return f"range: `{self._names[token]}` is {side} {bound}"


class Leap:
    """Two successive notes are at most some semitones apart; the state is the last pitch."""

    def __init__(self, events: Sequence[Event], names: Sequence[str], largest: int) -> None:
        self._pitches = pitches_of(events)
        self._names = names
        self._largest = largest

    def start(self) -> int | None:
        """No note yet; -1, as None would mean that a token is forbidden."""
        return -1

    def step(self, state: int, token: int) -> int | None:
        """The pitch of the last note, None where the token is too far from it."""
        pitch = self._pitches[token]
        if pitch is None:
            return state
        return pitch if state < 0 or abs(pitch - state) <= self._largest else None

    def accept(self, state: int) -> bool:
        """Always."""
        return True

    def explain(self, state: int, token: int) -> str:
        """Why the token is forbidden."""
        pitch = self._pitches[token]
        distance = abs((pitch or 0) - state)
        return (
            f"leap: `{self._names[token]}` is {distance} semitones from the last note, "
            f"at most {self._largest} are allowed"
        )
