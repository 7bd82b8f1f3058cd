"""A rule with too many states to explore in advance; it is evaluated while decoding.

What is needed is found by a breadth-first search, level by level, up to a number of states. From a
state whose search succeeds, the one on the way to the end succeeds as well, as all it looks at has
been looked at: so there are no dead ends. What the search does not reach is not allowed.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Protocol

from rnngen import INFINITE, Reason, Single, Vocabulary
from rnngen_constrained.errors import Hostile

SEARCHED = 2000
"""Most states of a search when a level begins."""
REMEMBERED = 100_000


class CheckedRule(Protocol):
    """A rule that keeps its contract; see `rnngen_constrained.machines.rule`."""

    def start(self) -> Hashable: ...  # noqa: D102

    def step(self, state: Hashable, token: str) -> Hashable | None: ...  # noqa: D102

    def accept(self, state: Hashable) -> bool: ...  # noqa: D102


State = tuple[Hashable, bytes]
"""The rule's state, and the bytes of a character that is not yet whole."""


class LazyRule(Single):
    """`Single`.

    Raises:
        Hostile: no valid ending is near enough to be found.
    """

    engine = "rule, states made when reached"
    exact = True

    def __init__(self, name: str, rule: CheckedRule, vocabulary: Vocabulary) -> None:
        self.name = name
        self.vocabulary = vocabulary
        self._rule = rule
        self._text = any(vocabulary.tokens)
        self._after = lru_cache(REMEMBERED)(self._successors)
        self._known: dict[State, int] = {}
        if self.needed(self.start()) >= INFINITE:
            raise Hostile(
                f"no end of `{name}` was found among the first {SEARCHED} states",
                hint="make the rule reject early what can't be finished",
            )

    def start(self) -> State:
        """The rule's first state."""
        return self._rule.start(), b""

    def allowed(self, state: State, left: int | None) -> list[int]:
        """The steps that may follow."""
        most = INFINITE - 1 if left is None else left - 1
        steps = [step for step, after in self._after(state).items() if self.needed(after) <= most]
        return [*steps, self.vocabulary.end] if self._accepts(state) else steps

    def advance(self, state: State, step: int) -> State:
        """The state after a step."""
        return self._after(state)[step]

    def needed(self, state: State) -> int:
        """The fewest steps to a valid ending, as far as the search sees."""
        if state not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[state] = self._search(state)
        return self._known[state]

    def explain(self, state: State, step: int, left: int | None) -> Reason:
        """Says whether the rule forbids the step, or too few steps are left."""
        names = self.vocabulary.names
        what = "an end" if step == self.vocabulary.end else f"`{names[step]}`"
        after = self._after(state).get(step)
        ending = self._ending(state)
        if after is None or self.needed(after) >= INFINITE:
            return Reason("rule", self.name, f"`{self.name}` does not allow {what} here", ending)
        text = f"{what} takes {self.needed(after) + 1} steps to a valid end, {left} are left"
        return Reason("length", self.name, text, ending)

    def _accepts(self, state: State) -> bool:
        return not state[1] and self._rule.accept(state[0])

    def _search(self, state: State) -> int:
        level, seen, depth = [state], {state}, 0
        while level:
            if any(map(self._accepts, level)):
                return depth
            if len(seen) > SEARCHED:
                return INFINITE
            found = []
            for one in level:
                for after in self._after(one).values():
                    if after not in seen:
                        seen.add(after)
                        found.append(after)
            level, depth = found, depth + 1
        return INFINITE

    def _ending(self, state: State) -> list[int]:
        steps = []
        while self.needed(state):
            nearer = self.needed(state) - 1
            step, state = next(
                (step, after)
                for step, after in self._after(state).items()
                if self.needed(after) == nearer
            )
            steps.append(step)
        return steps

    def _successors(self, state: State) -> dict[int, State]:
        found = {}
        for step, token in enumerate(self.vocabulary.tokens):
            if step == self.vocabulary.end or (self._text and not token):
                continue
            after = self._read(state, token) if self._text else self._name(state, step)
            if after is not None:
                found[step] = after
        return found

    def _name(self, state: State, step: int) -> State | None:
        after = self._rule.step(state[0], self.vocabulary.names[step])
        return None if after is None else (after, b"")

    def _read(self, state: State, token: bytes) -> State | None:
        own, rest = state
        rest += token
        while rest:
            size = _size(rest[0])
            try:
                character = rest[:size].decode()
            except UnicodeDecodeError as error:
                unfinished = len(rest) < size and error.reason == "unexpected end of data"
                return (own, rest) if unfinished else None
            after = self._rule.step(own, character)
            if after is None:
                return None
            own, rest = after, rest[size:]
        return own, b""


def _size(byte: int) -> int:
    """The number of bytes of the character that a byte begins."""
    return 1 if byte < 0xC0 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
