"""Rules of third parties: `start`, `step` and `accept`."""

from __future__ import annotations

import itertools
import random

import pytest

import rnngen_constrained.machines.rule as rule_module
from rnngen_constrained.errors import BadRule, EmptyLanguage
from rnngen_constrained.machines.lazy_rule import LazyRule
from rnngen_constrained.machines.rule import Checked, RuleConstraint
from rnngen_constrained.machines.strangers import is_constraint
from rnngen_constrained.testing import CHECKS, characters, check_constraint, events
from tests.plugins.rnngen_constrained.vocabularies import (
    accepts,
    all_bytes,
    sequences,
    subwords,
    text_of,
    walk,
)


class NoDouble:
    def start(self):
        return ""

    def step(self, state, token):
        return None if token == state else token

    def accept(self, state):
        return state != ""


class Nested:
    """Brackets of any depth: infinitely many states."""

    def start(self):
        return 0

    def step(self, state, token):
        state += {"(": 1, ")": -1}.get(token, 0)
        return None if state < 0 else state

    def accept(self, state):
        return state == 0


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
@pytest.mark.parametrize("rule", [NoDouble, Nested])
def test_rules_keep_the_contract(check, rule):
    check(rule, characters("ab()"), None)


def test_a_rule_over_steps_that_are_no_text_is_asked_by_name():
    vocabulary = events("NOTE_60", "NOTE_62", "REST")

    def valid(steps):
        return bool(steps) and all(one != other for one, other in itertools.pairwise(steps))

    check_constraint(NoDouble, vocabulary, valid)


@pytest.mark.parametrize("vocabulary", [subwords(), all_bytes()], ids=["subwords", "bytes"])
def test_a_rule_about_characters_holds_whatever_the_tokens_are(vocabulary):
    machine = RuleConstraint("no double", NoDouble()).bind(vocabulary)
    for seed in range(30):
        text = text_of(vocabulary, walk(machine, random.Random(seed), 12))
        assert text
        assert all(one != other for one, other in itertools.pairwise(text))


def test_a_rule_with_endless_states_is_asked_lazily_and_closes_in_time(monkeypatch):
    monkeypatch.setattr(rule_module, "MOST_STATES", 50)
    vocabulary = characters("a()")
    machine = RuleConstraint("nested", Nested()).bind(vocabulary)
    assert isinstance(machine, LazyRule)
    for seed in range(20):
        text = text_of(vocabulary, walk(machine, random.Random(seed), seed))
        depth = 0
        for char in text:
            depth += {"(": 1, ")": -1}.get(char, 0)
            assert depth >= 0
        assert depth == 0


def test_lazy_and_explored_rules_accept_the_same():
    vocabulary = subwords(count=262)
    explored = RuleConstraint("rule", NoDouble()).bind(vocabulary)
    lazy = LazyRule("rule", Checked("rule", NoDouble()), vocabulary)
    few = [step for step in range(250, 263) if step < len(vocabulary)][:6]
    for steps in ([one, other] for one in few for other in few):
        assert accepts(explored, steps) == accepts(lazy, steps)


class Broken:
    def __init__(self, **answers):
        self.answers = answers

    def start(self):
        return self.answers.get("start", 0)

    def step(self, state, token):
        answer = self.answers.get("step", 0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def accept(self, state):
        return self.answers.get("accept", True)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"start": None}, r"`start\(\)` gave None, expected a state"),
        ({"start": []}, r"`start\(\)` gave \[\], expected a state that can be hashed"),
        ({"step": {}}, r"`step\(0, 'a'\)` gave \{\}"),
        ({"step": float("nan")}, "equals itself"),
        ({"accept": "yes"}, r"`accept\(0\)` gave 'yes', expected True or False"),
        ({"step": KeyError("x")}, r"failed at `step\(0, 'a'\)`: KeyError"),
    ],
)
def test_a_rule_that_returns_nonsense_is_named_with_what_it_did(answers, message):
    with pytest.raises(BadRule, match=message) as caught:
        RuleConstraint("mine", Broken(**answers)).bind(characters("ab"))
    assert "mine" in caught.value.message


def test_a_rule_that_accepts_nothing_is_an_error():
    with pytest.raises(EmptyLanguage, match="nothing satisfies `mine`"):
        RuleConstraint("mine", Broken(accept=False)).bind(characters("ab"))


class DeadEnds:
    """A machine that breaks its contract: it promises an end that never comes."""

    name = "dead ends"

    def bind(self, vocabulary):
        self.vocabulary, self.exact = vocabulary, True
        return self

    def start(self):
        return 0

    def allowed(self, state, left):
        return [1] if state < 3 else []

    def advance(self, state, step):
        return state + 1

    def needed(self, state):
        return 1

    def explain(self, state, step, left):
        raise AssertionError


def test_the_contract_finds_dead_ends():
    assert is_constraint(DeadEnds())
    with pytest.raises(AssertionError, match=r"dead end|needed"):
        check_constraint(DeadEnds, characters("ab"))


def test_the_contract_finds_what_another_validator_refuses():
    with pytest.raises(AssertionError, match="not valid"):
        check_constraint(NoDouble, characters("ab"), lambda steps: len(steps) > 99)


def test_brute_force_agrees_with_a_rule():
    vocabulary = characters("ab")
    machine = RuleConstraint("rule", NoDouble()).bind(vocabulary)
    good = [
        "".join(text_of(vocabulary, s)) for s in sequences(vocabulary, 3) if accepts(machine, s)
    ]
    assert good == ["a", "b", "ab", "ba", "aba", "bab"]
