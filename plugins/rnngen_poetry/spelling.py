"""How tokens spell the words of a trie, and the fewest of them that do.

A token spells part of a word, or begins with what stands between words and continues with the next
one. A token in which a word ends and something else begins spans words: it may be used, but the
fewest steps are counted without such tokens, which makes them an upper bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from rnngen_poetry.between import AFTER, PLAIN, Moves, Place, find_moves
from rnngen_poetry.trie import Ints, Trie, compact

FAR = 1 << 20
"""More steps than any poem takes; small enough for sums of it to be whole numbers of 32 bits."""


class Spelling:
    """The tokens of a vocabulary on a trie of N nodes.

    Args:
        trie: of the words.
        tokens: the bytes of each token; empty ones are never written.
        punctuation: whether commas and stops may be written.

    Attributes:
        source, target, token: an edge for each token that spells part of a word from a node to
            another, sorted by source.
        across: the same for tokens in which the word ends: node, node of the word's end, token.
        moves: what may follow at each place.
        exact: whether no token spans words, so that the fewest steps are exact.
    """

    def __init__(self, trie: Trie, tokens: Sequence[bytes], punctuation: bool) -> None:
        self.trie = trie
        self.tokens = tokens
        self.punctuation = punctuation
        letters = bytes(set(trie.children()[2].tolist()))
        deepest = int(trie.depth.max())
        inside, spanning, starting = [], [], []
        for number, text in enumerate(tokens):
            begun = len(text) - len(text.lstrip(letters))
            if not text or begun > deepest:
                continue
            if begun == len(text):
                inside.append((text, number))
            elif begun == 0:
                starting.append((number, text))
            elif text[begun] in AFTER["word"]:
                spanning.append((text[:begun], number))
        self.source, self.target, self.token = self._edges(inside)
        across = self._edges(spanning)
        ends = trie.word[across[1]] >= 0
        self.across = tuple(part[ends] for part in across)
        size = trie.size
        self._begin = compact(np.searchsorted(self.source, np.arange(size + 1)))
        self._across_begin = compact(np.searchsorted(self.across[0], np.arange(size + 1)))
        self.moves: dict[Place, Moves] = {
            place: find_moves(trie, place, starting, AFTER if punctuation else PLAIN)
            for place in ("word", "comma", "stop")
        }
        # Where the line can be ended whatever the next one begins with.
        self.opens = {
            place: bool((moves.lines[1] == trie.line_start).any())
            for place, moves in self.moves.items()
        }
        # Where a comma can be followed by a space, whatever the next word is.
        self.spaced = bool((self.moves["comma"].words[1] == 0).any())
        spans = any(moves.spanning for moves in self.moves.values())
        self.exact = not spans and not len(self.across[0])
        self._levels = self._sort_levels()
        self._inside = {text for text, _ in inside}
        self._longest = max(map(len, self._inside), default=0)
        self._suffixes: dict[int, list[int]] = {}
        start = np.array([trie.line_start])
        self._from_line_start = self.from_starts(start, np.zeros(1, np.int32))

    def _edges(self, texts: Sequence[tuple[bytes, int]]) -> tuple[Ints, Ints, Ints]:
        """Every pair of nodes that a token leads from and to, with the token; sorted by source.

        All nodes are followed at once, byte by byte, together with a trie of the tokens.
        """
        empty = np.zeros(0, np.int32)
        if not texts:
            return empty, empty, empty
        tokens = Trie(sorted({text for text, _ in texts}), "never")
        numbers: list[list[int]] = [[] for _ in tokens.words]
        place = {text: row for row, text in enumerate(tokens.words)}
        for text, number in texts:
            numbers[place[text]].append(number)
        parent, child, label = tokens.children()
        begin, target, labels = _rows(self.trie)
        # One column for each byte that words have.
        used, label_column = np.unique(labels, return_inverse=True)
        column = np.full(256, -1)
        column[used] = np.arange(len(used))
        table = np.full((tokens.size, len(used)), -1, np.int32)
        table[parent, column[label]] = child
        source = now = np.arange(self.trie.size, dtype=np.int32)
        node = np.zeros(self.trie.size, np.int32)
        found: list[tuple[Ints, Ints, Ints]] = []
        while len(source):
            counts = begin[now + 1] - begin[now]
            at = np.repeat(begin[now] - np.cumsum(counts) + counts, counts)
            at = at + np.arange(len(at))
            node = table[np.repeat(node, counts), label_column[at]]
            kept = node >= 0
            source = np.repeat(source, counts)[kept]
            now, node = target[at[kept]], node[kept]
            ends = tokens.word[node] >= 0
            found.append((source[ends], now[ends], tokens.word[node[ends]]))
        sources, targets, words = (np.concatenate(part) for part in zip(*found, strict=True))
        many = np.array([len(part) for part in numbers])
        counts = many[words]
        ids = np.concatenate([np.array(part, np.int32) for part in numbers])
        first = (np.cumsum(many) - many)[words]
        at = np.repeat(first - np.cumsum(counts) + counts, counts)
        at = at + np.arange(len(at))
        sources, targets = np.repeat(sources, counts), np.repeat(targets, counts)
        order = np.argsort(sources, kind="stable")
        return sources[order], targets[order], ids[at][order]

    def _sort_levels(self) -> list[tuple[Ints, Ints, Ints, Ints]]:
        """Edges by the depth of their source, deepest first: sources, where their edges begin, and
        sources and targets edge by edge."""
        depth = self.trie.depth[self.source]
        order = np.argsort(-depth, kind="stable")
        source, target = self.source[order], self.target[order]
        cuts = np.flatnonzero(np.diff(depth[order])) + 1
        levels = []
        for part, to in zip(np.split(source, cuts), np.split(target, cuts), strict=True):
            if len(part):
                begins = np.flatnonzero(np.diff(part, prepend=-1))
                levels.append((part[begins], begins, part, to))
        return levels

    def to_ends(self, costs: Ints) -> Ints:
        """The fewest steps from every node to the end of a word, and what that end costs.

        Args:
            costs: `[N,K]` int32, what it costs to end at a node, `FAR` where it can't be.

        Returns:
            The least sum `[N,K]`; `FAR` or more where there is none.
        """
        result = costs.copy()
        for nodes, begins, _, targets in self._levels:
            least = np.minimum.reduceat(result[targets], begins, axis=0) + 1
            result[nodes] = np.minimum(result[nodes], least)
        return np.minimum(result, FAR)

    def from_starts(self, nodes: Ints, costs: Ints) -> Ints:
        """The fewest steps from a place outside to every node, `[N]`; `costs` of those entered."""
        result = np.full(self.trie.size, FAR, np.int32)
        np.minimum.at(result, nodes, costs)
        for _, _, sources, targets in reversed(self._levels):
            np.minimum.at(result, targets, result[sources] + 1)
        return np.minimum(result, FAR)

    def edges(self, node: int) -> tuple[Ints, Ints]:
        """The tokens that spell part of a word from a node, and where they lead."""
        begin, end = self._begin[node], self._begin[node + 1]
        return self.token[begin:end], self.target[begin:end]

    def across_from(self, node: int) -> list[int]:
        """The tokens in which a word that continues from a node ends."""
        begin, end = self._across_begin[node], self._across_begin[node + 1]
        tokens: list[int] = self.across[2][begin:end].tolist()
        return tokens

    def steps(self, node: int, word: int) -> int:
        """The fewest steps from a node to a word below it; `FAR` if it can't be spelled."""
        if node == self.trie.line_start and node:
            return int(self._from_line_start[self.trie.node[word]])
        if word not in self._suffixes:
            if len(self._suffixes) > 50_000:
                self._suffixes.clear()
            text = self.trie.words[word]
            least = [FAR] * len(text) + [0]
            for begin in range(len(text) - 1, -1, -1):
                for end in range(begin + 1, min(len(text), begin + self._longest) + 1):
                    if least[end] + 1 < least[begin] and text[begin:end] in self._inside:
                        least[begin] = least[end] + 1
            self._suffixes[word] = least
        return self._suffixes[word][int(self.trie.depth[node])]

    def entries(self, place: Place, kind: Literal["words", "lines"]) -> tuple[Ints, Ints]:
        """The nodes that can be entered from a place, and the steps that takes."""
        moves = self.moves[place]
        nodes: list[Ints] = [getattr(moves, kind)[1]]
        costs: list[Ints] = [np.ones(len(nodes[0]), np.int32)]
        further: list[tuple[Place, tuple[int, ...]]] = [
            ("comma", moves.commas),
            ("stop", moves.stops),
        ]
        for after, tokens in further:
            if tokens and after != place:
                more, steps = self.entries(after, kind)
                nodes.append(more)
                costs.append(steps + 1)
        return np.concatenate(nodes), np.concatenate(costs)


def _rows(trie: Trie) -> tuple[Ints, Ints, Ints]:
    """The children of each node as compressed rows: where they begin, the children, their bytes."""
    source, target, label = trie.children()
    return np.searchsorted(source, np.arange(trie.size + 1)), target, label
