"""Wraps plugin objects that derive from none of our classes, and gives them their defaults.

A plugin may write `start`, `step` and `accept`, or `name` and `bind`, and nothing else. Here, and
only here, an object's attributes are inspected.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rnngen import Constraint, Machine, Reason, Rule, Single, Vocabulary

OPTIONAL = ("exact", "ample", "complete", "needed_after", "attempt", "relying", "ends", "fault")
"""What a machine for one sequence may have."""


def is_rule(thing: Any) -> bool:
    """Whether it has the methods of a rule."""
    return isinstance(thing, Rule) or _has(thing, "start", "step", "accept")


def wants_many(target: Any) -> bool:
    """Whether a registered kind wants several texts at once."""
    return bool(getattr(target, "many", False))


def is_constraint(thing: Any) -> bool:
    """Whether it has the attributes of a constraint."""
    return isinstance(thing, Constraint) or (hasattr(thing, "name") and _has(thing, "bind"))


def as_constraint(thing: Any) -> Constraint:
    """An object with a constraint's attributes, as a constraint of our contract."""
    return thing if isinstance(thing, Constraint) else StrangeConstraint(thing)


def as_machine(thing: Any) -> Machine | Single:
    """What a constraint's `bind` returned, as a machine of our contract."""
    if isinstance(thing, Machine | Single):
        return thing
    return StrangeMachine(thing) if _has(thing, "select") else StrangeSingle(thing)


class StrangeConstraint(Constraint):
    """A constraint with `name` and `bind`, and maybe `proven` and `fault(vocabulary, steps)`."""

    def __init__(self, own: Any) -> None:
        self._own = own
        self.name = own.name
        self.proven = bool(getattr(own, "proven", False))
        self._fault = getattr(own, "fault", None)

    def bind(self, vocabulary: Vocabulary) -> Machine | Single:
        """The machine that its own `bind` returns."""
        return as_machine(self._own.bind(vocabulary))

    def fault(self, machine: Machine | Single, steps: Sequence[int]) -> str | None:
        """What it says itself, if it can; otherwise what its machine says."""
        if self._fault is None:
            return super().fault(machine, steps)
        found: str | None = self._fault(machine.vocabulary, steps)
        return found


class StrangeSingle(Single):
    """A machine for one sequence, with the five methods that each must have."""

    def __init__(self, own: Any) -> None:
        self._own = own
        self.vocabulary = own.vocabulary
        self.measured = _has(own, "needed_after")
        for name in OPTIONAL:
            if hasattr(own, name):
                setattr(self, name, getattr(own, name))

    def start(self) -> Any:
        """Its own state before the first step."""
        return self._own.start()

    def allowed(self, state: Any, left: int | None) -> Any:
        """What it allows."""
        return self._own.allowed(state, left)

    def advance(self, state: Any, step: int) -> Any:
        """Its own state after a step."""
        return self._own.advance(state, step)

    def needed(self, state: Any) -> int:
        """What it says is needed."""
        needed: int = self._own.needed(state)
        return needed

    def explain(self, state: Any, step: int, left: int | None) -> Reason:
        """Its own reason."""
        reason: Reason = self._own.explain(state, step, left)
        return reason


class StrangeMachine(Machine):
    """A machine for several sequences, with the six methods that each must have."""

    def __init__(self, own: Any) -> None:
        self._own = own
        self.vocabulary = own.vocabulary
        for name in ("exact", "ample", "select", "fault"):
            if hasattr(own, name):
                setattr(self, name, getattr(own, name))

    def start(self, batch: int) -> Any:
        """Its own states before the first step."""
        return self._own.start(batch)

    def allowed(self, rows: Any, left: Any) -> Any:
        """What it allows."""
        return self._own.allowed(rows, left)

    def advance(self, rows: Any, steps: Any) -> Any:
        """Its own states after a step."""
        return self._own.advance(rows, steps)

    def needed(self, rows: Any) -> Any:
        """What it says is needed."""
        return self._own.needed(rows)

    def explain(self, rows: Any, row: int, step: int, left: int | None) -> Reason:
        """Its own reason."""
        reason: Reason = self._own.explain(rows, row, step, left)
        return reason


def _has(thing: Any, *names: str) -> bool:
    return all(callable(getattr(thing, name, None)) for name in names)
