"""The constraint `prose`: known words, brackets and quotes in pairs, and whole sentences.

The product of its two automata would be too large, and is not needed: while a word is being written
brackets and sentences do not change, so what is needed is the rest of the word, and then
what the sentence needs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnngen import (
    INFINITE,
    BundleError,
    Constraint,
    Context,
    DataError,
    Machine,
    Reason,
    Single,
    UsageError,
    Vocabulary,
)
from rnngen_constrained.automata.byte_dfa import ByteDFA
from rnngen_constrained.automata.token_dfa import Ints
from rnngen_constrained.kinds.learned_words import learned_words
from rnngen_constrained.kinds.sentences import BEFORE, Sentences, place_of
from rnngen_constrained.kinds.word_list import texts_of
from rnngen_constrained.kinds.words import Words, unknown_word
from rnngen_constrained.machines.bind import unspellable
from rnngen_constrained.machines.lazy_lift import LazyLift
from rnngen_constrained.machines.rule import RuleConstraint, characters, over_bytes
from rnngen_constrained.whole_text import text_fault

State = tuple[int, int]


class Prose(Constraint):
    """Sentences made of the words of a list (or a file, as for `words`), or of any words."""

    many = True
    proven = True

    def __init__(self, words: Sequence[str] = (), name: str = "prose") -> None:
        self.name = name
        self._words = Words(words).words if words else []

    @classmethod
    def learned(cls, context: Context) -> list[Constraint]:
        """Sentences made of the training text's words, or of any if it can't be read again."""
        codec = context.codec
        try:
            words = learned_words(codec.decode(steps) for steps in context.learned())
            if not words:
                raise DataError("the training text has no words")
        except (BundleError, DataError, UsageError) as error:
            context.note(
                "standard rule: brackets and quotes in pairs, whole sentences; any words, as the "
                f"training text can't be read again: {error.message}"
            )
            return [cls(name="sentences")]
        context.note(
            f"standard rule: only the {len(words):,} words of the training text, brackets and "
            "quotes in pairs, whole sentences"
        )
        return [cls(words, name="known words and whole sentences")]

    def bind(self, vocabulary: Vocabulary) -> Machine | Single:
        """The machine."""
        if not self._words:
            return RuleConstraint(self.name, Sentences()).bind(vocabulary)
        return ProseMachine(self.name, self._words, vocabulary)

    def fault(self, machine: Machine | Single, steps: Sequence[int]) -> str | None:
        """What is wrong with the words of a finished text, or with its sentences."""
        if self._words:
            words = set(self._words)
            fault = text_fault(machine.vocabulary, steps, lambda text: unknown_word(text, words))
            if fault is not None:
                return fault
        return RuleConstraint(self.name, Sentences()).fault(machine, steps)


class ProseMachine(Single):
    """The `Single`; a state pairs one of the automaton of words with one of sentences."""

    engine = "words and sentences, states made when reached"
    exact = False
    measured = True

    def __init__(self, name: str, words: Sequence[str], vocabulary: Vocabulary) -> None:
        self.name = name
        self.vocabulary = vocabulary
        # Tokens with parts of characters are left out: what a part becomes, both would have to say.
        tokens = [token if _is_whole(token) else b"" for token in vocabulary.tokens]
        whole = Vocabulary(tokens, vocabulary.names, vocabulary.end)
        known = characters(whole)
        explored = RuleConstraint(name, Sentences()).explored(known)
        assert explored is not None
        table, accepting, states = explored
        self._sentences = LazyLift(name, over_bytes(table, known, accepting), whole)
        self._words = LazyLift(name, texts_of(words), whole)
        self.complete = self._words.complete and tokens == list(vocabulary.tokens)
        """Whether everything valid can be spelled character by character."""
        self._shortest = _shortest_word(words, whole, self._words.short)
        # Before its first word, a text needs a whole one; the rule for sentences counts a letter.
        self._distance = self._sentences.distance.astype(np.int64)
        before = [number for number, state in enumerate(states) if place_of(state) == BEFORE]
        self._distance[before] += len(self._shortest) - 1
        longest = self._words.distance[self._words.distance < INFINITE].max()
        self.ample = int(self._distance[self._distance < INFINITE].max() + longest) + 1

    def start(self) -> State:
        """The states before the first step."""
        return 0, 0

    def allowed(self, state: State, left: int | None) -> Ints:
        """The steps that may follow."""
        needed = self._needed(self._words.row(state[0]), self._sentences.row(state[1]))
        good = needed <= (INFINITE - 1 if left is None else left - 1)
        accepts = self._words.dfa.accepting[state[0]] and self._sentences.dfa.accepting[state[1]]
        good[self.vocabulary.end] = accepts
        return np.flatnonzero(good).astype(np.int32)

    def advance(self, state: State, step: int) -> State:
        """The states after a step."""
        return self._words.advance(state[0], step), self._sentences.advance(state[1], step)

    def needed(self, state: State) -> int:
        """The characters to an end: an upper bound on the steps."""
        return int(self._words.distance[state[0]]) + int(self._distance[state[1]])

    def needed_after(self, state: State) -> Ints:
        """`[V]`: characters to an end after each step."""
        needed = self._needed(self._words.row(state[0]), self._sentences.row(state[1]))
        accepts = self._words.dfa.accepting[state[0]] and self._sentences.dfa.accepting[state[1]]
        needed[self.vocabulary.end] = -1 if accepts else INFINITE
        return needed.astype(np.int32)

    def spelt(self) -> list[ByteDFA]:
        """The automata of words and of sentences."""
        return [self._words.dfa, self._sentences.dfa]

    def explain(self, state: State, step: int, left: int | None) -> Reason:
        """Whether the word, the sentence or the length forbids the step."""
        what = "an end" if step == self.vocabulary.end else f"`{self.vocabulary.names[step]}`"
        ending = [*self._words.ending(state[0]), *self._ending(state[1])]
        if step == self.vocabulary.end:
            if not self._words.dfa.accepting[state[0]]:
                text = "a word is not complete"
            else:
                text = "a sentence is not complete, or a bracket or quotation mark is open"
            return Reason("rule", self.name, text, ending)
        word, sentence = self.advance(state, step)
        if word < 0 or self._words.distance[word] >= INFINITE:
            return Reason("rule", self.name, f"no known word continues with {what}", ending)
        if sentence < 0 or self._distance[sentence] >= INFINITE:
            text = f"{what} closes what is not open, or opens too many"
            return Reason("rule", self.name, text, ending)
        needs = self.needed((word, sentence)) + 1
        text = f"{what} may take {needs} steps to the end of a sentence, {left} are left"
        return Reason("length", self.name, text, ending)

    def _needed(self, words: Ints, sentences: Ints) -> Ints:
        alive = (words >= 0) & (sentences >= 0)
        total = self._words.distance[words].astype(np.int64) + self._distance[sentences]
        return np.where(alive, np.minimum(total, INFINITE), INFINITE)

    def _ending(self, state: int) -> list[int]:
        """The shortest end of a sentence, with its first word if it has none yet."""
        rest = self._sentences.ending(state)
        if int(self._distance[state]) == int(self._sentences.distance[state]):
            return rest
        return [*self._shortest, *rest[1:]]


def _is_whole(token: bytes) -> bool:
    try:
        token.decode()
    except UnicodeDecodeError:
        return False
    return True


def _shortest_word(words: Sequence[str], vocabulary: Vocabulary, short: Sequence[int]) -> list[int]:
    """The steps of a shortest word that can be written character by character."""
    spelt = {vocabulary.tokens[step]: step for step in short}
    for word in sorted(words, key=len):
        steps = [spelt.get(character.encode(), -1) for character in word]
        if min(steps) >= 0:
            return steps
    raise unspellable("prose", vocabulary, "".join(words[:100]))
