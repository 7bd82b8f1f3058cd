"""Finite automata whose edges are sets of units or calls, and how they are made smaller.

They are made deterministic by subsets of states where that does not make them much larger, and
states with the same edges are made one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from rnngen_constrained.errors import Hostile

MOST_STEPS = 2_500_000
"""Most edges to visit while an automaton is made deterministic: a second or two."""

Label: TypeAlias = int | str
"""A set of units, or the name of a rule that is called."""


@dataclass
class Automaton:
    """States are numbers, 0 is the start; `edges[state]` are `(label, state)`."""

    edges: list[list[tuple[Label, int]]] = field(default_factory=list)
    finals: set[int] = field(default_factory=set)


def subsets(
    automaton: Automaton, most_states: int | None = None, most_steps: int = MOST_STEPS
) -> Automaton:
    """The same language with one edge for each label and unit.

    Args:
        automaton: what is to be made deterministic.
        most_states: of the result; None: it is left as it is if that takes many more states.
        most_steps: edges to look at.

    Raises:
        Hostile: it takes more states than `most_states`, or more steps.
    """
    limit = 2 * len(automaton.edges) + 50 if most_states is None else most_states
    steps = 0
    made = Automaton([[]])
    numbers: dict[frozenset[int], int] = {frozenset({0}): 0}
    todo = [frozenset({0})]
    while todo:
        members = todo.pop()
        steps += sum(len(automaton.edges[member]) for member in members)
        if most_states is not None and steps > most_steps:
            raise _too_large(f"{most_steps} steps")
        calls: dict[str, set[int]] = {}
        chars: dict[int, set[int]] = {}
        for member in members:
            for label, to in automaton.edges[member]:
                if isinstance(label, str):
                    calls.setdefault(label, set()).add(to)
                else:
                    chars.setdefault(label, set()).add(to)
        moves: list[tuple[Label, frozenset[int]]] = [
            (name, frozenset(targets)) for name, targets in sorted(calls.items())
        ]
        moves += _disjoint(chars)
        number = numbers[members]
        for label, targets in moves:
            if targets not in numbers:
                if len(numbers) >= limit and most_states is not None:
                    raise _too_large(f"{limit} states")
                if len(numbers) >= limit:
                    return automaton
                numbers[targets] = len(numbers)
                made.edges.append([])
                todo.append(targets)
            made.edges[number].append((label, numbers[targets]))
        if members & automaton.finals:
            made.finals.add(number)
    return made


def _too_large(what: str) -> Hostile:
    return Hostile(
        f"it takes more than {what} to decide",
        hint="such expressions repeat something long after a choice; make the choice more specific",
    )


def _disjoint(chars: dict[int, set[int]]) -> list[tuple[Label, frozenset[int]]]:
    every = 0
    for mask in chars:
        every |= mask
    moves: dict[frozenset[int], int] = {}
    if every == sum(chars):  # they have nothing in common
        for mask, where in chars.items():
            targets = frozenset(where)
            moves[targets] = moves.get(targets, 0) | mask
    else:
        for block in classes(chars, every):
            targets = frozenset(to for mask, where in chars.items() if mask & block for to in where)
            moves[targets] = moves.get(targets, 0) | block
    return [(mask, targets) for targets, mask in moves.items()]


def merged(automaton: Automaton) -> Automaton:
    """The same language, with states that have the same edges merged.

    States are looked at after those that their edges lead to, so that one pass finds all that end
    alike; states that differ only around a cycle stay apart.
    """
    stands = list(range(len(automaton.edges)))
    known: dict[tuple[bool, frozenset[tuple[Label, int]]], int] = {}
    order = _last_first(automaton)
    for state in order:
        edges = _joined((label, stands[to]) for label, to in automaton.edges[state])
        stands[state] = known.setdefault((state in automaton.finals, edges), state)
    kept = sorted({stands[state] for state in order} - {stands[0]})
    numbers = {state: number for number, state in enumerate([stands[0], *kept])}
    made = Automaton([[] for _ in numbers])
    for state, number in numbers.items():
        edges = _joined((label, numbers[stands[to]]) for label, to in automaton.edges[state])
        made.edges[number] = sorted(edges, key=str)
        if state in automaton.finals:
            made.finals.add(number)
    return made


def _last_first(automaton: Automaton) -> list[int]:
    """The states that can be reached, each after those of its edges, but for cycles."""
    order: list[int] = []
    seen = {0}
    walk = [(0, iter(automaton.edges[0]))]
    while walk:
        state, edges = walk[-1]
        for _, to in edges:
            if to not in seen:
                seen.add(to)
                walk.append((to, iter(automaton.edges[to])))
                break
        else:
            order.append(state)
            walk.pop()
    return order


def _joined(edges: Iterable[tuple[Label, int]]) -> frozenset[tuple[Label, int]]:
    calls: set[tuple[Label, int]] = set()
    chars: dict[int, int] = {}
    for label, to in edges:
        if isinstance(label, str):
            calls.add((label, to))
        else:
            chars[to] = chars.get(to, 0) | label
    return frozenset(calls | {(mask, to) for to, mask in chars.items()})


def classes(masks: Iterable[int], every: int) -> list[int]:
    """The coarsest partition of `every` in which each mask is a union of blocks."""
    blocks = [every] if every else []
    for mask in masks:
        cut: list[int] = []
        for block in blocks:
            inside = block & mask
            if inside and inside != block:
                cut += [inside, block & ~mask]
            else:
                cut.append(block)
        blocks = cut
    return blocks


def members(mask: int) -> list[int]:
    """The units of a set."""
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found
