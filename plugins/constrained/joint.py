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
from rnngen_constrained.machine import INFINITE, Reason, Single, Vocabulary

SEARCHED = 2000
"""Steps tried by a search, at most."""
FARTHEST = 4096
"""Steps of an ending that is looked for, at most, where there is no limit."""
REMEMBERED = 1 << 24

States: TypeAlias = tuple[Hashable, ...]
State: TypeAlias = tuple[States, tuple[int, ...]]


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
        self._found = lru_cache(room)(self._search)
        first = tuple(part.start() for part in parts)
        plan = self._found(first)
        if plan is None:
            raise Hostile(
                f"nothing was found that satisfies {' and '.join(f'`{name}`' for name in names)}",
                hint="they may contradict each other, or be too intricate together",
            )
        self._start = first, plan

    def start(self) -> State:
        """The first states, and a shortest ending that was found."""
        return self._start

    def allowed(self, state: State, left: int | None) -> list[int]:
        """The steps after which an ending was found that fits."""
        states, plan = state
        most = FARTHEST if left is None else left
        return [
            step
            for step in np.flatnonzero(self._both(states, most)).tolist()
            if step == self.vocabulary.end or self._length(states, plan, step) <= most
        ]

    def advance(self, state: State, step: int) -> State:
        """The states after a step, and an ending for them."""
        states, plan = state
        after = self._advance(states, step)
        if plan and step == plan[0]:
            return after, plan[1:]
        found = self._found(after)
        assert found is not None, "a step was taken that is not allowed"
        return after, found

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
        if self._found(self._advance(states, step)) is not None:
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

    def _length(self, states: States, plan: tuple[int, ...], step: int) -> int:
        """The steps of an ending that begins with `step`, INFINITE where none was found."""
        if plan and step == plan[0]:
            return len(plan)
        found = self._found(self._advance(states, step))
        return INFINITE if found is None else len(found) + 1

    def _search(self, states: States) -> tuple[int, ...] | None:
        """A short ending: depth first within a length, which grows where there is none."""
        length = max(
            part.needed(state) if part.exact else 0
            for part, state in zip(self._parts, states, strict=True)
        )
        tried, growth = 0, 1
        while length <= FARTHEST and tried < SEARCHED:
            plan, cost = self._descend(states, length, SEARCHED - tried)
            if plan is not None:
                return plan
            tried += cost + 1
            length, growth = length + growth, 2 * growth
        return None

    def _descend(
        self, states: States, length: int, most: int
    ) -> tuple[tuple[int, ...] | None, int]:
        """An ending within a length, depth first, and how many steps were tried."""
        end = self.vocabulary.end
        failed: set[tuple[States, int]] = set()
        steps: list[int] = []
        path: list[tuple[States, Iterator[int]]] = []
        tried = 0
        here = states
        while True:
            left = length - len(steps)
            mask = self._both(here, left)
            if mask[end]:
                return tuple(steps), tried
            path.append((here, iter(np.flatnonzero(mask).tolist())))
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
