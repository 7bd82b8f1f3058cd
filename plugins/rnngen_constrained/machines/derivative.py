"""A machine over terms: for expressions whose tables would be too large, or that look around."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnngen import INFINITE, Reason, Single, Vocabulary
from rnngen_constrained.automata.charset import Charset
from rnngen_constrained.automata.expression import Expression
from rnngen_constrained.derivatives.as_term import as_term
from rnngen_constrained.derivatives.budget import Budget
from rnngen_constrained.derivatives.endings import Endings
from rnngen_constrained.derivatives.masks import Masks
from rnngen_constrained.derivatives.space import Space
from rnngen_constrained.derivatives.term import Term
from rnngen_constrained.derivatives.trie import trie_of
from rnngen_constrained.derivatives.walk import Walk
from rnngen_constrained.errors import EmptyLanguage
from rnngen_constrained.machines.bind import characters_of, unspellable
from rnngen_constrained.machines.lazy_lift import are_spelt, short_steps


class DerivativeMachine(Single):
    """`Single`; a state is a term, which stands for what may still be written.

    Args:
        name: the constraint, for messages.
        expression: what is allowed.
        vocabulary: the steps.

    Raises:
        EmptyLanguage: nothing is allowed at all.
        Unspellable: something is, but no steps write it.
        Hostile: finding an end takes too long.
    """

    engine = "derivatives, made when reached"
    exact = False
    measured = True
    complete = True

    def __init__(self, name: str, expression: Expression, vocabulary: Vocabulary) -> None:
        self.name, self.vocabulary = name, vocabulary
        self._space = Space()
        self._endings = Endings(self._space)
        trie = trie_of(tuple(vocabulary.tokens))
        self._walk = Walk(self._endings, trie)
        self._free = are_spelt(vocabulary)
        longest = max(1, trie.longest)
        self._masks = Masks(self._space, self._walk, longest)
        self._budget = Budget(self._space, self._endings, self._walk, longest, free=self._free)
        self._start = as_term(self._space, expression, spelt(vocabulary))
        if not self._endings.alive(self._start) or self.needed(self._start) >= INFINITE:
            if not self._endings.alive(as_term(self._space, expression)):
                raise EmptyLanguage(f"nothing satisfies `{name}`", hint="it contradicts itself")
            raise unspellable(name, vocabulary, characters_of(expression))

    def start(self) -> Term:
        """What may be written."""
        return self._start

    def allowed(self, state: Term, left: int | None) -> NDArray[np.int32]:
        """The steps that may follow."""
        if self._space.full:
            self._forget()
        if self._free and (left is None or state.reach < left):
            steps = self._masks.tokens(state)
        else:
            most = INFINITE - 1 if left is None else left - 1
            numbers, terms = self._walk.ends(state)
            good = [
                number
                for number in np.unique(numbers[numbers >= 0]).tolist()
                if self._budget.fits(terms[number], most)
            ]
            steps = np.flatnonzero(np.isin(numbers, good)).astype(np.int32)
        if self._space.ends(state):
            return np.append(steps, np.int32(self.vocabulary.end))
        return steps

    def advance(self, state: Term, step: int) -> Term:
        """What may be written after a step."""
        for byte in self.vocabulary.tokens[step]:
            state = self._space.after(state, byte)
        return state

    def needed(self, state: Term) -> int:
        """The fewest steps to an end."""
        return min(INFINITE, self._budget.needed(state))

    def needed_after(self, state: Term) -> NDArray[np.int32]:
        """`[V]`: what is needed after each step, at most."""
        numbers, terms = self._walk.ends(state)
        needs = np.full(len(self.vocabulary), INFINITE, np.int32)
        for number in np.unique(numbers[numbers >= 0]).tolist():
            most = self._budget.most(terms[number])
            if most >= INFINITE:
                most = self._budget.needed(terms[number])
            needs[numbers == number] = min(INFINITE, most)
        needs[self.vocabulary.end] = -1 if self._space.ends(state) else INFINITE
        return needs

    def explain(self, state: Term, step: int, left: int | None) -> Reason:
        """Says whether the step is forbidden by itself, or takes too long."""
        end = step == self.vocabulary.end
        what = "an end" if end else f"`{self.vocabulary.names[step]}`"
        after = self._space.nothing if end else self.advance(state, step)
        ending = self._ending(state)
        if after is self._space.nothing or not self._endings.alive(after):
            text = f"`{self.name}` does not allow {what} here"
            return Reason("rule", self.name, text, ending)
        needs = self.needed(after) + 1
        text = f"continuing with {what} takes {needs} steps, {left} are left"
        return Reason("length", self.name, text, ending)

    def _ending(self, state: Term) -> list[int]:
        """The steps of a shortest ending."""
        steps: list[int] = []
        while not self._space.ends(state):
            needs = self.needed(state)
            numbers, terms = self._walk.ends(state)
            near = next(
                number
                for number in np.unique(numbers[numbers >= 0]).tolist()
                if self._budget.fits(terms[number], needs - 1)
            )
            state = terms[near]
            steps.append(int(np.flatnonzero(numbers == near)[0]))
        return steps

    def _forget(self) -> None:
        for kept in (self._space, self._endings, self._walk, self._masks, self._budget):
            kept.forget()


def spelt(vocabulary: Vocabulary) -> Charset | None:
    """The characters that tokens of one character or byte can write; None: all of Unicode."""
    short = {vocabulary.tokens[step] for step in short_steps(vocabulary)}
    single = {token[0] for token in short if len(token) == 1}
    if len(single) == 256:
        return None
    known: set[str] = set()
    for token in vocabulary.tokens:
        known.update(token.decode(errors="ignore"))
    if are_spelt(vocabulary):
        known = {char for char in known if char.encode() in short or set(char.encode()) <= single}
    return Charset.of((ord(char), ord(char)) for char in known)
