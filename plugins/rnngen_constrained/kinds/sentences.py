"""A rule of prose: brackets and quotation marks in pairs, and whole sentences."""

from __future__ import annotations

from typing import Any

from rnngen import Rule
from rnngen_constrained.kinds.word_list import is_word_character

PAIRS = {"(": ")", "[": "]", "{": "}", "“": "”", "«": "»"}
CLOSING = frozenset(PAIRS.values())
QUOTE = '"'
STOPS = frozenset(".!?…")
DEEPEST = 3
NEUTRAL = "'"

BEFORE, INSIDE, DONE = 0, 1, 2
"""Where a text is: before its first word, inside a sentence, after the end of one."""

State = tuple[str, int]
"""What is open, by what closes it, and where the text is."""


def place_of(state: Any) -> int:
    """The state of a text: `BEFORE`, `INSIDE` or `DONE`."""
    place: int = state[1]
    return place


class Sentences(Rule):
    """Brackets and quotation marks in pairs, at most `DEEPEST` open at once."""

    def start(self) -> State:
        """The start: nothing is open, and no word has been written."""
        return "", BEFORE

    def step(self, state: State, token: str) -> State | None:
        """The state after one character."""
        opened, place = state
        if token in PAIRS:
            return self._opened(opened, PAIRS[token], place)
        if token in CLOSING:
            return (opened[:-1], place) if opened.endswith(token) else None
        if token == QUOTE:
            if opened.endswith(QUOTE):
                return opened[:-1], place
            return None if QUOTE in opened else self._opened(opened, QUOTE, place)
        if token in STOPS:
            return opened, BEFORE if place == BEFORE else DONE
        if token.isspace() or token == NEUTRAL:
            return state
        if is_word_character(token):
            return opened, INSIDE
        return opened, BEFORE if place == BEFORE else INSIDE

    def accept(self, state: State) -> bool:
        """Whether a text may end: at the end of a sentence, with nothing open."""
        return state == ("", DONE)

    def _opened(self, opened: str, closing: str, place: int) -> State | None:
        if len(opened) == DEEPEST:
            return None
        return opened + closing, INSIDE if place == DONE else place
