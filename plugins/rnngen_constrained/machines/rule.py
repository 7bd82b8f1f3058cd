"""Rules that say one step at a time what they allow: `start`, `step` and `accept`.

    class NoDouble:
        def start(self):
            return ""

        def step(self, state, token):
            return None if token == state else token

        def accept(self, state):
            return True

Of text, a token is one character, whatever the model's vocabulary; else it is the name of a step,
`NOTE_60`. A state is anything that can be hashed. A rule is explored into an automaton; one with
too many states is evaluated while sequences are written.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen import Constraint, Machine, Rule, Single, Vocabulary, blamed, one_line
from rnngen_constrained.automata.byte_dfa import ByteDFA
from rnngen_constrained.automata.token_dfa import merged_columns, trimmed
from rnngen_constrained.errors import BadRule, EmptyLanguage
from rnngen_constrained.machines.bind import bind_bytes
from rnngen_constrained.machines.lazy_rule import LazyRule
from rnngen_constrained.machines.table import TableMachine
from rnngen_constrained.whole_text import text_fault

Explored = tuple[NDArray[np.int32], NDArray[np.bool_], list[Hashable]]


MOST_STATES = 20_000


MOST_CALLS = 1_000_000
"""Bounds on exploring a rule: states, and calls of `step`."""


class Checked:
    """A rule whose answers are checked; BadRule says what it did wrong."""

    def __init__(self, name: str, rule: Rule) -> None:
        self.name = name
        self._rule = rule

    def start(self) -> Hashable:
        """The first state."""
        return self._state("start()", self._call("start"))

    def step(self, state: Hashable, token: str) -> Hashable | None:
        """The state after a token, or None."""
        after = self._call("step", state, token)
        return None if after is None else self._state(f"step({state!r}, {token!r})", after)

    def accept(self, state: Hashable) -> bool:
        """Whether a sequence may end."""
        answer = self._call("accept", state)
        if not isinstance(answer, bool | np.bool_):
            raise self._bad(f"`accept({state!r})` gave {answer!r:.60}", "True or False")
        return bool(answer)

    def _call(self, what: str, *arguments: Any) -> Any:
        try:
            return getattr(self._rule, what)(*arguments)
        except Exception as error:
            listed = ", ".join(map(repr, arguments))
            blame = blamed(error)
            fault = blame.message if blame else one_line(error)
            raise BadRule(
                f"rule `{self.name}` failed at `{what}({listed:.120})`: {fault}",
                hint="the fault is in the plugin that provides the rule",
            ) from error

    def _state(self, where: str, state: Any) -> Hashable:
        if state is None:
            raise self._bad(f"`{where}` gave None", "a state")
        try:
            hash(state)
        except TypeError:
            raise self._bad(f"`{where}` gave {state!r:.60}", "a state that can be hashed") from None
        if state != state:
            raise self._bad(f"`{where}` gave {state!r:.60}", "a state that equals itself")
        return state  # type: ignore[no-any-return]

    def _bad(self, what: str, expected: str) -> BadRule:
        return BadRule(
            f"rule `{self.name}`: {what}, expected {expected}",
            hint="`rnngen_constrained.testing` checks a rule's contract",
        )


class RuleConstraint(Constraint):
    """A rule as a constraint."""

    def __init__(self, name: str, rule: Rule) -> None:
        self.name = name
        self._rule = Checked(name, rule)

    def bind(self, vocabulary: Vocabulary) -> Machine | Single:
        """The machine.

        Raises:
            EmptyLanguage: the rule accepts nothing that these steps can write.
            BadRule: it breaks its contract.
        """
        text = any(vocabulary.tokens)
        tokens = characters(vocabulary) if text else _names(vocabulary)
        explored = self.explored(tokens)
        if explored is None:
            return LazyRule(self.name, self._rule, vocabulary)
        table, accepting, _ = explored
        if text:
            return bind_bytes(self.name, over_bytes(table, tokens, accepting), vocabulary)
        columns = {name: number for number, name in enumerate(tokens)}
        classes = np.array(
            [
                len(tokens) if step == vocabulary.end else columns[name]
                for step, name in enumerate(vocabulary.names)
            ],
            np.int32,
        )
        table = np.concatenate((table, np.full((len(table), 1), -1, np.int32)), axis=1)
        made, _ = trimmed(table, classes, accepting)
        if made.empty:
            raise EmptyLanguage(f"nothing satisfies `{self.name}`")
        return TableMachine(made, vocabulary, [self.name])

    def fault(self, machine: Machine | Single, steps: Sequence[int]) -> str | None:
        """What the rule itself finds wrong with a finished sequence."""
        vocabulary = machine.vocabulary
        if any(vocabulary.tokens):
            return text_fault(vocabulary, steps, self._refused)
        return self._refused([vocabulary.names[step] for step in steps])

    def _refused(self, tokens: Sequence[str]) -> str | None:
        state: Hashable | None = self._rule.start()
        for place, token in enumerate(tokens):
            state = self._rule.step(state, token)
            if state is None:
                return f"it does not allow `{token}` at place {place + 1}"
        return None if self._rule.accept(state) else "the sequence must not end there"

    def explored(self, tokens: list[str]) -> Explored | None:
        """All states: the table `[S,T]` over the tokens, which accept, and themselves.

        None where there are too many.
        """
        rule = self._rule
        first = rule.start()
        numbers: dict[Hashable, int] = {first: 0}
        waiting: list[Hashable] = [first]
        rows = []
        for state in waiting:
            row = []
            for token in tokens:
                after = rule.step(state, token)
                if after is None:
                    row.append(-1)
                    continue
                number = numbers.setdefault(after, len(waiting))
                if number == len(waiting):
                    waiting.append(after)
                row.append(number)
            rows.append(row)
            if len(waiting) > MOST_STATES or len(rows) * len(tokens) > MOST_CALLS:
                return None
        accepting = np.array([rule.accept(state) for state in waiting])
        return np.array(rows, np.int32).reshape(len(rows), len(tokens)), accepting, waiting


def characters(vocabulary: Vocabulary) -> list[str]:
    """The characters that whole tokens have, in order of code point."""
    found: set[str] = set()
    for token in vocabulary.tokens:
        found.update(token.decode(errors="ignore"))
    return sorted(found)


def over_bytes(table: NDArray[Any], characters: list[str], accepting: NDArray[Any]) -> ByteDFA:
    """An automaton over characters as one over their UTF-8."""
    count = len(table)
    rows = np.full((count, 256), -1, np.int32)
    more: list[NDArray[Any]] = []
    between: dict[tuple[int, bytes], int] = {}

    def row(number: int) -> NDArray[Any]:
        found: NDArray[Any] = rows[number] if number < count else more[number - count]
        return found

    for column, character in enumerate(characters):
        spelt = character.encode()
        if len(spelt) == 1:
            rows[:, spelt[0]] = table[:, column]
            continue
        for state in np.flatnonzero(table[:, column] >= 0).tolist():
            at = state
            for place in range(1, len(spelt)):
                key = state, spelt[:place]
                if key not in between:
                    between[key] = count + len(more)
                    more.append(np.full(256, -1, np.int32))
                    row(at)[spelt[place - 1]] = between[key]
                at = between[key]
            row(at)[spelt[-1]] = table[state, column]
    joined = np.concatenate((rows, np.stack(more))) if more else rows
    small, classes = merged_columns(joined)
    return ByteDFA(small, classes, np.concatenate((accepting, np.zeros(len(more), bool))))


def _names(vocabulary: Vocabulary) -> list[str]:
    """The names of all steps but the end."""
    names = [name for step, name in enumerate(vocabulary.names) if step != vocabulary.end]
    return list(dict.fromkeys(names))
