"""Keeps a library's matcher within a length: it always holds a way to end that fits.

A matcher says which steps may follow, but not how many an ending takes, nor whether there is any.
So a state holds a plan: steps after which the text is complete, found by trying. A step is allowed
only if a plan was found for the state after it that fits into what is left; the first step of the
plan itself always is. What was not found is forbidden, so sequences are valid and fit, but some
that are valid are never written where little is left.

The search goes depth first on copies of the matcher and tries steps that close something first, as
in the completion of partial JSON documents.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from rnngen import INFINITE, Reason, Single, Vocabulary
from rnngen_constrained.errors import ConstraintError

MOST_TRIES = 2000
"""Most copies of a matcher that the search for the first plan makes."""
FEW_TRIES = 40
"""The same for each step that is looked at later."""
KEPT = 1000
PLANS = 1 << 18
"""Most matchers to keep, and plans after their steps."""
CLOSERS = (b"}", b"]", b'"', b":", b",", b"1", b"0", b"{", b"[")
"""Tokens that are tried first, the best first; 1 before 0, as no day or month is 0."""


class Matcher(Protocol):
    """A library's state after some steps; never changed."""

    def allowed(self) -> Sequence[int]:
        """The steps that may follow, the end not among them."""

    def final(self) -> bool:
        """Whether the text may end here."""

    def after(self, step: int) -> Matcher | None:
        """The state after a step; None where the library fails."""

    def ends(self, steps: Sequence[int]) -> bool:
        """Whether the text may end after these steps."""


@dataclass(frozen=True)
class Planned:
    """A state: the steps that were written, and those of an ending."""

    steps: tuple[int, ...]
    plan: tuple[int, ...]


@dataclass(frozen=True)
class Looked:
    """Where the matcher is after some steps, and the plans that were found after one step more.

    Which one is found depends on the plan that is held, and on nothing else that was asked before.
    """

    matcher: Matcher
    plans: dict[tuple[tuple[int, ...], int], tuple[int, ...] | None] = field(default_factory=dict)


class PlannedMachine(Single):
    """A `Single` over a library's matcher; `needed` is the length of the plan, an upper bound.

    Args:
        matcher: at the start of a text.
        vocabulary: the steps.
        name: of the constraint, for messages.
        fault: what is wrong with a text, or None, asked of somebody else than the library before
            the first plan is relied on.

    Raises:
        ConstraintError: no plan was found, or none that is valid.
    """

    engine = "llguidance, with plans"
    exact = False
    measured = True

    def __init__(
        self,
        matcher: Matcher,
        vocabulary: Vocabulary,
        name: str,
        fault: Callable[[bytes], str | None],
    ) -> None:
        self.vocabulary = vocabulary
        self.name = name
        self._order = _order(vocabulary)
        self._fault: str | None = None
        plan = self._search(matcher, MOST_TRIES, fault)
        if plan is None:
            last = "" if self._fault is None else f"; the library allows: {self._fault}"
            raise ConstraintError(
                f"`{name}`: no valid text was found in {MOST_TRIES} tries{last}",
                hint="a simpler schema may help, or one whose keywords need no library",
            )
        self._start = Planned((), plan)
        self._first = Looked(matcher)
        self._kept: OrderedDict[tuple[int, ...], Looked] = OrderedDict()
        self._room = min(KEPT, max(16, PLANS // len(vocabulary)))

    def start(self) -> Hashable:
        """The state before the first step."""
        return self._start

    def allowed(self, state: Hashable, left: int | None) -> Sequence[int]:
        """The steps after which a plan fits, the end among them where the text is complete."""
        at = cast(Planned, state)
        room = INFINITE if left is None else left
        steps = []
        matcher = self._look(at.steps).matcher
        if len(at.plan) <= room and room > 0:
            for step in matcher.allowed():
                plan = self._after(at, step)
                if plan is not None and len(plan) < room:
                    steps.append(step)
        return [*steps, self.vocabulary.end] if matcher.final() else steps

    def advance(self, state: Hashable, step: int) -> Hashable:
        """The state after a step that is allowed; ValueError for another."""
        at = cast(Planned, state)
        if step == self.vocabulary.end and self._look(at.steps).matcher.final():
            return at
        after = self.attempt(at, step)
        if after is None:
            raise ValueError(f"step {step} is not allowed here")
        return after

    def attempt(self, state: Hashable, step: int) -> Planned | None:
        """The state after a step; None where it is not allowed, or no plan is found after it."""
        at = cast(Planned, state)
        plan = self._after(at, step)
        return None if plan is None else Planned((*at.steps, step), plan)

    def needed(self, state: Hashable) -> int:
        """The length of the plan."""
        return len(cast(Planned, state).plan)

    def relying(self, state: Hashable, plan: tuple[int, ...]) -> Planned:
        """The same state with another plan, after which the text may end."""
        return Planned(cast(Planned, state).steps, plan)

    def needed_after(self, state: Hashable) -> NDArray[np.int32]:
        """`[V]`: what is needed after each step if the plan still ends it.

        Whether there is an ending at all, only `attempt` finds out.
        """
        at = cast(Planned, state)
        matcher = self._look(at.steps).matcher
        needed = np.full(len(self.vocabulary), INFINITE, np.int32)
        needed[np.asarray(matcher.allowed(), np.int64)] = len(at.plan)
        if at.plan:
            needed[at.plan[0]] = len(at.plan) - 1
        needed[self.vocabulary.end] = -1 if matcher.final() else INFINITE
        return needed

    def ends(self, state: Hashable, steps: Sequence[int]) -> bool:
        """Whether the text may end after these steps."""
        return self._look(cast(Planned, state).steps).matcher.ends(steps)

    def explain(self, state: Hashable, step: int, left: int | None) -> Reason:
        """Why a step is forbidden; ValueError where it is allowed."""
        at = cast(Planned, state)
        shown = self.vocabulary.names[step]
        if step in self.allowed(state, left):
            raise ValueError(f"step {step} is allowed here")
        if step == self.vocabulary.end:
            text = f"the text is not complete: {len(at.plan)} more steps would do"
            return Reason("rule", self.name, text, at.plan)
        if step not in self._look(at.steps).matcher.allowed():
            return Reason("rule", self.name, f"{shown} can't follow here", at.plan)
        plan = self._after(at, step)
        if plan is None:
            text = f"no ending was found after {shown}"
        else:
            room = (left or 1) - 1
            text = f"the ending found after {shown} takes {len(plan)} steps, {room} are left"
        return Reason("length", self.name, text, at.plan)

    def _after(self, at: Planned, step: int) -> tuple[int, ...] | None:
        """The plan after a step: the rest of the plan, the same plan, or one that is found."""
        if at.plan[:1] == (step,):
            return at.plan[1:]
        looked = self._look(at.steps)
        key = at.plan, step
        if key in looked.plans:
            return looked.plans[key]
        plan: tuple[int, ...] | None = at.plan
        if not looked.matcher.ends((step, *at.plan)):
            matcher = looked.matcher.after(step)
            plan = None if matcher is None else self._search(matcher, FEW_TRIES)
        looked.plans[key] = plan
        return plan

    def _look(self, steps: tuple[int, ...]) -> Looked:
        """The matcher after some steps: the last ones are kept, others are read again."""
        if not steps:
            return self._first
        looked = self._kept.get(steps)
        if looked is None:
            before = self._kept.get(steps[:-1])
            matcher = self._first.matcher if before is None else before.matcher
            for step in steps if before is None else steps[-1:]:
                after = matcher.after(step)
                if after is None:
                    raise ValueError(f"step {step} is not allowed here")
                matcher = after
            looked = self._kept[steps] = Looked(matcher)
            if len(self._kept) > self._room:
                self._kept.popitem(last=False)
        self._kept.move_to_end(steps)
        return looked

    def _search(
        self,
        matcher: Matcher,
        tries: int,
        fault: Callable[[bytes], str | None] = lambda text: None,
    ) -> tuple[int, ...] | None:
        """Steps to the end of a text in which no fault is found, depth first."""
        steps: list[int] = []
        stack = [(matcher, self._options(matcher))]
        while stack:
            at, options = stack[-1]
            if at.final():
                found = fault(b"".join(self.vocabulary.tokens[step] for step in steps))
                if found is None:
                    return tuple(steps)
                self._fault = found
            step = next(options, None)
            if step is None:
                stack.pop()
                if steps:
                    steps.pop()
                continue
            tries -= 1
            if tries < 0:
                return None
            after = at.after(step)
            if after is not None:
                steps.append(step)
                stack.append((after, self._options(after)))
        return None

    def _options(self, matcher: Matcher) -> Iterator[int]:
        """The steps that may follow, in the order in which they are tried."""
        steps = sorted(matcher.allowed(), key=self._order.__getitem__)
        tokens = self.vocabulary.tokens
        first = [step for step in steps[: len(CLOSERS)] if tokens[step] in CLOSERS]
        if {b"}", b":", b","} <= {tokens[step] for step in first}:
            # Only within a string may all of these follow, and a quote ends it.
            steps.sort(key=lambda step: tokens[step] != b'"')
        return iter(steps)


def _order(vocabulary: Vocabulary) -> list[int]:
    """The rank of each step in the search."""
    ranks = []
    for step, token in enumerate(vocabulary.tokens):
        closer = next((rank for rank, end in enumerate(CLOSERS) if token == end), len(CLOSERS))
        ranks.append((closer, len(token), step))
    order = [0] * len(ranks)
    for place, (_, _, step) in enumerate(sorted(ranks)):
        order[step] = place
    return order
