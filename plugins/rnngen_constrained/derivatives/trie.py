"""The tokens of a vocabulary as a trie, level by level, so that all are walked at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Level:
    """The nodes of a depth: beginnings of tokens of as many bytes.

    Args:
        parents: `[n]`, the place of each node's parent among those of the level before.
        bytes: `[n]`, the byte that leads from the parent.
        nodes: `[m]`, places of the nodes at which tokens end.
        tokens: `[m]`, those tokens.
    """

    parents: NDArray[np.int64]
    bytes: NDArray[np.int64]
    nodes: NDArray[np.int64]
    tokens: NDArray[np.int64]


class Trie:
    """A trie of tokens; empty tokens are not in it.

    Args:
        tokens: the bytes of each step.
    """

    def __init__(self, tokens: Sequence[bytes]) -> None:
        self.size = len(tokens)
        self.longest = max(map(len, tokens), default=0)
        self.levels: list[Level] = []
        by_place = sorted((token, step) for step, token in enumerate(tokens) if token)
        parents = [0] * len(by_place)
        for depth in range(self.longest):
            above: list[int] = []
            read: list[int] = []
            nodes: list[int] = []
            ends: list[int] = []
            kept: list[tuple[bytes, int]] = []
            here: list[int] = []
            before = (-1, -1)
            for (token, step), parent in zip(by_place, parents, strict=True):
                if (parent, token[depth]) != before:
                    before = parent, token[depth]
                    above.append(parent)
                    read.append(token[depth])
                if len(token) == depth + 1:
                    nodes.append(len(above) - 1)
                    ends.append(step)
                else:
                    kept.append((token, step))
                    here.append(len(above) - 1)
            self.levels.append(
                Level(*(np.array(each, np.int64) for each in (above, read, nodes, ends)))
            )
            by_place, parents = kept, here


@lru_cache(maxsize=4)
def trie_of(tokens: tuple[bytes, ...]) -> Trie:
    """The trie of a vocabulary, which its constraints share."""
    return Trie(tokens)
