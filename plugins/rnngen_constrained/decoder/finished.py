"""Checks finished sequences as a whole, each by every constraint, before they are returned.

The check does not rely on the machine that steered: a constraint's `fault(machine, steps)` finds
in other ways what is wrong with a sequence. A faulty one is drawn again, with another part
of the random stream, so that a sequence still depends on nothing but the seed and its number.

If the machines of all constraints are proven (`proven` is true), a sequence is shown while it is
written, and a fault is our mistake. Other sequences are held back until they are checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from rnngen import Constraint, Emission, Request, Vocabulary, other_seed
from rnngen_constrained.errors import Invalid, Unproven
from rnngen_constrained.machines.compose import Part

TRIES = 100
"""Most draws per sequence."""

Draw = Callable[[Request, int | None], Iterator[Emission]]
"""Emissions of a request; where it is for a row that is drawn again, the number of that row."""


class Checks:
    """Checks a finished sequence by all constraints.

    Args:
        constraints: to check by.
        parts: their machines, in the same order.
        vocabulary: of the steps.
        forbidden: steps that must not occur.
    """

    def __init__(
        self,
        constraints: Sequence[Constraint],
        parts: Sequence[Part],
        vocabulary: Vocabulary,
        forbidden: frozenset[Any],
    ) -> None:
        self._constraints = list(zip(constraints, parts, strict=True))
        self._vocabulary = vocabulary
        self._forbidden = forbidden
        self.proven = all(one.proven for one in constraints)
        """Whether no machine can write what is invalid."""
        self.last = ""
        """The last fault found."""

    def valid(self, steps: Sequence[int]) -> bool:
        """Whether no constraint finds a fault; otherwise `last` says which."""
        for step in steps:
            if step in self._forbidden:
                self.last = f"the step {self._vocabulary.names[step]} is forbidden"
                return False
        for one, part in self._constraints:
            fault = one.fault(part, steps)
            if fault is not None:
                self.last = f"`{one.name}`: {fault}"
                return False
        return True

    def unproven(self) -> Unproven:
        """The error of a proven machine that was wrong."""
        return Unproven(f"internal error: a finished text is invalid: {self.last}")

    def nothing(self, tries: int, hint: str) -> Invalid:
        """The error of a sequence that was never valid."""
        often = "once" if tries == 1 else f"{tries} times"
        return Invalid(f"no valid text was found (tried {often}); the last: {self.last}", hint=hint)


def checked(draw: Draw, request: Request, checks: Checks, tries: int = TRIES) -> Iterator[Emission]:
    """Yields emissions of sequences that are valid as a whole.

    Args:
        draw: writes sequences.
        request: what to write.
        checks: of the constraints.
        tries: draws per sequence, at most; 1 if the next would be the same.

    Raises:
        Invalid: a sequence was invalid every time.
        Unproven: it was invalid although all machines are proven.
    """
    cut: set[int] = set()
    own = request if request.stop is None else replace(request, stop=_noting(request.stop, cut))
    written: dict[int, list[Emission]] = {row: [] for row in range(len(request.prompts))}
    for emission in draw(own, None):
        written[emission.row].append(emission)
        if checks.proven:
            yield emission
    for row, emissions in written.items():
        # Whoever cuts a sequence off is responsible for what is left of it.
        if row in cut or checks.valid(_steps(emissions)):
            yield from () if checks.proven else emissions
        elif checks.proven:
            raise checks.unproven()
        else:
            yield from _again(draw, request, row, checks, tries)


def _steps(emissions: Sequence[Emission]) -> list[int]:
    """The steps of a sequence, without its end."""
    return [one.step for one in emissions if not one.end]


def _again(draw: Draw, request: Request, row: int, checks: Checks, tries: int) -> list[Emission]:
    """The sequence of a row, drawn until it is valid."""
    number = request.first + row
    for attempt in range(1, tries):
        alone = replace(
            request,
            prompts=[request.prompts[row]],
            seed=other_seed(request.seed, number, attempt),
            first=0,
            stop=None,
            more=False,
        )
        found = [replace(one, row=row) for one in draw(alone, row)]
        if checks.valid(_steps(found)):
            return found
    raise checks.nothing(
        tries,
        "use `-o base=sample` or `-o base=beam`, which try other texts"
        if tries == 1
        else "allow more steps with `--length`, or make the constraint simpler",
    )


def _noting(stop: Callable[[int, Any], bool], cut: set[int]) -> Callable[[int, Any], bool]:
    def stops(row: int, step: Any) -> bool:
        if not stop(row, step):
            return False
        cut.add(row)
        return True

    return stops
