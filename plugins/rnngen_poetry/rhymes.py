"""Rhymes: which words are left for the lines still to come, and their least cost.

Lines that rhyme share one rhyme and end in different words (unless the same word may return). What
the lines left over cost at least is an assignment of words to lines; as only few lines share a
rhyme, only the few cheapest words of each line can be in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from rnngen_poetry.lines import Lines
from rnngen_poetry.spelling import FAR
from rnngen_poetry.trie import Ints

Rest = tuple[int, dict[int, int]]
"""What the lines left cost after a word: for most words, and for those named."""


class Rhymes:
    """Assignments of words to the lines of a rhyme.

    Args:
        lines: the fewest steps of lines.
        repeat: whether a word may rhyme with itself.
        most: the most lines of a poem that share a rhyme.
    """

    def __init__(self, lines: Lines, *, repeat: bool, most: int) -> None:
        self._spoken = lines.spoken
        self._repeat = repeat
        self._most = most
        self.ending = [lines.ending_in(number) for number in range(len(lines.measures))]
        self._words: dict[int, dict[int, list[int]]] = {}
        self._ranked: dict[tuple[int, int], list[tuple[int, int]]] = {}
        self._rests: dict[tuple[int, tuple[int, ...], tuple[int, ...]], Rest] = {}

    def least(self, rhyme: int, measures: Sequence[int], used: Iterable[int]) -> int:
        """The fewest steps of lines of these measures that end in this rhyme; `FAR`: none."""
        return self._assign(rhyme, measures, used)[0]

    def rest(self, rhyme: int, measures: tuple[int, ...], used: tuple[int, ...]) -> Rest:
        """What lines of these measures cost after one more word of the rhyme, by that word."""
        if not measures:
            return 0, {}
        key = rhyme, measures, used
        if key not in self._rests:
            if len(self._rests) > 50_000:
                self._rests.clear()
            steps, words = self._assign(rhyme, measures, used)
            others: dict[int, int] = {}
            if not self._repeat:
                # Only a word of the cheapest assignment makes another one necessary.
                others = {word: self.least(rhyme, measures, (*used, word)) for word in words}
            self._rests[key] = steps, others
        return self._rests[key]

    def words(self, rhyme: int) -> dict[int, list[int]]:
        """The words of a rhyme by kind, sorted."""
        if rhyme not in self._words:
            if len(self._words) > 50_000:
                self._words.clear()
            part = slice(self._spoken.begin[rhyme], self._spoken.begin[rhyme + 1])
            words, kinds = self._spoken.word[part], self._spoken.kind[part]
            self._words[rhyme] = {
                kind: words[kinds == kind].tolist() for kind in np.unique(kinds).tolist()
            }
        return self._words[rhyme]

    def rests(self, measures: tuple[int, ...]) -> Ints:
        """The cost `[P]` of lines with these measures after a first word of their rhyme."""
        spoken = self._spoken
        if not measures:
            return np.zeros(len(spoken.word), np.int32)
        if len(set(measures)) == 1:
            return self._rests_alike(self.ending[measures[0]], len(measures))
        result = np.empty(len(spoken.word), np.int32)
        for rhyme in range(len(spoken.begin) - 1):
            steps, others = self.rest(rhyme, measures, ())
            for pair in range(spoken.begin[rhyme], spoken.begin[rhyme + 1]):
                result[pair] = others.get(int(spoken.word[pair]), steps)
        return result

    def _rests_alike(self, costs: Ints, count: int) -> Ints:
        """The same cost for lines of one measure, all rhymes at once."""
        spoken = self._spoken
        if self._repeat:
            least = np.minimum.reduceat(costs, spoken.begin[:-1]).astype(np.int64)
            return np.minimum(count * least, FAR)[spoken.rhyme].astype(np.int32)
        # A word that can be said in two ways with one rhyme counts once, at its cheapest.
        key = spoken.rhyme.astype(np.int64) * (int(spoken.word.max()) + 1) + spoken.word
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        cost = np.full(len(first), FAR, np.int64)
        np.minimum.at(cost, inverse, costs)
        rhyme = spoken.rhyme[first]
        order = np.lexsort((cost, rhyme))
        begin = np.searchsorted(rhyme, np.arange(len(spoken.begin)))
        place = np.empty(len(first), np.int64)
        place[order] = np.arange(len(first)) - begin[rhyme[order]]
        cheapest = np.full((len(spoken.begin) - 1, count + 1), FAR, np.int64)
        top = place <= count
        cheapest[rhyme[top], place[top]] = cost[top]
        total = cheapest.sum(1)
        among = place < count
        rest: Ints = np.where(among, total[rhyme] - cost, (total - cheapest[:, count])[rhyme])
        rest = np.minimum(rest, FAR)[inverse]
        return rest.astype(np.int32)

    def _assign(
        self, rhyme: int, measures: Sequence[int], used: Iterable[int]
    ) -> tuple[int, tuple[int, ...]]:
        """The fewest steps, and the words that take that many."""
        taken = set() if self._repeat else set(used)
        choices = [
            [(steps, word) for steps, word in self._rank(rhyme, measure) if word not in taken]
            for measure in measures
        ]
        if self._repeat or len(set(measures)) == 1:
            chosen = [
                listed[0 if self._repeat else place]
                for place, listed in enumerate(choices)
                if len(listed) > (0 if self._repeat else place)
            ]
            if len(chosen) < len(measures):
                return FAR, ()
            return min(sum(steps for steps, _ in chosen), FAR), tuple(word for _, word in chosen)
        return _cheapest(choices, FAR)

    def _rank(self, rhyme: int, measure: int) -> list[tuple[int, int]]:
        """The cheapest distinct words of a rhyme, with their steps; as many as can matter."""
        key = rhyme, measure
        if key not in self._ranked:
            if len(self._ranked) > 50_000:
                self._ranked.clear()
            part = slice(self._spoken.begin[rhyme], self._spoken.begin[rhyme + 1])
            costs, words = self.ending[measure][part], self._spoken.word[part]
            found: dict[int, int] = {}
            for row in np.argsort(costs, kind="stable").tolist():
                if costs[row] >= FAR or len(found) == self._most:
                    break
                found.setdefault(int(words[row]), int(costs[row]))
            self._ranked[key] = [(steps, word) for word, steps in found.items()]
        return self._ranked[key]


def _cheapest(
    choices: Sequence[Sequence[tuple[int, int]]], bound: int, taken: tuple[int, ...] = ()
) -> tuple[int, tuple[int, ...]]:
    """The choice from each list with distinct words and the least sum below `bound`."""
    if not choices:
        return 0, taken
    best: tuple[int, tuple[int, ...]] = (bound, ())
    others = sum(listed[0][0] if listed else bound for listed in choices[1:])
    for steps, word in choices[0]:
        if steps + others >= best[0]:
            break
        if word not in taken:
            rest, words = _cheapest(choices[1:], best[0] - steps, (*taken, word))
            if steps + rest < best[0]:
                best = steps + rest, words
    return best
