"""Looks for an ending that several machines share, with bounded effort.

What is found is checked by every part; what is not found may exist. Parts are asked for what they
need after each step (`Single.needed_after`); those that are not `measured` also for what they allow
within a length.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache
from time import monotonic
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rnngen import INFINITE, Single

SEARCHED = 2000
"""Most steps tried by a search for a short ending."""
SECONDS = 20.0
"""The longest time such a search may take, where a part takes long for a step."""
FARTHEST = 4096
"""Most steps of an ending to look for."""
QUICK = 250
"""Steps tried by a search for some ending."""
EXPLORED = 100_000
"""Steps tried to find out that there is no ending at all."""
ROOM = 32
"""Steps an ending may have beyond what the parts need."""
REMEMBERED = 1 << 22
"""Numbers of `needed_after` that are remembered: 16 MiB for each part."""

States: TypeAlias = tuple[Hashable, ...]
Plan: TypeAlias = tuple[int, ...]
Plans: TypeAlias = dict[States, Plan]


class CommonEnding:
    """Searches for endings from the states of several machines over the same vocabulary."""

    def __init__(self, parts: Sequence[Single]) -> None:
        self._parts = list(parts)
        self._end = parts[0].vocabulary.end
        self._size = len(parts[0].vocabulary)
        room = max(16, REMEMBERED // self._size)
        self._needs = [lru_cache(room)(part.needed_after) for part in parts]

    def offered(self, states: States) -> NDArray[np.int64]:
        """The steps that no part forbids by itself, those that need the fewest steps first."""
        total = self._total(states, None)
        return self._ordered(total, np.flatnonzero(total < INFINITE))

    def may_end(self, states: States) -> bool:
        """Whether all parts allow an end."""
        return all(
            needs(state)[self._end] < 0 for needs, state in zip(self._needs, states, strict=True)
        )

    def advance(self, states: States, step: int) -> States | None:
        """The states after a step that all parts offer; None where one finds no ending after it."""
        found = []
        for part, state in zip(self._parts, states, strict=True):
            after = part.attempt(state, step)
            if after is None:
                return None
            found.append(after)
        return tuple(found)

    def relying(self, states: States, plan: Plan) -> States:
        """The same states, with this ending as the plan of the parts that hold plans."""
        return tuple(
            part.relying(state, plan) for part, state in zip(self._parts, states, strict=True)
        )

    def follows(self, states: States, plan: Plan) -> bool:
        """Whether these steps are an ending."""
        return all(self._follows(number, state, plan) for number, state in enumerate(states))

    def quick(self, states: States, known: Plans, most: int) -> tuple[Plan | None, int]:
        """An ending that is found quickly, and how many steps were tried.

        There is room for what each part needs by itself. `known` has endings of some states; those
        of the states on the way are added to it.
        """
        length = sum(part.needed(state) for part, state in zip(self._parts, states, strict=True))
        tried = 0
        for room in (length + ROOM, 2 * (length + ROOM)):
            if length < FARTHEST and tried < most:
                plan, cost = self._descend(states, min(room, FARTHEST), most - tried, known)
                tried += cost
                if plan is not None:
                    return plan, tried
        return None, tried

    def short(self, states: States) -> Plan | None:
        """A short ending: depth first within a length, which grows where there is none."""
        length = max(
            part.needed(state) if part.exact else 0
            for part, state in zip(self._parts, states, strict=True)
        )
        tried, growth, until = 0, 1, monotonic() + SECONDS
        while length <= FARTHEST and tried < SEARCHED and monotonic() < until:
            plan, cost = self._descend(states, length, SEARCHED - tried, {}, until)
            if plan is not None:
                return plan
            tried += cost + 1
            length, growth = length + growth, 2 * growth
        return None

    def shortest(self, states: States) -> tuple[Plan | None, bool]:
        """A shortest ending, breadth first; None, and whether it is certain that there is none."""
        if not all(part.complete for part in self._parts):
            return None, False
        came: dict[States, tuple[States, int] | None] = {states: None}
        waiting, tried = deque([states]), 0
        while waiting:
            here = waiting.popleft()
            if self.may_end(here):
                plan: list[int] = []
                while (link := came[here]) is not None:
                    here, step = link
                    plan.append(step)
                return tuple(plan[::-1]), False
            for step in self.offered(here).tolist():
                tried += 1
                if tried > EXPLORED:
                    return None, False
                after = self.advance(here, step)
                if after is not None and after not in came:
                    came[after] = here, step
                    waiting.append(after)
        return None, True

    def _total(self, states: States, left: int | None) -> NDArray[np.int64]:
        """What the parts need after each step, added up; INFINITE where one does not fit."""
        total = np.zeros(self._size, np.int64)
        for number, (needs, state) in enumerate(zip(self._needs, states, strict=True)):
            own = needs(state)
            total += own
            if self._parts[number].measured:
                total[own >= (INFINITE if left is None else left)] = INFINITE
            else:
                # It allows what fits, without a word of what that needs.
                fits = np.full(self._size, INFINITE, np.int64)
                fits[np.asarray(self._parts[number].allowed(state, left), np.int64)] = 0
                total += fits
        total[self._end] = INFINITE
        return np.minimum(total, INFINITE)

    def _ordered(self, total: NDArray[np.int64], steps: NDArray[np.int64]) -> NDArray[np.int64]:
        return steps[np.argsort(total[steps], kind="stable")]

    def _follows(self, number: int, state: Hashable, plan: Plan) -> bool:
        part, needs = self._parts[number], self._needs[number]
        known = part.ends(state, plan)
        if known is not None:
            return known
        for step in plan:
            if needs(state)[step] >= INFINITE:
                return False
            state = part.advance(state, step)
        return bool(needs(state)[self._end] < 0)

    def _descend(
        self,
        states: States,
        length: int,
        most: int,
        known: Plans,
        until: float = float("inf"),
    ) -> tuple[Plan | None, int]:
        """An ending within a length, depth first, and how many steps were tried."""
        failed: set[tuple[States, int]] = set()
        steps: list[int] = []
        path: list[tuple[States, Iterator[int]]] = []
        tried = 0
        here = states
        while True:
            left = length - len(steps)
            rest = () if self.may_end(here) else known.get(here)
            if rest is not None and len(rest) <= left:
                plan = (*steps, *rest)
                for place, (at, _) in enumerate(path):
                    known.setdefault(at, plan[place:])
                return plan, tried
            total = self._total(here, left)
            fitting = self._ordered(total, np.flatnonzero(total < INFINITE))
            path.append((here, iter(fitting.tolist())))
            while path:
                at, others = path[-1]
                step = next(others, None)
                if step is None:
                    failed.add((at, length - len(steps)))
                    path.pop()
                    if steps:
                        steps.pop()
                    continue
                tried += 1
                if tried >= most or monotonic() > until:
                    return None, tried
                after = self.advance(at, step)
                if after is not None and (after, length - len(steps) - 1) not in failed:
                    here = after
                    steps.append(step)
                    break
            else:
                return None, tried
