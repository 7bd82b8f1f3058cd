"""The shortest and the longest text of a machine over bytes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import torch

from rnngen import Extent, Machine, Single
from rnngen_constrained.machines.table import TableMachine

MOST_STEPS = 30_000
"""Steps that the search for the longest text tries where states are made when reached."""


def start_of(machine: Machine) -> Any:
    """The state of one text before its first step."""
    return machine.start(1)


def allowed_of(machine: Machine, rows: Any, left: int | None = None) -> list[int]:
    """The steps that may follow in the only row."""
    budget = None if left is None else torch.tensor([left])
    steps: list[int] = machine.allowed(rows, budget)[0].nonzero().flatten().tolist()
    return steps


def advanced(machine: Machine, rows: Any, step: int) -> Any:
    """The state after a step of the only row."""
    return machine.advance(rows, torch.tensor([step]))


def readable(steps: list[int]) -> list[int]:
    """Those of the steps that are printable ASCII; all where there are none."""
    return [step for step in steps if 32 <= step < 127] or steps


def shortest_ending(machine: Machine, rows: Any) -> bytes:
    """A valid continuation with as few steps as is known; readable where there is a choice."""
    end = machine.vocabulary.end
    written = bytearray()
    left = int(machine.needed(rows)[0])
    while left:
        steps = [step for step in allowed_of(machine, rows, left) if step != end]
        step = readable(steps)[0]
        written.append(step)
        rows = advanced(machine, rows, step)
        left = min(left - 1, int(machine.needed(rows)[0]))
    return bytes(written)


def shortest(machine: Machine) -> Extent:
    """The shortest text, in bytes."""
    text = shortest_ending(machine, start_of(machine))
    return Extent(len(text), machine.exact, text.decode(errors="replace"), len(text))


def longest(machine: Machine, least: int, most_steps: int = MOST_STEPS) -> Extent:
    """The longest text, in bytes: that of the longest way through the machine's states.

    Args:
        machine: of all constraints, over bytes.
        least: bytes of the shortest text.
        most_steps: after this many, what was found is a lower bound.
    """
    single = machine.single()
    if single is None:
        return Extent(None, False, at_least=least)
    if isinstance(machine, TableMachine):
        ways, whole = _ways_of(machine), True
    else:
        ways, whole = _ways(single, most_steps)
    depth = _depth(ways)
    if depth is None:
        return Extent(None, True, at_least=least)
    # Every state that a machine reaches has an ending.
    reached = max(least, *depth.values())
    whole = whole and single.complete
    return Extent(reached if whole else None, whole, at_least=reached)


def _ways_of(machine: TableMachine) -> dict[Hashable, set[Hashable]]:
    """The states after each state of a table, which is trimmed: all are reached and end."""
    return {
        state: {after for after in row if after >= 0}
        for state, row in enumerate(machine.dfa.next.tolist())
    }


def _ways(single: Single, most_steps: int) -> tuple[dict[Hashable, set[Hashable]], bool]:
    """The states after each state, and whether these are all."""
    end = single.vocabulary.end
    first = single.start()
    ways: dict[Hashable, set[Hashable]] = {first: set()}
    waiting = [first]
    tried = 0
    for state in waiting:
        steps = [int(step) for step in single.allowed(state, None)]
        tried += len(steps)
        if tried > most_steps:
            return ways, False
        for step in steps:
            if step == end:
                continue
            after = single.advance(state, step)
            ways[state].add(after)
            if after not in ways:
                ways[after] = set()
                waiting.append(after)
    return ways, True


def _depth(ways: dict[Hashable, set[Hashable]]) -> dict[Hashable, int] | None:
    """The longest way to each state; None where there is a loop, so no longest."""
    before = dict.fromkeys(ways, 0)
    for following in ways.values():
        for state in following:
            before[state] += 1
    depth = dict.fromkeys(ways, 0)
    ready = [state for state, count in before.items() if count == 0]
    for state in ready:
        for after in ways[state]:
            depth[after] = max(depth[after], depth[state] + 1)
            before[after] -= 1
            if before[after] == 0:
                ready.append(after)
    return depth if len(ready) == len(ways) else None
