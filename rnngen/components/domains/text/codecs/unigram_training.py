"""Fits a unigram vocabulary by expectation maximisation and pruning (Kudo 2018, section 3.2).

A word is cut into tokens x_1 ... x_m with probability Π p(x_i). Starting from all frequent
substrings, two steps alternate until few enough are left: the expected counts of the tokens over
all ways to cut all words give new p; and the tokens whose loss would hurt least are dropped.
Nothing here depends on the order of a hash table: the same text gives the same vocabulary.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

LONGEST_TOKEN = 16
LONGEST_WORD = 32
"""Characters of a token, and of a word; longer words are cut."""

DIFFERENT_WORDS = 100_000
SUBSTRINGS = 4_000_000
SUBSTRINGS_HELD = 500_000
"""Limits for time and memory: words used, substrings counted, and those counted at once."""

SEEDS = 10
"""Substrings to start from, as a multiple of the wanted tokens."""

KEPT = 0.75
"""Share of the tokens kept by each round of pruning."""

ROUNDS = 2
"""Expectation maximisation steps between rounds of pruning."""

LEAST_COUNT = 0.5
"""Expected count below which a token is not worth having (its logarithm must be finite)."""

NONE, UNKNOWN = 0, 1
FIRST = 2
"""Ids in a lattice: no token here; a character without a token; the first token."""

UNKNOWN_SCORE = -25.0
"""Cost of a character without a token: about that of spelling it in bytes."""

Floats = NDArray[np.float64]


def fit_unigram(words: Mapping[str, int], size: int) -> dict[str, float]:
    """The tokens of a unigram vocabulary, and the natural logarithm of each one's probability.

    Args:
        words: how often each word occurs.
        size: how many tokens of several characters, or beyond ASCII, to keep at most. Single ASCII
            characters that occur are kept besides.
    """
    counts = _cut(words)
    if not counts:
        return {}
    tokens = _seeds(counts, SEEDS * size)
    scores = _log_share(np.array([count for _, count in tokens], float))
    names = [token for token, _ in tokens]
    lattice = _Lattice(list(counts), names, list(counts.values()))
    while True:
        for _ in range(ROUNDS):
            expected = lattice.expect(scores)
            scores = _log_share(expected)
        free = [number for number, name in enumerate(names) if not _is_fixed(name)]
        if len(free) <= size:
            break
        kept = set(_worth_most(names, scores, expected, free, max(size, int(KEPT * len(free)))))
        stay = [n for n, name in enumerate(names) if _is_fixed(name) or n in kept]
        lattice.keep(stay)
        names, scores = [names[n] for n in stay], scores[stay]
    worth = np.flatnonzero(expected >= LEAST_COUNT)
    return {names[n]: float(scores[n]) for n in worth}


class _Lattice:
    """All ways to cut words into tokens, for words of equal length together.

    Args:
        words: the words.
        tokens: the token of each number.
        counts: how often each word occurs.
    """

    def __init__(self, words: Sequence[str], tokens: Sequence[str], counts: Sequence[int]) -> None:
        ids = {token: number for number, token in enumerate(tokens, FIRST)}
        by_length: dict[int, list[int]] = {}
        for number, word in enumerate(words):
            by_length.setdefault(len(word), []).append(number)
        self.size = len(tokens)
        self.rows: list[NDArray[np.int64]] = []
        # spans[group][w, s, k - 1]: the id of characters s to s + k of word w.
        self.spans: list[NDArray[np.int32]] = []
        self.counts: list[Floats] = []
        for length, numbers in sorted(by_length.items()):
            longest = min(length, LONGEST_TOKEN)
            span = np.zeros((len(numbers), length, longest), np.int32)
            for start in range(length):
                for width in range(1, min(longest, length - start) + 1):
                    other = UNKNOWN if width == 1 else NONE
                    stop = start + width
                    span[:, start, width - 1] = [
                        ids.get(words[number][start:stop], other) for number in numbers
                    ]
            self.rows.append(np.array(numbers))
            self.spans.append(span)
            self.counts.append(np.array([counts[number] for number in numbers], float))

    def keep(self, stay: Sequence[int]) -> None:
        """Drops all tokens but these, which get new numbers in the same order."""
        renumber = np.zeros(FIRST + self.size, np.int32)
        renumber[UNKNOWN] = UNKNOWN
        renumber[np.array(stay) + FIRST] = np.arange(FIRST, FIRST + len(stay))
        for group, span in enumerate(self.spans):
            new = renumber[span]
            single = new[:, :, 0]
            single[single == NONE] = UNKNOWN
            self.spans[group] = new
        self.size = len(stay)

    def expect(self, scores: Floats) -> Floats:
        """How often each token occurs over all cuts of all words, weighted by their probability."""
        table = _table(scores)
        expected = np.zeros(FIRST + self.size)
        for span, counts in zip(self.spans, self.counts, strict=True):
            number, length, longest = span.shape
            score = table[span]
            forward = np.full((length + 1, number), -np.inf)
            backward = np.full((length + 1, number), -np.inf)
            forward[0] = backward[length] = 0.0
            for stop in range(1, length + 1):
                for width in range(1, min(longest, stop) + 1):
                    start = stop - width
                    way = forward[start] + score[:, start, width - 1]
                    forward[stop] = np.logaddexp(forward[stop], way)
            for start in range(length - 1, -1, -1):
                for width in range(1, min(longest, length - start) + 1):
                    way = backward[start + width] + score[:, start, width - 1]
                    backward[start] = np.logaddexp(backward[start], way)
            weight = np.zeros(span.shape)
            for start in range(length):
                for width in range(1, min(longest, length - start) + 1):
                    through = forward[start] + backward[start + width] - forward[length]
                    weight[:, start, width - 1] = np.exp(through + score[:, start, width - 1])
            weight *= counts[:, None, None]
            expected += np.bincount(span.ravel(), weight.ravel(), len(expected))
        return expected[FIRST:]

    def best(self, scores: Floats) -> Floats:
        """The score of the best way to cut each word into more than one token."""
        table = _table(scores)
        best = np.zeros(sum(map(len, self.rows)))
        for rows, span in zip(self.rows, self.spans, strict=True):
            number, length, longest = span.shape
            score = table[span]
            forward = np.full((length + 1, number), -np.inf)
            forward[0] = 0.0
            for stop in range(1, length + 1):
                for width in range(1, min(longest, stop) + 1):
                    if width < length:
                        way = forward[stop - width] + score[:, stop - width, width - 1]
                        forward[stop] = np.maximum(forward[stop], way)
            best[rows] = forward[length] if length > 1 else UNKNOWN_SCORE
        return best


def _table(scores: Floats) -> Floats:
    return np.concatenate([[-np.inf, UNKNOWN_SCORE], scores])


def _log_share(expected: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(expected, LEAST_COUNT) / expected.sum()))


def _worth_most(
    names: Sequence[str], scores: Floats, expected: Floats, free: Sequence[int], number: int
) -> list[int]:
    """Those `free` tokens without which the likelihood of the text would fall most."""
    alternatives = _Lattice([names[n] for n in free], names, [1] * len(free)).best(scores)
    loss = expected[free] * (scores[free] - alternatives)
    order = sorted(range(len(free)), key=lambda n: (-loss[n], names[free[n]]))
    return [free[n] for n in order[:number]]


def _seeds(words: Mapping[str, int], number: int) -> list[tuple[str, int]]:
    """Single characters, and the frequent substrings that cover most of the text."""
    singles: Counter[str] = Counter()
    longer: Counter[str] = Counter()
    looked_at = dropped = 0
    for word, count in words.items():
        for start, character in enumerate(word):
            singles[character] += count
            if looked_at < SUBSTRINGS:
                for stop in range(start + 2, min(start + LONGEST_TOKEN, len(word)) + 1):
                    longer[word[start:stop]] += count
                    looked_at += 1
        while len(longer) > SUBSTRINGS_HELD:  # lossy counting (Manku and Motwani 2002)
            dropped += 1
            longer = Counter({text: count for text, count in longer.items() if count > dropped})
    ranked = sorted(
        ((text, count) for text, count in longer.items() if count > 1),
        key=lambda item: (-item[1] * len(item[0]), item[0]),
    )
    return sorted(singles.items()) + ranked[:number]


def _cut(words: Mapping[str, int]) -> dict[str, int]:
    """The most frequent words, none longer than `LONGEST_WORD`, most frequent first."""
    cut: Counter[str] = Counter()
    ranked = sorted(words.items(), key=lambda item: (-item[1], item[0]))
    for word, count in ranked[:DIFFERENT_WORDS]:
        for start in range(0, len(word), LONGEST_WORD):
            cut[word[start : start + LONGEST_WORD]] += count
            if start > 100 * LONGEST_WORD:
                break
    return dict(sorted(cut.items(), key=lambda item: (-item[1], item[0])))


def _is_fixed(token: str) -> bool:
    """Whether it is always kept: single ASCII characters are bytes, which all vocabularies have."""
    return len(token) == 1 and token.isascii()
