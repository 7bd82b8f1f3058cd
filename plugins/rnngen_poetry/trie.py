"""A trie over the bytes of words, as arrays.

Words are sorted by their bytes, so the words below a node are a range, and the children of a node,
one level deeper, are neighbours, sorted by their byte. Node 0 is the root. After the trie's own
nodes come those of line starts: a second root from which the first letter may also be a capital.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[Any]


class Trie:
    """Words by their bytes; N nodes, W words.

    Args:
        words: different words, not empty; sorted here.
        capitals: whether a word at the start of a line may begin with a capital: `never`,
            `optional`, `always`.

    Attributes:
        words: sorted by their bytes.
        size: N, with the nodes of line starts.
        line_start: the root of words at the start of a line; 0 if they are like any others.
        depth: `[N]` bytes from the root.
        first, last: `[N]` the range of words below a node.
        word: of each node, the number of the word that ends there, or -1.
        node: `[W]` where a word ends.
    """

    def __init__(self, words: Sequence[bytes], capitals: str = "optional") -> None:
        self.words = sorted(words)
        lengths = np.array([len(word) for word in self.words], np.int32)
        width = int(lengths.max())
        table = np.array(self.words, f"S{width}").view(np.uint8).reshape(len(lengths), width)
        same = table[1:] == table[:-1]
        common = np.zeros(len(lengths), np.int32)
        common[1:] = np.minimum(np.logical_and.accumulate(same, axis=1).sum(1), lengths[:-1])
        self.node = np.zeros(len(lengths), np.int32)
        self._number(table, lengths, common)
        starts = _capitals(self.words) if capitals != "never" else {}
        self._starts: dict[int, dict[int, int]] = {}
        self.line_start = 0
        if starts:
            self._add_starts(starts, keep=capitals == "optional")

    def _number(self, table: Ints, lengths: Ints, common: Ints) -> None:
        """Numbers the nodes level by level."""
        zero = np.zeros(1, np.int32)
        depth: list[Ints] = [zero]
        label: list[Ints] = [zero]
        first: list[Ints] = [zero]
        last: list[Ints] = [zero + len(lengths)]
        children: list[Ints] = []
        parents = np.zeros(len(lengths), np.int32)
        count = 1
        for level in range(table.shape[1]):
            rows = np.flatnonzero(lengths > level)
            # A row begins a node where it differs from the row before it up to here.
            new = common[rows] <= level
            begins = np.flatnonzero(new)
            numbers = count + np.cumsum(new, dtype=np.int32) - 1
            ends = np.append(begins[1:], len(rows)) - 1
            depth.append(np.full(len(begins), level + 1))
            label.append(table[rows[begins], level])
            first.append(rows[begins])
            last.append(rows[ends] + 1)
            children.append(parents[rows[begins]])
            parents[rows] = numbers
            done = rows[lengths[rows] == level + 1]
            self.node[done] = parents[done]
            count += len(begins)
        self.depth = np.concatenate(depth).astype(np.int32)
        self.first = np.concatenate(first).astype(np.int32)
        self.last = np.concatenate(last).astype(np.int32)
        self.word = np.full(count, -1, np.int32)
        self.word[self.node] = np.arange(len(lengths))
        # Children of a node are neighbours: where they begin, and how many there are.
        parent = np.concatenate(children)
        self.child_begin = np.searchsorted(parent, np.arange(count), "left").astype(np.int32) + 1
        self.child_end = np.searchsorted(parent, np.arange(count), "right").astype(np.int32) + 1
        self.labels = np.concatenate(label).astype(np.uint8)
        self._labels = self.labels.tobytes()
        self._begin = compact(self.child_begin)
        self._end = compact(self.child_end)
        self.size = count

    def child(self, node: int, byte: int) -> int:
        """The node after one more byte, or -1."""
        if node in self._starts:
            return self._starts[node].get(byte, -1)
        return self._labels.find(byte, self._begin[node], self._end[node])

    def children_of(self, node: int) -> list[int]:
        """The child nodes, one byte further."""
        if node in self._starts:
            return list(self._starts[node].values())
        return list(range(self._begin[node], self._end[node]))

    def within_letter(self, node: int) -> bool:
        """Whether a node is inside the first letter of a line: it has no range of words below."""
        return node > self.line_start and node in self._starts

    def range(self, node: int) -> tuple[int, int]:
        """The words below a node that is not inside a letter."""
        return int(self.first[node]), int(self.last[node])

    def prefix(self, node: int) -> bytes:
        """The bytes from the root to a node that is not inside a letter."""
        return self.words[int(self.first[node])][: int(self.depth[node])]

    def walk(self, node: int, text: bytes) -> int:
        """The node after some bytes, or -1."""
        for byte in text:
            node = self.child(node, byte)
            if node < 0:
                return -1
        return node

    def children(self) -> tuple[Ints, Ints, Ints]:
        """All pairs of a node and its child, and the child's byte; sorted by node."""
        counts = self.child_end - self.child_begin
        source = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        target = _ranges(self.child_begin, counts)
        label = self.labels[target]
        extra = [
            (node, child, byte)
            for node, table in self._starts.items()
            for byte, child in sorted(table.items())
        ]
        if extra:
            more = np.array(extra, np.int32)
            source = np.concatenate([source, more[:, 0]])
            target = np.concatenate([target, more[:, 1]])
            label = np.concatenate([label, more[:, 2].astype(np.uint8)])
        return source, target, label

    def _add_starts(self, starts: dict[bytes, bytes], *, keep: bool) -> None:
        """Nodes of line starts: `starts` maps a word's first letter to its capital."""
        self.line_start = self.size
        self._starts[self.line_start] = {}
        depths = [0]
        for letter, capital in starts.items():
            spellings = {capital, letter} if keep else {capital}
            for spelling in sorted(spellings):
                node = self.line_start
                for place, byte in enumerate(spelling[:-1]):
                    table = self._starts[node]
                    if byte not in table:
                        table[byte] = self.size + len(depths)
                        self._starts[table[byte]] = {}
                        depths.append(place + 1)
                    node = table[byte]
                self._starts[node][spelling[-1]] = self.walk(0, letter)
        more = len(depths)
        self.depth = np.append(self.depth, np.array(depths, np.int32))
        self.word = np.append(self.word, np.full(more, -1, np.int32))
        self.first = np.append(self.first, np.zeros(more, np.int32))
        self.last = np.append(self.last, np.full(more, len(self.words), np.int32))
        self.size += more


def compact(numbers: Ints) -> array[int]:
    """The same numbers, faster to read one by one than from numpy, and smaller than a list."""
    return array("q", numbers.astype(np.int64).tobytes())


def _ranges(begin: Ints, counts: Ints) -> Ints:
    """`counts[0]` numbers from `begin[0]` on, then `counts[1]` from `begin[1]` on, and so on."""
    total = int(counts.sum())
    offsets = np.cumsum(counts) - counts
    numbers: Ints = np.arange(total) - np.repeat(offsets - begin, counts)
    return numbers.astype(np.int32)


def _capitals(words: Sequence[bytes]) -> dict[bytes, bytes]:
    """Each first letter and its capital, if that is one letter of as many bytes, else itself."""
    letters = dict.fromkeys(word.decode()[0] for word in words)
    return {
        letter.encode(): (
            letter.upper().encode()
            if len(letter.upper().encode()) == len(letter.encode())
            else letter.encode()
        )
        for letter in letters
    }
