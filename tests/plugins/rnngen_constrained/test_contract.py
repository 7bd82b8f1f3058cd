"""The base classes of constraints: what a plugin leaves out has a default that works."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch

import rnngen
from rnngen_constrained.errors import BadRule
from rnngen_constrained.kinds.regex import Regex
from rnngen_constrained.machines.compose import compose
from rnngen_constrained.machines.strangers import as_constraint, as_machine
from rnngen_constrained.testing import characters, check_constraint

WORDS = characters("ab")
END, A, B = 0, 1, 2


class Pairs(rnngen.Single):
    """`a` and `b` in turns, at least one of each; has only what every machine must have."""

    def __init__(self, vocabulary: rnngen.Vocabulary) -> None:
        self.vocabulary = vocabulary

    def start(self) -> int:
        return 0

    def allowed(self, state: int, left: int | None) -> list[int]:
        follows = [END, A] if state == 0 else [B]
        fits = {END: 0, A: 2, B: 1}
        return [step for step in follows if left is None or fits[step] <= left]

    def advance(self, state: int, step: int) -> int:
        return 1 - state

    def needed(self, state: int) -> int:
        return state

    def explain(self, state: int, step: int, left: int | None) -> rnngen.Reason:
        return rnngen.Reason("rule", "pairs", "not here", [B] * state)


class InPairs(rnngen.Constraint):
    name = "pairs"

    def bind(self, vocabulary: rnngen.Vocabulary) -> rnngen.Single:
        return Pairs(vocabulary)


class Duck:
    """The same, without a base class of ours."""

    name = "duck"

    def bind(self, vocabulary: rnngen.Vocabulary) -> Any:
        return DuckMachine(vocabulary)


class DuckMachine:
    def __init__(self, vocabulary: rnngen.Vocabulary) -> None:
        own = Pairs(vocabulary)
        self.vocabulary, self.exact = vocabulary, True
        for name in ("start", "allowed", "advance", "needed", "explain"):
            setattr(self, name, getattr(own, name))


def in_pairs(steps: Sequence[int]) -> bool:
    return list(steps) == [A, B] * (len(steps) // 2)


@pytest.mark.parametrize("build", [InPairs, Duck])
def test_five_methods_are_a_machine_that_keeps_the_contract(build: Any) -> None:
    check_constraint(build, WORDS, in_pairs)


@pytest.mark.parametrize("build", [InPairs, Duck])
def test_five_methods_are_joined_with_other_constraints(build: Any) -> None:
    bound = as_machine(as_constraint(build()).bind(WORDS))
    machine = compose(["pairs", "four"], [bound, Regex("[ab]{4}").bind(WORDS)])
    rows = machine.start(1)
    written = []
    for left in range(4, 0, -1):
        allowed = machine.allowed(rows, torch.tensor([left]))[0].nonzero().flatten().tolist()
        assert len(allowed) == 1
        written += allowed
        rows = machine.advance(rows, torch.tensor(allowed))
    assert written == [A, B, A, B]
    assert bool(machine.allowed(rows, torch.tensor([0]))[0, END])


@pytest.mark.parametrize("build", [InPairs, Duck])
def test_a_machine_says_itself_what_is_wrong_with_a_sequence(build: Any) -> None:
    constraint = as_constraint(build())
    machine = as_machine(constraint.bind(WORDS))
    assert constraint.fault(machine, [A, B, A, B]) is None
    assert constraint.fault(machine, [A, A]) == "step 2, a, is not allowed"
    assert constraint.fault(machine, [A]) == "the sequence is not complete"


def test_what_a_stranger_says_of_a_finished_sequence_is_heard() -> None:
    class Checked(Duck):
        proven = True

        def fault(self, vocabulary: rnngen.Vocabulary, steps: Sequence[int]) -> str | None:
            return f"{len(steps)} of {len(vocabulary)}"

    constraint = as_constraint(Checked())
    assert constraint.proven
    assert constraint.fault(as_machine(constraint.bind(WORDS)), [A, B]) == "2 of 3"


class Table(rnngen.Machine):
    """A machine for several sequences, and for nothing else: any text."""

    def __init__(self, vocabulary: rnngen.Vocabulary) -> None:
        self.vocabulary = vocabulary

    def start(self, batch: int) -> torch.Tensor:
        return torch.zeros(batch, dtype=torch.int64)

    def allowed(self, rows: torch.Tensor, left: torch.Tensor | None) -> torch.Tensor:
        mask = torch.ones(len(rows), len(self.vocabulary), dtype=torch.bool)
        if left is not None:
            mask[left < 1, 1:] = False
        return mask

    def advance(self, rows: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
        return rows

    def needed(self, rows: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(rows), dtype=torch.int64)

    def explain(self, rows: Any, row: int, step: int, left: int | None) -> rnngen.Reason:
        return rnngen.Reason("length", "any", "nothing is left")


class Any_(rnngen.Constraint):
    name = "any"

    def bind(self, vocabulary: rnngen.Vocabulary) -> rnngen.Machine:
        return Table(vocabulary)


def test_a_machine_for_several_sequences_works_alone_and_says_that_it_can_not_be_joined() -> None:
    check_constraint(Any_, WORDS)
    with pytest.raises(BadRule, match="`any` can't be combined"):
        compose(["any", "pairs"], [Any_().bind(WORDS), InPairs().bind(WORDS)])


def test_a_rule_may_end_anywhere_where_it_does_not_say() -> None:
    class OnlyA(rnngen.Rule):
        def start(self) -> int:
            return 0

        def step(self, state: int, token: str) -> int | None:
            return 0 if token == "a" else None

    check_constraint(OnlyA, WORDS, lambda steps: set(steps) <= {A})
