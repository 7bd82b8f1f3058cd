"""A context-free grammar as a machine for one sequence."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from rnngen import INFINITE, Reason, Single, Vocabulary
from rnngen_constrained.automata.expression import Rules
from rnngen_constrained.errors import Hostile
from rnngen_constrained.grammar.alphabet import Alphabet
from rnngen_constrained.grammar.loops import simplified
from rnngen_constrained.grammar.network import Network
from rnngen_constrained.grammar.over_tokens import Lift
from rnngen_constrained.grammar.productive import check_spellable
from rnngen_constrained.grammar.stack import Reader, State

NAMED = 8


class GrammarMachine(Single):
    """The texts of a grammar over the tokens of a vocabulary; a `Single`.

    `needed` is exact where every token that a text can have is one character (or one byte, where
    tokens are parts of characters); else it is that of writing one character after the other,
    an upper bound.

    Args:
        rules: the grammar.
        start: the rule for a whole text.
        vocabulary: the steps.
        name: of the constraint, for messages.

    Raises:
        EmptyLanguage: no text satisfies the grammar.
        Unspellable: the vocabulary can't spell any that does.
        Hostile: the grammar is far too large.
    """

    engine = "grammar with a stack"
    measured = True

    def __init__(self, rules: Rules, start: str, vocabulary: Vocabulary, name: str) -> None:
        self.vocabulary = vocabulary
        self.name = name
        tokens = [b"" if step == vocabulary.end else t for step, t in enumerate(vocabulary.tokens)]
        alphabet = Alphabet(tokens)
        try:
            self.unused = check_spellable(rules, start, alphabet, name)
            network = Network(simplified(rules, start), start, alphabet)
        except RecursionError as error:
            raise Hostile(f"`{name}` is nested too deeply") from error
        if network.least >= INFINITE:
            raise Hostile(f"the shortest text of `{name}` takes more than {INFINITE} steps")
        reader = Reader(network)
        self._start = reader.start
        self._lift = Lift(reader, network)
        words = [word for word in self._lift.word if word is not None]
        self.exact = all(len(word) == 1 for word in words)
        self._token: dict[int, int] = {}
        for step, word in enumerate(self._lift.word):
            if word is not None and len(word) == 1:
                self._token.setdefault(word[0], step)
        self._reader = reader
        self.complete = alphabet.single == (1 << len(alphabet.units)) - 1
        """Whether everything valid can be written one unit per step."""

    def start(self) -> Hashable:
        """The state before the first step."""
        return self._start

    def allowed(self, state: Hashable, left: int | None) -> Sequence[int]:
        """The steps after which an ending still fits, including the end where one may stop."""
        at = cast(State, state)
        most = INFINITE - 1 if left is None else left - 1
        steps = self._lift.within(at, most)
        if at.final:
            steps = np.append(steps, self.vocabulary.end)
        return cast(Sequence[int], steps)

    def advance(self, state: Hashable, step: int) -> Hashable:
        """The state after a step that is allowed; ValueError for another."""
        at = cast(State, state)
        if step == self.vocabulary.end and at.final:
            return at
        after = self._lift.advance(at, step)
        if after is None:
            raise ValueError(f"step {step} is not allowed here")
        return after

    def needed(self, state: Hashable) -> int:
        """The fewest steps to a valid ending."""
        return cast(State, state).needed

    def needed_after(self, state: Hashable) -> NDArray[np.int32]:
        """`[V]`: the fewest steps to an ending after each step."""
        at = cast(State, state)
        needed = self._lift.costs(at).astype(np.int32)
        needed[self.vocabulary.end] = -1 if at.final else INFINITE
        return needed

    def ending(self, state: Hashable) -> list[int]:
        """The steps of a shortest valid ending, one unit per step."""
        at = cast(State, state)
        steps: list[int] = []
        while at.needed:
            costs = self._reader.costs(at)
            number = min(
                (one for one in costs if one in self._token),
                key=lambda one: (costs[one], self._token[one]),
            )
            steps.append(self._token[number])
            at = cast(State, self._reader.advance(at, number))
        return steps

    def explain(self, state: Hashable, step: int, left: int | None) -> Reason:
        """Why a step is forbidden; ValueError where it is allowed."""
        at = cast(State, state)
        names = self.vocabulary.names
        shown = names[step]
        if step == self.vocabulary.end:
            if at.final:
                raise ValueError(f"step {step} is allowed here")
            text = f"the text is not complete: it takes at least {at.needed} more steps"
            return Reason("rule", self.name, text, self.ending(at))
        cost = int(self._lift.costs(at)[step])
        if cost < INFINITE and (left is None or cost < left):
            raise ValueError(f"step {step} is allowed here")
        if cost < INFINITE:
            text = f"an ending after {shown} takes {cost} more steps, {(left or 1) - 1} are left"
            return Reason("length", self.name, text, self.ending(at))
        follow = self._lift.within(at, INFINITE - 1)
        some = ", ".join(names[one] for one in follow[:NAMED])
        more = f" and {len(follow) - NAMED} others" if len(follow) > NAMED else ""
        text = f"{shown} can't follow here; what can: {some}{more}"
        if not len(follow):
            text = f"the text is complete, so {shown} can't follow"
        return Reason("rule", self.name, text, self.ending(at))
