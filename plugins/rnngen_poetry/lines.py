"""The fewest steps of whole lines, for every measure and every last word.

A line of a measure is words one after another from position 0 to one of its ends:

    P(p) = min over kinds k of  { enter a line with a word of kind k,  if p = |k|
                                  P(p') + space and a word of kind k,   p = p' + |k|, k fits at p'

and a line whose last word is given ends from the position before it. Costs count the steps between
the end of the line before and the end of this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnngen_poetry.between import Place
from rnngen_poetry.measure import Kind, Measure
from rnngen_poetry.spelling import FAR, Spelling
from rnngen_poetry.trie import Ints


@dataclass(frozen=True)
class Spoken:
    """P pairs of a word and one of its pronunciations, sorted by rhyme.

    Args:
        word: `[P]` numbers of words in the trie.
        kind: `[P]` numbers of kinds.
        rhyme: `[P]` numbers of rhymes.
        begin: `[R+1]`, where the pairs of each rhyme begin.
    """

    word: Ints
    kind: Ints
    rhyme: Ints
    begin: Ints


class Lines:
    """Fewest steps; K kinds, N nodes, P pairs.

    Attributes:
        finish: `[N,K]` from a node to the end of a word of a kind.
        next_word: by place, `[N]` from there to a node of the line's next word.
        further: by place, `[K]` from there to the end of another word of a kind.
        alone: `[P]` from the end of a line to the end of the next one's first word.
    """

    def __init__(
        self,
        spelling: Spelling,
        spoken: Spoken,
        kinds: Sequence[Kind],
        measures: Sequence[Measure],
    ) -> None:
        self.kinds = kinds
        self.measures = measures
        self.spoken = spoken
        self.spelling = spelling
        self.node = spelling.trie.node[spoken.word]
        self.finish = self.finish_with(np.zeros(len(self.node), np.int32))
        self.next_word: dict[Place, Ints] = {
            place: spelling.from_starts(*spelling.entries(place, "words"))
            for place in ("word", "comma")
        }
        self.further = {
            place: self.enter(spelling.entries(place, "words")) for place in ("word", "comma")
        }
        lines = spelling.entries("word", "lines")
        self.alone = spelling.from_starts(*lines)[self.node]
        self._first = self.enter(lines)
        self._reach = [self._reached(number) for number in range(len(measures))]

    def finish_with(self, costs: Ints) -> Ints:
        """The fewest steps `[N,K]` from a node to a pair of each kind, with that pair's cost."""
        table = np.full((self.spelling.trie.size, len(self.kinds)), FAR, np.int32)
        np.minimum.at(table, (self.node, self.spoken.kind), np.minimum(costs, FAR))
        return self.spelling.to_ends(table)

    def enter(self, entries: tuple[Ints, Ints]) -> Ints:
        """The fewest steps `[K]` to the end of a word of each kind through these nodes."""
        nodes, costs = entries
        if not len(nodes):
            return np.full(len(self.kinds), FAR, np.int32)
        least: Ints = (self.finish[nodes] + costs[:, None]).min(0)
        return np.minimum(least, FAR)

    def ending_in(self, measure: int) -> Ints:
        """The fewest steps `[P]` of a line that ends with each pair; `FAR` where none does."""
        kinds, ends = self.kinds, self.measures[measure].ends
        whole = np.array(
            [0 if kind.fits[measure] & 1 and ends >> kind.length & 1 else FAR for kind in kinds]
        )
        before = np.full(len(kinds), FAR)
        for number, kind in enumerate(kinds):
            for place, steps in enumerate(self._reach[measure]):
                if place and kind.fits[measure] >> place & 1 and ends >> (place + kind.length) & 1:
                    before[number] = min(before[number], steps)
        last = self.next_word["word"][self.node] + before[self.spoken.kind]
        alone = self.alone + whole[self.spoken.kind]
        least: Ints = np.minimum(np.minimum(last, alone), FAR)
        return least.astype(np.int32)

    def _reached(self, measure: int) -> list[int]:
        """P in the docstring above, by position."""
        most = max(self.measures[measure].counts)
        reach = [FAR] * (most + 1)
        for place in range(most):
            for number, kind in enumerate(self.kinds):
                after = place + kind.length
                if after <= most and kind.fits[measure] >> place & 1:
                    steps = reach[place] + int(self.further["word"][number])
                    if place == 0:
                        steps = int(self._first[number])
                    reach[after] = min(reach[after], steps)
        return reach
