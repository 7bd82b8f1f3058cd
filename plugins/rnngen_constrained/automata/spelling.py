"""The tokens of a vocabulary as a trie, so that shared beginnings are read once.

`Spelling.read(table, classes, states)` follows every token from some states of an automaton over
bytes. Tokens may be characters, bytes, or any bytes at all, half a character among them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rnngen import Vocabulary

Ints = NDArray[np.int32]


class Spelling:
    """The trie, level by level.

    Args:
        tokens: the bytes of each step; an empty one is not text, and can't be read.
    """

    def __init__(self, tokens: Sequence[bytes]) -> None:
        children: dict[tuple[int, int], int] = {}
        parents: list[int] = [-1]
        labels: list[int] = [0]
        depths: list[int] = [0]
        ends = []
        for token in tokens:
            node = 0
            for byte in token:
                key = node, byte
                found = children.get(key)
                if found is None:
                    found = children[key] = len(parents)
                    parents.append(node)
                    labels.append(byte)
                    depths.append(depths[node] + 1)
                node = found
            ends.append(node)
        depth = np.array(depths, np.int64)
        order = np.argsort(depth, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        parent = np.array(parents, np.int64)
        label = np.array(labels, np.int64)
        starts = np.searchsorted(depth[order], np.arange(int(depth.max()) + 2))
        self._size = len(parents)
        self._ends = place[ends]
        self._silent = np.array([not token for token in tokens])
        self._levels = [
            (first, last, place[parent[order[first:last]]], label[order[first:last]])
            for first, last in zip(starts[1:-1].tolist(), starts[2:].tolist(), strict=True)
        ]

    @property
    def nodes(self) -> int:
        """The number of different beginnings of tokens: the cost of `read` for each state."""
        return self._size

    def read(self, table: Ints, classes: Ints, states: Ints) -> Ints:
        """The states after every token.

        Args:
            table: `[S,C]`, the state after a byte of a class, −1 for none.
            classes: `[256]`.
            states: `[n]`, from which to read.

        Returns:
            `[V,n]`: the states reached, −1 where a token can't be read.
        """
        dead = len(table)
        closed = np.full((dead + 1, table.shape[1]), dead, np.int32)
        np.copyto(closed[:dead], table, where=table >= 0)
        flat, width = closed.ravel(), closed.shape[1]
        reached = np.empty((self._size, len(states)), np.int32)
        reached[0] = states
        for first, last, parents, labels in self._levels:
            at = reached[parents]
            at *= width
            at += classes[labels][:, None]
            np.take(flat, at, out=reached[first:last])
        found = reached[self._ends]
        found[self._silent] = -1
        found[found == dead] = -1
        return found


_known: list[tuple[Vocabulary, Spelling]] = []


def spelling_of(vocabulary: Vocabulary) -> Spelling:
    """The trie of a vocabulary; the last few are remembered."""
    for known, spelling in _known:
        if known is vocabulary:
            return spelling
    made = Spelling(vocabulary.tokens)
    _known.insert(0, (vocabulary, made))
    del _known[4:]
    return made
