"""Several machines at once, where no product can be made: every step is kept only with a plan.

A state holds the state of every part, and a valid ending of all of them together. A step is allowed
where a search finds such an ending after it that fits; so there are no dead ends, but the search is
bounded, and what it does not find is not allowed. It depends on nothing but the state, so that a
sequence is the same alone and among others.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rnngen_constrained.errors import Hostile
from rnngen_constrained.machine import Reason, Single, Vocabulary
from rnngen_constrained.table_single import TableSingle

SEARCHED = 2000
"""Steps tried by a search, at most."""
FARTHEST = 4096
"""Steps of an ending that is looked for, at most, where there is no limit."""
REMEMBERED = 1 << 24
QUICK = 250
"""Steps tried by a search for some ending."""
KEPT = 1000
"""States for which endings after every step are kept."""
ROOM = 32
"""Steps it has beyond what the parts need."""

States: TypeAlias = tuple[Hashable, ...]
State: TypeAlias = tuple[States, tuple[int, ...]]
Plans: TypeAlias = dict[States, tuple[int, ...]]


class Joint:
    """`Single` of several, over the same vocabulary.

    Raises:
        Hostile: the search finds nothing that satisfies all of them.
    """

    exact = False

    def __init__(self, names: Sequence[str], parts: Sequence[Single]) -> None:
        self.vocabulary: Vocabulary = parts[0].vocabulary
        self._names = list(names)
        self._parts = list(parts)
        room = max(64, REMEMBERED // len(self.vocabulary))
        self._mask = lru_cache(room)(self._own_mask)
        self._ways = lru_cache(KEPT)(self._find_ways)
        self._tables = [
            (place, part) for place, part in enumerate(parts) if isinstance(part, TableSingle)
        ]
        first = tuple(part.start() for part in parts)
        plans = [self._search_short(first), self._search(first, {})]
        found = [plan for plan in plans if plan is not None]
        if not found:
            raise Hostile(
                f"nothing was found that satisfies {' and '.join(f'`{name}`' for name in names)}",
                hint="they may contradict each other, or be too intricate together",
            )
        self._start = first, min(found, key=len)

    def start(self) -> State:
        """The first states, and a short ending that was found."""
        return self._start

    def allowed(self, state: State, left: int | None) -> list[int]:
        """The steps after which an ending was found that fits."""
        most = FARTHEST if left is None else left
        ways = self._ways(state)
        return [
            step
            for step in np.flatnonzero(self._both(state[0], most)).tolist()
            if step == self.vocabulary.end or (step in ways and len(ways[step]) < most)
        ]

    def advance(self, state: State, step: int) -> State:
        """The states after a step, and an ending for them."""
        return self._advance(state[0], step), self._ways(state)[step]

    def needed(self, state: State) -> int:
        """The length of the ending that is known."""
        return len(state[1])

    def explain(self, state: State, step: int, left: int | None) -> Reason:
        """Which part forbids the step; or that they do together; or that too little is left."""
        states, plan = state
        for part, own in zip(self._parts, states, strict=True):
            if step not in part.allowed(own, left):
                reason = part.explain(own, step, left)
                return Reason(reason.kind, reason.rule, reason.text, plan)
        what = "an end" if step == self.vocabulary.end else f"`{self.vocabulary.names[step]}`"
        names = " and ".join(self._names)
        if step in self._ways(state):
            text = f"no ending after {what} fits into the {left} steps that are left"
            return Reason("length", names, text, plan)
        return Reason("jointly", names, f"after {what} no common ending was found", plan)

    def _own_mask(self, number: int, state: Hashable, left: int) -> NDArray[np.bool_]:
        mask = np.zeros(len(self.vocabulary), bool)
        mask[np.asarray(self._parts[number].allowed(state, left), np.int64)] = True
        return mask

    def _both(self, states: States, left: int) -> NDArray[np.bool_]:
        mask = self._mask(0, states[0], left)
        for number, state in enumerate(states[1:], 1):
            mask = mask & self._mask(number, state, left)
        return mask

    def _advance(self, states: States, step: int) -> States:
        return tuple(
            part.advance(state, step) for part, state in zip(self._parts, states, strict=True)
        )

    def _find_ways(self, state: State) -> dict[int, tuple[int, ...]]:
        """An ending after each step for which one was found; it depends on the state alone."""
        states, plan = state
        known: Plans = {}
        at = states
        for place, step in enumerate(plan):
            at = self._advance(at, step)
            known[at] = plan[place + 1 :]
        ways = {plan[0]: plan[1:]} if plan else {}
        for step in np.flatnonzero(self._both(states, FARTHEST)).tolist():
            if step != self.vocabulary.end and step not in ways:
                found = self._search(self._advance(states, step), known)
                if found is not None:
                    ways[step] = found
        return ways

    def _search(self, states: States, known: Plans) -> tuple[int, ...] | None:
        """An ending that is found quickly: there is room for what each part needs by itself."""
        length = sum(part.needed(state) for part, state in zip(self._parts, states, strict=True))
        for room in (length + ROOM, 2 * (length + ROOM)):
            if length < FARTHEST:
                found, _ = self._descend(states, min(room, FARTHEST), QUICK, known)
                if found is not None:
                    return found
        return None

    def _search_short(self, states: States) -> tuple[int, ...] | None:
        """A short ending: depth first within a length, which grows where there is none."""
        length = max(
            part.needed(state) if part.exact else 0
            for part, state in zip(self._parts, states, strict=True)
        )
        tried, growth = 0, 1
        while length <= FARTHEST and tried < SEARCHED:
            plan, cost = self._descend(states, length, SEARCHED - tried, {})
            if plan is not None:
                return plan
            tried += cost + 1
            length, growth = length + growth, 2 * growth
        return None

    def _order(self, states: States, mask: NDArray[np.bool_]) -> Iterator[int]:
        """The steps of a mask; first those after which tables need fewest steps."""
        steps = np.flatnonzero(mask)
        needed = np.zeros(len(steps), np.int64)
        for place, table in self._tables:
            own = states[place]
            assert isinstance(own, int), "states of a table are numbers"
            needed += table.needed_after(own)[steps]
        if self._tables:
            steps = steps[np.argsort(needed, kind="stable")]
        return iter(steps.tolist())

    def _descend(
        self, states: States, length: int, most: int, known: Plans
    ) -> tuple[tuple[int, ...] | None, int]:
        """An ending within a length, depth first, and how many steps were tried.

        `known` has endings of states, and is given those of the states on the way.
        """
        end = self.vocabulary.end
        failed: set[tuple[States, int]] = set()
        steps: list[int] = []
        path: list[tuple[States, Iterator[int]]] = []
        tried = 0
        here = states
        while True:
            left = length - len(steps)
            mask = self._both(here, left)
            rest = () if mask[end] else known.get(here)
            if rest is not None and len(rest) <= left:
                plan = (*steps, *rest)
                for place, (at, _) in enumerate(path):
                    known.setdefault(at, plan[place:])
                return plan, tried
            path.append((here, self._order(here, mask)))
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
                if tried >= most:
                    return None, tried
                here = self._advance(at, step)
                if (here, length - len(steps) - 1) not in failed:
                    steps.append(step)
                    break
            else:
                return None, tried
