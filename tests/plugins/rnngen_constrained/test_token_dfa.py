"""Masks and distances of the token-level automaton, against brute force."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.constraint import INFINITE
from rnngen_constrained.automata.token_dfa import distances, merged_columns, shortest, trimmed
from rnngen_constrained.kinds.regex import Regex
from rnngen_constrained.machines.lazy_lift import LazyLift
from rnngen_constrained.machines.table import TableMachine
from tests.plugins.rnngen_constrained.vocabularies import (
    accepts,
    characters,
    of,
    sequences,
    subwords,
    text_of,
)


@st.composite
def tables(draw):
    states, steps = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    cells = st.integers(-1, states - 1)
    rows = draw(
        st.lists(st.lists(cells, min_size=steps, max_size=steps), min_size=states, max_size=states)
    )
    accepting = draw(st.lists(st.booleans(), min_size=states, max_size=states))
    return np.array(rows, np.int32), np.array(accepting)


def brute_distance(next, accepting, state, longest=8):
    front = {state}
    for count in range(longest):
        if any(accepting[one] for one in front):
            return count
        front = {int(after) for one in front for after in next[one] if after >= 0}
    return INFINITE


@settings(max_examples=200, deadline=None)
@given(tables())
def test_distances_are_those_of_brute_force(table):
    next, accepting = table
    expected = [brute_distance(next, accepting, state) for state in range(len(next))]
    assert distances(next, accepting).tolist() == expected


@settings(max_examples=200, deadline=None)
@given(tables())
def test_trimming_keeps_the_language_and_leaves_no_dead_ends(table):
    next, accepting = table
    dfa, _ = trimmed(next, np.arange(next.shape[1], dtype=np.int32), accepting)
    assert (dfa.needed < INFINITE).all()

    def accepted(steps):
        state = 0
        for step in steps:
            state = next[state, step] if state >= 0 else -1
        return state >= 0 and bool(accepting[state])

    def kept(steps):
        state = -1 if dfa.empty else 0
        for step in steps:
            state = dfa.next[state, dfa.classes[step]] if state >= 0 else -1
        return state >= 0 and bool(dfa.accepting[state])

    vocabulary = of([bytes([65 + step]) for step in range(next.shape[1])])
    for steps in sequences(vocabulary, 4):
        own = [step - 1 for step in steps]
        assert kept(own) == accepted(own)
    for state in range(len(dfa)):
        steps = shortest(dfa, state)
        assert len(steps) == dfa.needed[state]
        for step in steps:
            state = dfa.next[state, dfa.classes[step]]
        assert dfa.accepting[state]


@settings(max_examples=100, deadline=None)
@given(tables())
def test_merged_columns_are_the_same_columns(table):
    next, _ = table
    small, kinds = merged_columns(next)
    assert np.array_equal(small[:, kinds], next)
    assert small.shape[1] == len({tuple(column) for column in next.T.tolist()})


def test_masks_are_those_of_brute_force_for_every_beginning_and_length():
    vocabulary = of([b"a", b"b", b"ab", "é".encode()[:1], "é".encode()[1:], "é".encode()])
    pattern = "(ab|aé)*b?"
    machine = Regex(pattern).bind(vocabulary)

    def valid(steps):
        data = b"".join(vocabulary.tokens[step] for step in steps)
        try:
            return re.fullmatch(pattern, data.decode()) is not None
        except UnicodeDecodeError:
            return False

    longest = 4
    good = [tuple(steps) for steps in sequences(vocabulary, longest) if valid(steps)]
    for beginning in sequences(vocabulary, 2):
        for left in range(longest - len(beginning) + 1):
            possible = [
                steps
                for steps in good
                if list(steps[: len(beginning)]) == beginning
                and len(steps) <= len(beginning) + left
            ]
            if not possible:
                continue
            expected = {
                steps[len(beginning)] if len(steps) > len(beginning) else 0 for steps in possible
            }
            rows = machine.start(1)
            for step in beginning:
                rows = machine.advance(rows, torch.tensor([step]))
            mask = machine.allowed(rows, torch.tensor([left]))[0]
            assert set(mask.nonzero().flatten().tolist()) == expected, (beginning, left)
            if left == longest - len(beginning):
                assert int(machine.needed(rows)[0]) == min(map(len, possible)) - len(beginning)


def test_rows_with_different_lengths_left_have_masks_of_their_own():
    machine = Regex("a*b{3}").bind(characters("ab"))
    rows = machine.start(4)
    masks = machine.allowed(rows, torch.tensor([3, 4, 5, 50]))
    assert masks.tolist() == [[False, False, True]] + [[False, True, True]] * 3
    assert machine.select(rows, torch.tensor([2, 2])).tolist() == [0, 0]


def test_an_end_leaves_a_row_as_it_is():
    machine = Regex("a*").bind(characters("ab"))
    rows = machine.advance(machine.start(1), torch.tensor([0]))
    assert machine.allowed(rows, torch.tensor([0]))[0].tolist() == [True, False, False]


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["[^b]*", "(a|é)+b", "a{2,9}", ".*日", r"[a-c]{3}\d"]), st.integers(0, 4))
def test_rows_made_when_met_allow_what_the_table_allows(pattern, seed):
    vocabulary = subwords(seed=seed)
    constraint = Regex(pattern)
    table = constraint.bind(vocabulary)
    lazy = LazyLift("lazy", constraint._dfa, vocabulary)
    generator = np.random.default_rng(seed)
    rows, state = table.start(1), lazy.start()
    for _ in range(6):
        mask = table.allowed(rows, None)[0]
        assert set(lazy.allowed(state, None).tolist()) == set(mask.nonzero().flatten().tolist())
        assert lazy.needed(state) >= int(table.needed(rows)[0])
        step = int(generator.choice([*lazy.allowed(state, None)]))
        if step == vocabulary.end:
            break
        rows, state = table.advance(rows, torch.tensor([step])), lazy.advance(state, step)
        ending = lazy.ending(state)
        assert len(ending) == lazy.needed(state)


def test_a_lazy_ending_is_accepted():
    vocabulary = subwords()
    constraint = Regex("(a|b)*日c")
    lazy = LazyLift("lazy", constraint._dfa, vocabulary)
    assert text_of(vocabulary, lazy.ending(0)) == "日c"
    assert accepts(lazy, lazy.ending(0))


@pytest.mark.parametrize("count", [30_000, 32_765, 32_766, 32_767, 40_000])
def test_however_long_the_shortest_ending_is_it_is_counted_to_the_step(count):
    after = np.append(np.arange(1, count + 1, dtype=np.int32), -1)
    table = np.stack((after, np.full(count + 1, -1, np.int32)), axis=1)
    accepting = np.arange(count + 1) == count
    made, _ = trimmed(table, np.array([1, 0], np.int32), accepting)
    machine = TableMachine(made, characters("a"), ["a"])
    rows = machine.start(3)
    assert machine.needed(rows).tolist() == [count] * 3
    left = torch.tensor([count - 1, count, 2 * count])
    assert machine.allowed(rows, left)[:, 1].tolist() == [False, True, True]
    assert machine.allowed(rows, left)[:, 0].tolist() == [False] * 3
    assert bool(machine.allowed(rows, None)[0, 1])
