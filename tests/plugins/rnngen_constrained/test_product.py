"""Constraints together: the product accepts what all accept, without dead ends."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen_constrained.errors import Contradiction
from rnngen_constrained.kinds.includes import MustInclude, MustNotInclude
from rnngen_constrained.kinds.length import Length
from rnngen_constrained.kinds.regex import Regex
from rnngen_constrained.machines.compose import compose
from tests.plugins.rnngen_constrained.vocabularies import (
    accepts,
    characters,
    sequences,
    text_of,
    walk,
)

VOCABULARY = characters("abc")
POOL = [
    Regex("[ab]*c?"),
    Regex("(ab|c)*"),
    Regex("a.*"),
    Regex(".*b"),
    MustInclude(["ab"]),
    MustInclude(["ca", "b"]),
    MustNotInclude(["aa"]),
    MustNotInclude(["c"]),
    Length("2..4"),
    Length("5.."),
    Length("3"),
]
some = st.lists(st.sampled_from(range(len(POOL))), min_size=1, max_size=4, unique=True)
ALL = list(sequences(VOCABULARY, 5))
ACCEPTED = [
    {tuple(steps) for steps in ALL if accepts(constraint.bind(VOCABULARY), steps)}
    for constraint in POOL
]


def bound(chosen):
    names = [POOL[number].name for number in chosen]
    return compose(names, [POOL[number].bind(VOCABULARY) for number in chosen])


@settings(max_examples=60, deadline=None)
@given(some)
def test_together_they_accept_what_each_accepts(chosen):
    expected = set.intersection(*(ACCEPTED[number] for number in chosen))
    try:
        machine = bound(chosen)
    except Contradiction:
        assert not expected
        return
    assert {tuple(steps) for steps in ALL if accepts(machine, steps)} == expected
    if expected:
        assert int(machine.needed(machine.start(1))[0]) == min(map(len, expected))


@settings(max_examples=60, deadline=None)
@given(some, st.integers(0, 2**32))
def test_no_way_leads_into_a_dead_end(chosen, seed):
    try:
        machine = bound(chosen)
    except Contradiction:
        return
    least = int(machine.needed(machine.start(1))[0])
    for left in (least, least + 1, least + 3):
        steps = walk(machine, random.Random(seed), left)
        assert all(accepts(POOL[number].bind(VOCABULARY), steps) for number in chosen)


@settings(max_examples=60, deadline=None)
@given(some)
def test_a_contradiction_names_none_that_is_not_needed(chosen):
    try:
        bound(chosen)
    except Contradiction as error:
        named = [number for number in chosen if f"`{POOL[number].name}`" in error.message]
        # Brute force over short texts: these constraints have a common text of 5 steps if any.
        assert not set.intersection(*(ACCEPTED[number] for number in named))
        for fewer in combinations(named, len(named) - 1):
            assert set.intersection(*(ACCEPTED[number] for number in fewer))


def test_three_that_contradict_only_together_are_all_named():
    parts = [Regex("(ab)*"), MustNotInclude(["ba"]), Length("3..9"), MustNotInclude(["c"])]
    with pytest.raises(Contradiction) as caught:
        compose([part.name for part in parts], [part.bind(VOCABULARY) for part in parts])
    for part in parts[:3]:
        assert part.name in caught.value.message
    assert parts[3].name not in caught.value.message


def test_a_product_says_which_part_forbids_a_step():
    parts = [Regex("[ab]*c"), MustInclude(["aa"]), Length("..4")]
    machine = compose([part.name for part in parts], [part.bind(VOCABULARY) for part in parts])
    rows = machine.start(1)
    step = {name: number for number, name in enumerate(["end", "a", "b", "c"])}
    ended = machine.explain(rows, 0, step["end"], 4)
    assert (ended.kind, ended.rule) == ("rule", "regex=[ab]*c")
    early = machine.explain(rows, 0, step["c"], 4)
    assert early.kind == "jointly"
    assert text_of(VOCABULARY, list(early.ending)) == "aac"
    late = machine.explain(rows, 0, step["b"], 3)
    assert late.kind == "length"
    assert "takes 4 steps" in late.text
    assert "3 are left" in late.text
    with pytest.raises(ValueError, match="allowed"):
        machine.explain(rows, 0, step["a"], 4)
