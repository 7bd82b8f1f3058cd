"""Against brute force over all ways to cut a word."""

import math
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pytest

from rnngen.components.domains.text.codecs.unigram_training import (
    UNKNOWN_SCORE,
    _Lattice,
    fit_unigram,
)

TOKENS = ["a", "b", "c", "ab", "bc", "abc", "cab"]
SCORES = np.log([0.2, 0.1, 0.1, 0.25, 0.15, 0.1, 0.1])
WORDS = {"abcab": 3, "cabab": 2, "ab": 5, "c": 1, "aéb": 2}


def cuts(word: str, known: dict[str, float]) -> Iterator[list[str]]:
    if not word:
        yield []
    for stop in range(1, len(word) + 1):
        if word[:stop] in known or stop == 1:
            for rest in cuts(word[stop:], known):
                yield [word[:stop], *rest]


def score(cut: list[str], known: dict[str, float]) -> float:
    return sum(known.get(token, UNKNOWN_SCORE) for token in cut)


def test_expected_counts_are_those_over_all_cuts():
    known = dict(zip(TOKENS, SCORES.tolist(), strict=True))
    expected = defaultdict(float)
    for word, count in WORDS.items():
        ways = list(cuts(word, known))
        total = sum(math.exp(score(way, known)) for way in ways)
        for way in ways:
            for token in way:
                expected[token] += count * math.exp(score(way, known)) / total
    found = _Lattice(list(WORDS), TOKENS, list(WORDS.values())).expect(SCORES)
    assert found == pytest.approx([expected[token] for token in TOKENS])


def test_the_best_other_cut_is_that_of_all_cuts_but_the_whole():
    known = dict(zip(TOKENS, SCORES.tolist(), strict=True))
    words = ["abcab", "ab", "abc", "a", "cab"]
    best = [
        max((score(way, known) for way in cuts(word, known) if len(way) > 1), default=UNKNOWN_SCORE)
        for word in words
    ]
    assert _Lattice(words, TOKENS, [1] * 5).best(SCORES) == pytest.approx(best)


def test_dropping_tokens_is_the_same_as_never_having_had_them():
    words, counts = list(WORDS), list(WORDS.values())
    stay = [0, 1, 3, 6]
    dropped = _Lattice(words, TOKENS, counts)
    dropped.keep(stay)
    fresh = _Lattice(words, [TOKENS[n] for n in stay], counts)
    assert dropped.expect(SCORES[stay]) == pytest.approx(fresh.expect(SCORES[stay]))


def test_frequent_words_become_tokens():
    found = fit_unigram({" whale": 50, " ship": 40, " whaleship": 3, "x": 1}, 2)
    assert {" whale", " ship"} <= set(found)
    assert sum(math.exp(score) for score in found.values()) == pytest.approx(1.0, abs=0.02)


def test_characters_beyond_ascii_compete_with_other_tokens():
    words = {"中国": 30, "中": 5, "é": 1}
    assert [token for token in fit_unigram(words, 2) if not token.isascii()] == ["中", "中国"]


def test_no_text_gives_no_tokens():
    assert fit_unigram({}, 10) == {}
