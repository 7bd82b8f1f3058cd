"""The last word of a line: which words it may be, and what they cost.

Kinds of pronunciation are the bits of a whole number here: `ends` are those with which the line
would be full. Before a rhyme is settled an ending is any word that leaves one for the lines to
come, kept for every node of the trie; after that only words of few rhymes are left, kept as lists.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rnngen_poetry.between import Place
from rnngen_poetry.lines import Lines
from rnngen_poetry.rhymes import Rhymes
from rnngen_poetry.spelling import FAR
from rnngen_poetry.trie import Ints, compact

PLACES: tuple[Place, ...] = ("word", "comma")


class Ending(Protocol):
    """The last words a line may have.

    Attributes:
        leaving: by place, `[K]` the fewest steps from there to the end of a last word of a kind,
            and what lines of its rhyme cost after it.
    """

    leaving: dict[Place, Ints]

    def possible(self, node: int, ends: int) -> bool:
        """Whether a last word lies below a node."""

    def possible_below(self, nodes: Ints, ends: int) -> Ints:
        """Whether a last word lies below each of many nodes, `[n]` bool."""

    def least(self, node: int, ends: int) -> int:
        """The fewest steps to a last word and for the later lines of its rhyme."""

    def longest(self) -> int:
        """An upper bound on the cost of the later lines of its rhyme."""


class AnyRhyme:
    """Endings of a line that rhymes with no earlier line.

    Args:
        lines: the fewest steps of lines.
        rests: `[P]`, what the lines that will rhyme with it cost after each pair.
    """

    def __init__(self, lines: Lines, rests: Ints) -> None:
        self.rests = rests
        kinds = lines.spoken.kind
        self._table = lines.finish_with(rests) if rests.any() else lines.finish
        self._below = bits(self._table < FAR)
        self._longest = int(rests[rests < FAR].max(initial=0))
        self.leaving = {
            place: _least_of(kinds, lines.next_word[place][lines.node] + rests, len(lines.kinds))
            for place in PLACES
        }

    def possible(self, node: int, ends: int) -> bool:
        """Whether a last word lies below a node."""
        return bool(self._below[node] & ends)

    def possible_below(self, nodes: Ints, ends: int) -> Ints:
        """Whether a last word lies below each of many nodes, `[n]` bool."""
        least = np.min(self._table[nodes][:, list(ones(ends))], axis=1, initial=FAR)
        result: Ints = least < FAR
        return result

    def least(self, node: int, ends: int) -> int:
        """The fewest steps to a last word and for the later lines of its rhyme."""
        row = self._table[node]
        return min((int(row[kind]) for kind in ones(ends)), default=FAR)

    def longest(self) -> int:
        """An upper bound on the cost of the later lines of its rhyme."""
        return self._longest


class SameRhyme:
    """Endings of a line whose rhyme is settled, or nearly: some words have several.

    Args:
        lines: the fewest steps of lines.
        rhymes: assignments of words.
        settled: the rhymes that are left.
        measures: of the lines of this rhyme that follow.
        used: the words that already end lines of this rhyme.
        repeat: whether they may be used again.
    """

    def __init__(
        self,
        lines: Lines,
        rhymes: Rhymes,
        settled: tuple[int, ...],
        measures: tuple[int, ...],
        used: tuple[int, ...],
        *,
        repeat: bool,
    ) -> None:
        self._lines = lines
        spoken, count = lines.spoken, len(lines.kinds)
        self.leaving = {place: np.full(count, FAR, np.int32) for place in PLACES}
        self._parts: list[_Words] = []
        self._kinds: dict[int, int] = {}
        for rhyme in settled:
            steps, others = rhymes.rest(rhyme, measures, used)
            different = others if repeat else others | dict.fromkeys(used, FAR)
            part = slice(spoken.begin[rhyme], spoken.begin[rhyme + 1])
            words, kinds = spoken.word[part], spoken.kind[part]
            rests = np.full(len(words), steps, np.int32)
            for word, cost in different.items():
                rests[words == word] = cost
            for place in PLACES:
                costs = lines.next_word[place][lines.node[part]] + rests
                least = _least_of(kinds, costs, count)
                self.leaving[place] = np.minimum(self.leaving[place], least)
            blocked = {word for word, cost in different.items() if cost >= FAR}
            self._parts.append(_Words(rhymes.words(rhyme), steps, different, blocked))

    def possible(self, node: int, ends: int) -> bool:
        """Whether a last word lies below a node."""
        kinds = self._kinds.get(node)
        if kinds is None:
            kinds = self._kinds[node] = self._kinds_below(node)
        return bool(kinds & ends)

    def possible_below(self, nodes: Ints, ends: int) -> Ints:
        """Whether a last word lies below each of many nodes, `[n]` bool."""
        trie = self._lines.spelling.trie
        result = np.zeros(len(nodes), bool)
        for part in self._parts:
            for kind, listed in part.by_kind.items():
                if ends >> kind & 1:
                    words = np.array([word for word in listed if word not in part.blocked])
                    begin = np.searchsorted(words, trie.first[nodes])
                    result |= np.searchsorted(words, trie.last[nodes]) > begin
        for row in np.flatnonzero(nodes > trie.line_start).tolist():
            if trie.within_letter(int(nodes[row])):
                result[row] = self.possible(int(nodes[row]), ends)
        return result

    def _kinds_below(self, node: int) -> int:
        trie = self._lines.spelling.trie
        result = 0
        if trie.within_letter(node):
            for child in trie.children_of(node):
                result |= self._kinds_below(child)
            return result
        first, last = trie.range(node)
        for part in self._parts:
            for kind, listed in part.by_kind.items():
                place = bisect_left(listed, first)
                if place < len(listed) and listed[place] < last:
                    found = next(part.between(listed, first, last), None)
                    result |= int(found is not None) << kind
        return result

    def least(self, node: int, ends: int) -> int:
        """The fewest steps to a last word and for the later lines of its rhyme."""
        spelling = self._lines.spelling
        trie = spelling.trie
        if trie.within_letter(node):
            targets = spelling.edges(node)[1].tolist()
            return min((1 + self.least(target, ends) for target in targets), default=FAR)
        first, last = trie.range(node)
        best = FAR
        for part in self._parts:
            for kind, listed in part.by_kind.items():
                if ends >> kind & 1:
                    for word in part.between(listed, first, last):
                        rest = part.different.get(word, part.rest)
                        best = min(best, spelling.steps(node, word) + rest)
        return best

    def longest(self) -> int:
        """An upper bound on the cost of the later lines of its rhyme."""
        costs = [cost for part in self._parts for cost in (part.rest, *part.different.values())]
        return max((cost for cost in costs if cost < FAR), default=0)


@dataclass(frozen=True)
class _Words:
    """The words of one rhyme: sorted, by kind; what the lines after them cost; those ruled out."""

    by_kind: dict[int, list[int]]
    rest: int
    different: dict[int, int]
    blocked: set[int]

    def between(self, listed: list[int], first: int, last: int) -> Iterator[int]:
        place = bisect_left(listed, first)
        while place < len(listed) and listed[place] < last:
            if listed[place] not in self.blocked:
                yield listed[place]
            place += 1


def bits(table: Ints) -> Sequence[int]:
    """Rows of a bool table `[N,K]` as integers, with column k as bit k."""
    if table.shape[1] <= 62:
        return compact(table @ (np.int64(1) << np.arange(table.shape[1], dtype=np.int64)))
    result = [0] * len(table)
    for begin in range(0, table.shape[1], 62):
        part = table[:, begin : begin + 62]
        weights = np.int64(1) << np.arange(part.shape[1], dtype=np.int64)
        numbers = (part @ weights).tolist()
        result = [low | high << begin for low, high in zip(result, numbers, strict=True)]
    return result


def ones(number: int) -> Iterable[int]:
    """The positions of the set bits."""
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


def _least_of(kinds: Ints, costs: Ints, count: int) -> Ints:
    least = np.full(count, FAR, np.int32)
    np.minimum.at(least, kinds, np.minimum(costs, FAR))
    return least
