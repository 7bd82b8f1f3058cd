"""Contract checks for any constraint: `check_constraint(build, vocabulary)` runs them all.

from rnngen_constrained.testing import characters, check_constraint

def test_the_rule_keeps_the_contract():
    check_constraint(NoDouble, characters("abc"))

A constraint is what a plugin registers with `register_constraints`: an object with `bind`, or a
rule with `start`, `step` and `accept`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import torch

from rnngen import INFINITE, Machine, Vocabulary
from rnngen_constrained.machines.rows import PerSequence
from rnngen_constrained.machines.rule import RuleConstraint
from rnngen_constrained.machines.strangers import as_constraint, as_machine, is_constraint, is_rule

Build = Callable[[], Any]
Valid = Callable[[Sequence[int]], bool]
WALKS = 20
LONGEST = 40
KINDS = {"rule", "jointly", "length"}


def characters(text: str) -> Vocabulary:
    """A vocabulary with a step for each character of `text`; step 0 is the end."""
    different = sorted(set(text))
    return Vocabulary([b"", *(char.encode() for char in different)], ["end", *different], 0)


def events(*names: str) -> Vocabulary:
    """A vocabulary of steps that are not text; step 0 is the end."""
    return Vocabulary([b""] * (len(names) + 1), ["end", *names], 0)


def check_constraint(build: Build, vocabulary: Vocabulary, valid: Valid | None = None) -> None:
    """Runs every check; an AssertionError names what is broken.

    Args:
        build: makes the constraint, or the rule.
        vocabulary: to bind it to; the constraint must be satisfiable with it.
        valid: whether steps satisfy it, decided in an independent way.
    """
    for check in CHECKS.values():
        check(build, vocabulary, valid)


def machine_of(build: Build, vocabulary: Vocabulary) -> Machine:
    """The machine of what `build` makes."""
    made = build()
    if is_constraint(made):
        constraint = as_constraint(made)
    else:
        assert is_rule(made), "it has neither `bind` nor `start`, `step` and `accept`"
        constraint = RuleConstraint(type(made).__name__, made)
    assert isinstance(constraint.name, str), "`name` is not a text"
    machine = as_machine(constraint.bind(vocabulary))
    return machine if isinstance(machine, Machine) else PerSequence(machine)


def _walk(machine: Machine, generator: random.Random, left: int) -> list[int]:
    """Steps of a random valid sequence of at most `left` steps."""
    rows, end = machine.start(1), machine.vocabulary.end
    steps: list[int] = []
    while True:
        assert left >= 0, "more steps were written than were left"
        mask = machine.allowed(rows, torch.tensor([left]))
        assert mask.shape == (1, len(machine.vocabulary)), "`allowed` is not [B,V]"
        may = mask[0].nonzero().flatten().tolist()
        assert may, f"nothing is allowed after {steps}: a dead end"
        needed = int(machine.needed(rows)[0])
        assert needed <= left, f"after {steps}, {needed} steps are needed, {left} are left"
        assert end in may or needed > 0, f"after {steps}, nothing is needed, but no end allowed"
        assert end not in may or needed == 0, f"after {steps}, an end is allowed, but more needed"
        step = generator.choice(may)
        if step == end:
            return steps
        steps.append(step)
        rows = machine.advance(rows, torch.tensor([step]))
        left -= 1


def ends_within_the_length(build: Build, vocabulary: Vocabulary, valid: Valid | None) -> None:
    """Whatever is chosen, a valid sequence ends within the steps left."""
    machine = machine_of(build, vocabulary)
    least = int(machine.needed(machine.start(1))[0])
    assert least < INFINITE, "it can't be satisfied with this vocabulary, and `bind` did not say so"
    generator = random.Random(0)
    for walk in range(WALKS):
        steps = _walk(machine, generator, least + walk * LONGEST // WALKS)
        assert valid is None or valid(steps), f"{steps} is not valid"


def states_are_not_changed(build: Build, vocabulary: Vocabulary, valid: Valid | None) -> None:
    """A state still allows the same after others were reached from it; rows are independent."""
    machine = machine_of(build, vocabulary)
    generator = random.Random(1)
    rows = machine.start(3)
    for left in range(int(machine.needed(rows)[0]) + 8, 0, -1):
        lefts = torch.full((3,), left)
        mask = machine.allowed(rows, lefts)
        steps = torch.tensor([generator.choice(row.nonzero().flatten().tolist()) for row in mask])
        after = machine.advance(rows, steps)
        assert torch.equal(machine.allowed(rows, lefts), mask), "a state changed"
        for place in range(3):
            index = torch.tensor([place])
            alone = machine.select(rows, index)
            assert torch.equal(machine.allowed(alone, lefts[:1])[0], mask[place]), "rows differ"
            assert torch.equal(machine.needed(alone), machine.needed(rows)[index]), "rows differ"
        rows = after


def same_every_time(build: Build, vocabulary: Vocabulary, valid: Valid | None) -> None:
    """Built twice, it allows the same."""
    first, second = machine_of(build, vocabulary), machine_of(build, vocabulary)
    rows, others = first.start(1), second.start(1)
    left = int(first.needed(rows)[0]) + 5
    generator = random.Random(2)
    while left > 0:
        mask = first.allowed(rows, torch.tensor([left]))
        assert torch.equal(mask, second.allowed(others, torch.tensor([left]))), "they differ"
        step = torch.tensor([generator.choice(mask[0].nonzero().flatten().tolist())])
        rows, others = first.advance(rows, step), second.advance(others, step)
        left -= 1


def forbidden_steps_have_reasons(build: Build, vocabulary: Vocabulary, valid: Valid | None) -> None:
    """Every forbidden step is explained, with a valid ending."""
    machine = machine_of(build, vocabulary)
    rows = machine.start(1)
    left = int(machine.needed(rows)[0])
    for step in range(len(vocabulary)):
        if bool(machine.allowed(rows, torch.tensor([left]))[0, step]):
            continue
        reason = machine.explain(rows, 0, step, left)
        assert reason.kind in KINDS, f"a reason is of the kind {reason.kind!r}"
        assert reason.text, "a reason says nothing"
        state = rows
        for other in reason.ending:
            state = machine.advance(state, torch.tensor([other]))
        assert int(machine.needed(state)[0]) == 0, "the ending of a reason is not valid"


CHECKS: dict[str, Callable[[Build, Vocabulary, Valid | None], None]] = {
    check.__name__: check
    for check in (
        ends_within_the_length,
        states_are_not_changed,
        same_every_time,
        forbidden_steps_have_reasons,
    )
}
