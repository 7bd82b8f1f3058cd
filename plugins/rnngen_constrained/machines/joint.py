"""Several machines at once, where no product can be made: every step needs a plan.

A state holds the state of every part, and a valid ending of all of them together. A step is allowed
where a search finds such an ending after it that fits; the first step of the plan always is one. So
there are no dead ends, but the search is bounded, and what it does not find is not allowed. It
depends on nothing but the state, so that a sequence is the same alone and among others.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from rnngen import Reason, Single, Vocabulary
from rnngen_constrained.errors import Contradiction, Undecided
from rnngen_constrained.machines.common_ending import (
    FARTHEST,
    QUICK,
    CommonEnding,
    Plan,
    Plans,
    States,
)

WAYS = 2000
"""Most steps tried by all searches from a state together."""
KEPT = 1000
LINKS = 1 << 18
"""States for which endings after every step are kept, and such endings, at most."""

State: TypeAlias = tuple[States, Plan]


class Joint(Single):
    """`Single` of several, over the same vocabulary.

    Raises:
        Contradiction: nothing satisfies all of them.
        Undecided: the search finds nothing that does.
    """

    engine = "several machines, joined by plans"
    exact = False

    def __init__(self, names: Sequence[str], parts: Sequence[Single]) -> None:
        self.vocabulary: Vocabulary = parts[0].vocabulary
        self._names = list(names)
        self._parts = list(parts)
        self._endings = CommonEnding(parts)
        kept = min(KEPT, max(16, LINKS // len(self.vocabulary)))
        self._ways = lru_cache(kept)(self._find_ways)
        first = tuple(part.start() for part in parts)
        found = [self._endings.short(first), self._endings.quick(first, {}, QUICK)[0]]
        plans = [plan for plan in found if plan is not None]
        if not plans:
            plan, impossible = self._endings.shortest(first)
            if impossible:
                raise contradictory(names)
            if plan is None:
                raise undecided(names)
            plans = [plan]
        plan = min(plans, key=len)
        self._start = self._endings.relying(first, plan), plan

    def start(self) -> State:
        """The first states, and a short ending that was found."""
        return self._start

    def allowed(self, state: State, left: int | None) -> list[int]:
        """The steps after which an ending was found that fits."""
        most = FARTHEST if left is None else left
        steps = [step for step, plan in self._ways(state).items() if len(plan) < most]
        return [*steps, self.vocabulary.end] if self._endings.may_end(state[0]) else steps

    def advance(self, state: State, step: int) -> State:
        """The states after a step, and an ending for them."""
        if step == self.vocabulary.end:
            return state
        after = self._endings.advance(state[0], step)
        assert after is not None, "a step that has a way"
        plan = self._ways(state)[step]
        return self._endings.relying(after, plan), plan

    def needed(self, state: State) -> int:
        """The length of the known ending."""
        return len(state[1])

    def explain(self, state: State, step: int, left: int | None) -> Reason:
        """Says which part forbids the step, that all do together, or that too little is left."""
        states, plan = state
        what = "an end" if step == self.vocabulary.end else f"`{self.vocabulary.names[step]}`"
        names = " and ".join(self._names)
        if step in self._ways(state):
            text = f"no ending after {what} fits into the {left} steps that are left"
            return Reason("length", names, text, plan)
        for part, own in zip(self._parts, states, strict=True):
            if step not in part.allowed(own, left):
                reason = part.explain(own, step, left)
                return Reason(reason.kind, reason.rule, reason.text, plan)
        return Reason("jointly", names, f"after {what} no common ending was found", plan)

    def _find_ways(self, state: State) -> dict[int, Plan]:
        """An ending after each step for which one was found; it depends on the state alone."""
        states, plan = state
        endings = self._endings
        known: Plans = {}
        at: States | None = states
        for place, step in enumerate(plan):
            at = endings.advance(at, step) if at is not None else None
            if at is not None:
                known[at] = plan[place + 1 :]
        ways = {plan[0]: plan[1:]} if plan else {}
        tries = WAYS
        for step in endings.offered(states).tolist():
            if step in ways:
                continue
            after = endings.advance(states, step)
            if after is None:
                continue
            found = known.get(after)
            if found is None and endings.follows(after, plan):
                found = plan
            if found is None and tries > 0:
                found, tried = endings.quick(after, known, min(QUICK, tries))
                tries -= tried
            if found is not None:
                ways[step] = found
        return ways


def contradictory(names: Sequence[str], limits: Sequence[str] = ()) -> Contradiction:
    """The error for constraints that nothing satisfies together, with what limits them."""
    return Contradiction(
        f"nothing satisfies {listed(names)} together",
        hint="; ".join(limits)
        or (
            "leave out any one of them, and the others can be satisfied"
            if len(names) > 2
            else "change one of them, or leave it out"
        ),
    )


def undecided(names: Sequence[str]) -> Undecided:
    """The error for constraints with neither an ending nor a contradiction found."""
    return Undecided(
        f"{listed(names)} are too large together to decide whether anything satisfies them all",
        hint="make one of them simpler, or leave it out; they may contradict each other",
    )


def listed(names: Sequence[str]) -> str:
    """`a`, `b` and `c`."""
    marked = [f"`{name}`" for name in names]
    return " and ".join([", ".join(marked[:-1]), marked[-1]] if len(marked) > 1 else marked)
