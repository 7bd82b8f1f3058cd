"""A music rule as a table over the steps of a vocabulary, which can explain what it forbids.

Tokens for the same event share a column, so that a rule is evaluated once for all of them. Marks of
a vocabulary (`PAD_None`, `BOS_None`) are not events, and every rule forbids them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from rnngen import Vocabulary
from rnngen_constrained import EmptyLanguage, Hostile, TableMachine, trimmed
from rnngen_music.rules.names import Event
from rnngen_music.rules.rule import Rule

MOST_STATES = 50_000
MOST_CALLS = 5_000_000
"""Limits of a rule: states, and calls of `step`."""


class RuleTable(TableMachine):
    """The `Machine` of one rule.

    Args:
        name: the constraint as the user wrote it.
        rule: the rule.
        vocabulary: the model's vocabulary.

    Raises:
        EmptyLanguage: the rule allows nothing.
        Hostile: it has too many states.
    """

    def __init__(self, name: str, rule: Rule, vocabulary: Vocabulary) -> None:
        numbers: dict[Event, int] = {}
        found = [numbers.setdefault(event, len(numbers)) for event in rule.events]
        classes = np.array(found, np.int32)
        classes[vocabulary.end] = len(numbers)
        _, tokens = np.unique(classes, return_index=True)
        first = rule.start()
        states: list[Hashable] = [first]
        known: dict[Hashable, int] = {first: 0}
        rows = []
        columns = [
            int(token)
            for token in tokens
            if token != vocabulary.end and rule.events[token].kind != "mark"
        ]
        for state in states:
            row = [-1] * (len(numbers) + 1)
            for token in columns:
                after = rule.step(state, token)
                if after is not None:
                    row[classes[token]] = known.setdefault(after, len(states))
                    if row[classes[token]] == len(states):
                        states.append(after)
            rows.append(row)
            if len(states) > MOST_STATES or len(rows) * len(columns) > MOST_CALLS:
                raise Hostile(
                    f"`{name}` has more than {len(states)} states with this model's steps",
                    hint="use fewer bars, or a unit that divides more durations",
                )
        accepting = np.array([rule.accept(state) for state in states])
        made, alive = trimmed(np.array(rows, np.int32), classes, accepting)
        if made.empty:
            raise EmptyLanguage(f"nothing satisfies `{name}`: {rule.unfinished(first)}")
        super().__init__(made, vocabulary, [name])
        self._rule = rule
        self._states = [states[number] for number in alive]

    def fault(self, steps: Sequence[int]) -> str | None:
        """The rule's own verdict on a finished sequence."""
        state: Hashable | None = self._rule.start()
        for step in steps:
            before, state = state, self._rule.step(state, step)
            if state is None:
                return self._rule.explain(before, step)
        return None if self._rule.accept(state) else self._rule.unfinished(state)

    def sentence(self, state: int, step: int) -> str:
        """Why the rule forbids a step in one of its states."""
        own = self._states[state]
        if step == self.vocabulary.end:
            return self._rule.unfinished(own)
        if self._rule.events[step].kind == "mark":
            return f"`{self._rule.names[step]}` is a mark of the vocabulary, not an event"
        return self._rule.explain(own, step)
