"""A dictionary prepared for one form and one vocabulary."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from rnngen import Vocabulary
from rnngen_poetry.dictionary import Dictionary
from rnngen_poetry.forms import Form
from rnngen_poetry.lines import Lines, Spoken
from rnngen_poetry.measure import Kinds, Measure
from rnngen_poetry.plan import Plan
from rnngen_poetry.spelling import Spelling
from rnngen_poetry.trie import Trie


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
    """Raised if no word of the dictionary can be used: none fits into a line and can be written."""

    def __init__(self, missing: Counter[str]) -> None:
        self.missing = missing


def _lacking(letters: set[str], vocabulary: Vocabulary) -> set[str]:
    """The characters that a vocabulary can't write, neither in a token nor byte by byte."""
    text, tokens = b"\0".join(vocabulary.tokens), set(vocabulary.tokens)
    return {
        letter
        for letter in letters
        if letter.encode() not in text
        and not all(bytes([byte]) in tokens for byte in letter.encode())
    }


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
    lacking = _lacking(set().union(*dictionary.words), vocabulary)
    missing: Counter[str] = Counter()
    used: dict[bytes, list[tuple[int, str]]] = {}
    for word, said in dictionary.words.items():
        fitting = [(kinds.number(part.stresses), part.rhyme) for part in said]
        if len(fitting) > 1 or fitting[0][0] < 0:
            fitting = [(kind, rhyme) for kind, rhyme in fitting if kind >= 0]
            if not fitting:
                continue
        if lacking and not lacking.isdisjoint(word):
            missing.update(lacking.intersection(word))
        else:
            used[word.encode()] = fitting
    if not used:
        raise NoWords(missing)
    trie = Trie(list(used), capitals)
    spoken = _spoken([used[text] for text in trie.words])
    spelling = Spelling(trie, vocabulary.tokens, punctuation)
    lines = Lines(spelling, spoken, kinds.all, measures)
    plan = Plan(form, lines, measures, repeat=repeat)
    return Lexicon(form, trie, spelling, kinds, plan, missing)


def _spoken(said: list[list[tuple[int, str]]]) -> Spoken:
    """Pairs of word and kind, sorted by rhyme; `said` has the kinds and rhymes of each word."""
    numbers: dict[str, int] = {}
    rhymes = [numbers.setdefault(rhyme, len(numbers)) for part in said for _, rhyme in part]
    kinds = [kind for part in said for kind, _ in part]
    words = np.repeat(np.arange(len(said)), [len(part) for part in said])
    table = np.stack([np.array(rhymes), words, np.array(kinds)], axis=1).astype(np.int32)
    # The same word, kind and rhyme occur twice where only other phonemes differ.
    table = table[np.lexsort((table[:, 2], table[:, 1], table[:, 0]))]
    table = table[np.append(True, (np.diff(table, axis=0) != 0).any(1))]
    begin = np.searchsorted(table[:, 0], np.arange(len(numbers) + 1))
    return Spoken(table[:, 1].copy(), table[:, 2].copy(), table[:, 0].copy(), begin)
