"""The base of music rules: an automaton over token ids that can explain what it forbids."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from typing import Any

from rnngen_music.rules.names import Event


class Rule(ABC):
    """A rule over tokens.

    Args:
        events: the event of each token.
        names: token names.
    """

    def __init__(self, events: Sequence[Event], names: Sequence[str]) -> None:
        self.events = events
        self.names = names
        self.pitches = [
            int(event.value) if event.kind == "note" and event.value is not None else None
            for event in events
        ]

    @abstractmethod
    def start(self) -> Hashable:
        """The state before the first token."""

    @abstractmethod
    def step(self, state: Any, token: int) -> Hashable | None:
        """The state after a token; None where it is not allowed."""

    def accept(self, state: Any) -> bool:
        """Whether a sequence may end here."""
        return True

    def explain(self, state: Any, token: int) -> str:
        """Why a token is not allowed."""
        return f"`{self.names[token]}` is not allowed here"

    def unfinished(self, state: Any) -> str:
        """Why the sequence can't end here."""
        return "the sequence can't end here"
