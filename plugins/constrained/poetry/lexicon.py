"""A dictionary made ready for one form and one vocabulary."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from rnngen_constrained.machine import Vocabulary
from rnngen_constrained.poetry.dictionary import Dictionary
from rnngen_constrained.poetry.forms import Form
from rnngen_constrained.poetry.lines import Lines, Spoken
from rnngen_constrained.poetry.measure import Kinds, Measure
from rnngen_constrained.poetry.plan import Plan
from rnngen_constrained.poetry.spelling import Spelling
from rnngen_constrained.poetry.trie import Trie


@dataclass(frozen=True)
class Lexicon:
    """The words that a poem may use.

    Args:
        form: of the poem.
        trie: of the words that fit into some line and that the vocabulary can write.
        spelling: the vocabulary's tokens on it.
        kinds: of their pronunciations.
        plan: of the poem's lines.
        missing: characters that words have and the vocabulary lacks, and how many words have them.
    """

    form: Form
    trie: Trie
    spelling: Spelling
    kinds: Kinds
    plan: Plan
    missing: Counter[str]


class NoWords(Exception):
    """No word of the dictionary can be used: it fits into no line, or can't be written."""

    def __init__(self, missing: Counter[str]) -> None:
        self.missing = missing


class _Writable:
    """The characters a vocabulary can write: in some token, or byte by byte."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._text = b"\0".join(vocabulary.tokens)
        self._tokens = set(vocabulary.tokens)
        self._known: dict[str, bool] = {}

    def lacking(self, word: str) -> set[str]:
        """The characters of a word that can't be written."""
        return {letter for letter in word if not self._has(letter)}

    def _has(self, letter: str) -> bool:
        if letter not in self._known:
            spelt = letter.encode()
            bytewise = all(bytes([byte]) in self._tokens for byte in spelt)
            self._known[letter] = bytewise or spelt in self._text
        return self._known[letter]


def make_lexicon(
    dictionary: Dictionary,
    form: Form,
    vocabulary: Vocabulary,
    *,
    punctuation: bool,
    capitals: str,
    repeat: bool,
) -> Lexicon:
    """The dictionary's words for a form and a vocabulary; NoWords where there are none."""
    measures: list[Measure] = list(dict.fromkeys(form.measures))
    kinds = Kinds(measures)
    known = _Writable(vocabulary)
    missing: Counter[str] = Counter()
    used: dict[bytes, list[tuple[int, tuple[str, ...]]]] = {}
    for word, said in dictionary.words.items():
        numbered = [(kinds.number(part.stresses), part.rhyme) for part in said]
        fitting = [(kind, rhyme) for kind, rhyme in numbered if kind >= 0]
        if not fitting:
            continue
        lacking = known.lacking(word)
        missing.update(lacking)
        if not lacking:
            used[word.encode()] = fitting
    if not used:
        raise NoWords(missing)
    trie = Trie(list(used), capitals)
    numbers: dict[tuple[str, ...], int] = {}
    pairs = sorted(
        {
            (numbers.setdefault(rhyme, len(numbers)), row, kind)
            for row, text in enumerate(trie.words)
            for kind, rhyme in used[text]
        }
    )
    table = np.array(pairs, np.int32)
    begin = np.searchsorted(table[:, 0], np.arange(len(numbers) + 1))
    spoken = Spoken(table[:, 1].copy(), table[:, 2].copy(), table[:, 0].copy(), begin)
    spelling = Spelling(trie, vocabulary.tokens, punctuation)
    lines = Lines(spelling, spoken, kinds.all, measures)
    plan = Plan(form, lines, measures, repeat=repeat)
    return Lexicon(form, trie, spelling, kinds, plan, missing)
