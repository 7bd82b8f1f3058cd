"""A nondeterministic automaton over bytes, built from a tree of a regular expression.

Thompson 1968: a fragment for every node, joined by steps that read nothing. Anchors are such steps
with a condition, which is decided when the automaton is made deterministic.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rnngen_constrained.automata.regex_syntax import (
    Alternation,
    Anchor,
    Chars,
    Concatenation,
    Node,
    Ranges,
    Repetition,
)
from rnngen_constrained.automata.utf8 import ByteRanges, byte_ranges
from rnngen_constrained.errors import Hostile

LARGEST = 40_000
"""States of an automaton, at most."""


@dataclass
class NFA:
    """States are numbers; `final` is the one that accepts, `start` the first.

    Args:
        silent: for each state, the states one is in at the same time.
        begin: for each state, the same at the beginning of the text only.
        end: the same at its end only.
        reads: for each state, `(first byte, last byte, next state)`.
        largest: so many states, at most.
    """

    silent: list[list[int]] = field(default_factory=list)
    begin: dict[int, list[int]] = field(default_factory=dict)
    end: dict[int, list[int]] = field(default_factory=dict)
    reads: list[list[tuple[int, int, int]]] = field(default_factory=list)
    start: int = 0
    final: int = 0
    largest: int = LARGEST

    def add(self) -> int:
        """A new state."""
        if len(self.silent) >= self.largest:
            raise Hostile(
                f"it takes more than {self.largest} states",
                hint="repeat less often, or give the number of repetitions no upper limit",
            )
        self.silent.append([])
        self.reads.append([])
        return len(self.silent) - 1


def build(tree: Node) -> NFA:
    """The automaton of a tree; Hostile where it has too many states."""
    nfa = NFA()
    builder = _Builder(nfa)
    nfa.start = nfa.add()
    nfa.final = builder.after(tree, nfa.start)
    return nfa


class _Builder:
    def __init__(self, nfa: NFA) -> None:
        self._nfa = nfa
        self._bytes: dict[Ranges, list[ByteRanges]] = {}
        self._nodes = 0

    def after(self, node: Node, start: int) -> int:
        """Adds what `node` reads from `start` on; the state after it."""
        nfa = self._nfa
        self._nodes += 1
        if self._nodes > 4 * LARGEST:
            raise Hostile(f"it repeats its parts more than {4 * LARGEST} times")
        if isinstance(node, Chars):
            return self._chars(node.ranges, start)
        if isinstance(node, Concatenation):
            for part in node.parts:
                start = self.after(part, start)
            return start
        if isinstance(node, Alternation):
            ends = []
            for part in node.parts:
                branch = nfa.add()
                nfa.silent[start].append(branch)
                ends.append(self.after(part, branch))
            end = nfa.add()
            for state in ends:
                nfa.silent[state].append(end)
            return end
        if isinstance(node, Anchor):
            end = nfa.add()
            (nfa.end if node.end else nfa.begin).setdefault(start, []).append(end)
            return end
        return self._repeated(node, start)

    def _repeated(self, node: Repetition, start: int) -> int:
        nfa = self._nfa
        for _ in range(node.least):
            start = self.after(node.part, start)
        if node.most is None:
            again = nfa.add()
            nfa.silent[start].append(again)
            nfa.silent[self.after(node.part, again)].append(again)
            return again
        end = nfa.add()
        for _ in range(node.most - node.least):
            nfa.silent[start].append(end)
            start = self.after(node.part, start)
        nfa.silent[start].append(end)
        return end

    def _chars(self, ranges: Ranges, start: int) -> int:
        if ranges not in self._bytes:
            self._bytes[ranges] = [
                part for first, last in ranges for part in byte_ranges(first, last)
            ]
        nfa = self._nfa
        end = nfa.add()
        # Sequences that end alike share the states of their ends.
        rests: dict[ByteRanges, int] = {(): end}
        for sequence in self._bytes[ranges]:
            for place in range(len(sequence), 0, -1):
                rest = sequence[place:]
                if rest not in rests:
                    rests[rest] = nfa.add()
                    first, last = rest[0]
                    nfa.reads[rests[rest]].append((first, last, rests[rest[1:]]))
            first, last = sequence[0]
            nfa.reads[start].append((first, last, rests[sequence[1:]]))
        return end
