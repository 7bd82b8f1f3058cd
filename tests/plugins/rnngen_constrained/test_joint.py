"""Machines that are not tables, combined: no dead end, nothing invalid, however little is left."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen_constrained.automata.byte_dfa import compiled
from rnngen_constrained.automata.pattern import parse
from rnngen_constrained.errors import ConstraintError, Contradiction, Undecided
from rnngen_constrained.kinds.includes import MustInclude
from rnngen_constrained.kinds.length import Length
from rnngen_constrained.kinds.prose import Prose
from rnngen_constrained.kinds.regex import Regex
from rnngen_constrained.machines.compose import compose
from rnngen_constrained.machines.joint import Joint
from rnngen_constrained.machines.lazy_lift import LazyLift
from rnngen_constrained.machines.planned import PlannedMachine
from rnngen_constrained.machines.rows import PerSequence
from rnngen_constrained.machines.rule import RuleConstraint
from rnngen_constrained.machines.table_single import TableSingle
from tests.plugins.rnngen_constrained.listed import Listed
from tests.plugins.rnngen_constrained.vocabularies import characters, of, subwords, text_of, walk

TEXTS = ["a.", "ab.", "ab b.", "ba a.b.", "abab.", "a b a.", "b.", "bb. a."]
WORDS = ["a", "ab", "ba", "abab"]
WORD = "(a|ab|ba|abab)"
PATTERNS = ["[ab ]*\\.", "(ab|b|a| )+\\.", ".*b.*", "a.{1,6}", "(..)*"]
tokens = st.lists(st.text("ab .", min_size=2, max_size=4), max_size=5, unique=True)


def lazy(pattern: str, vocabulary: Any) -> LazyLift:
    return LazyLift(pattern, compiled(parse(pattern, "here")), vocabulary)


kinds = st.one_of(
    st.just(("prose", None)),
    st.tuples(st.just("lazy"), st.sampled_from(PATTERNS)),
    st.tuples(st.just("table"), st.sampled_from(PATTERNS)),
    st.tuples(
        st.just("listed"),
        st.lists(st.sampled_from(TEXTS), min_size=3, unique=True).map(tuple),
    ),
)


def part(kind: str, text: Any, vocabulary: Any) -> Any:
    if kind == "prose":
        return Prose(WORDS).bind(vocabulary)
    if kind == "lazy":
        return lazy(text, vocabulary)
    if kind == "table":
        return TableSingle(Regex(text).bind(vocabulary))
    dead = [one + "b" for one in text]
    return PlannedMachine(Listed([*text, *dead], text, vocabulary), vocabulary, "l", lambda _: None)


def valid(kind: str, text: Any, written: str) -> bool:
    """Whether a text is valid, by `re` or by looking it up in the list."""
    if kind == "listed":
        return written in text
    if kind == "prose":
        text = rf"[ .]*{WORD}([ .]+{WORD})* *\.[ .]*"
    return re.fullmatch(text, written) is not None


@settings(max_examples=120, deadline=None)
@given(tokens, st.lists(kinds, min_size=2, max_size=3, unique=True), st.integers(0, 2**32))
def test_joined_machines_have_no_dead_end_however_little_is_left(more, chosen, seed):
    vocabulary = of([b"a", b"b", b" ", b".", *(token.encode() for token in more)])
    parts = [part(kind, text, vocabulary) for kind, text in chosen]
    try:
        joint = Joint([f"{kind} {text}" for kind, text in chosen], parts)
    except ConstraintError:
        for text in TEXTS:
            assert not all(valid(kind, rule, text) for kind, rule in chosen)
        return
    least = joint.needed(joint.start())
    generator = random.Random(seed)
    for left in (least, least, least + 1, least + 4):
        steps = walk(joint, generator, left)  # fails at a dead end
        assert len(steps) <= left
        written = text_of(vocabulary, steps)
        assert all(valid(kind, text, written) for kind, text in chosen), written


def test_tokens_longer_than_a_character_do_not_lead_into_a_dead_end():
    letters = "abcdefghijklmnopqrstuvwxyz .!?,"
    vocabulary = of([*(char.encode() for char in letters), b"inter", b"national"])
    parts = [Prose(["international"]), MustInclude(["national"])]
    machine = compose([one.name for one in parts], [one.bind(vocabulary) for one in parts])
    assert int(machine.needed(machine.start(1))[0]) <= 7
    for seed in range(20):
        text = text_of(vocabulary, walk(machine, random.Random(seed), 7))
        assert "international" in text
        assert text.rstrip()[-1] in ".!?"


CASES = {
    "prose and a word it lacks": (Prose(["moon", "river"]), MustInclude(["sun"])),
    "prose and a length": (Prose(["moon", "river"]), Length("..4")),
    "prose without stops": (Prose(["moon", "river"]), Regex("[a-z ]*")),
}
LETTERS = characters("abcdefghijklmnopqrstuvwxyz .")


@pytest.mark.parametrize("pair", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("vocabulary", [LETTERS, subwords(b"mo", b"on", b"river")], ids=["c", "t"])
def test_what_contradicts_a_machine_that_is_no_table_is_called_a_contradiction(pair, vocabulary):
    others = [Length("..30"), MustInclude(["r"])]
    everything = [others[0], *pair, others[1]]
    with pytest.raises(Contradiction) as caught:
        compose([one.name for one in everything], [one.bind(vocabulary) for one in everything])
    for one in pair:
        assert f"`{one.name}`" in caught.value.message
    for one in others:
        assert f"`{one.name}`" not in caught.value.message


def test_tables_too_large_for_a_product_still_contradict_each_other(monkeypatch):
    monkeypatch.setattr("rnngen_constrained.machines.compose.product_of_all", lambda tables: None)
    parts = [Regex("(ab)*"), Length("3..9"), Regex(".*aa.*|c?"), MustInclude(["b"])]
    with pytest.raises(Contradiction) as caught:
        compose([one.name for one in parts], [one.bind(characters("abc")) for one in parts])
    named = [one.name for one in parts if f"`{one.name}`" in caught.value.message]
    assert named == ["regex=(ab)*", "regex=.*aa.*|c?", "must_include=b"]


class Nine:
    """A sum that ends on 9: it has infinitely many states."""

    last = 9

    def start(self):
        return 0

    def step(self, state, token):
        return state + (1 if token == "a" else 3 if token == "b" else 7)

    def accept(self, state):
        return state % 10 == self.last


class Eight(Nine):
    """The same sum, but it ends on 8."""

    last = 8


def test_what_is_too_large_to_decide_is_not_called_a_contradiction():
    vocabulary = characters("abc")
    parts = [RuleConstraint(name, rule) for name, rule in (("one", Nine()), ("two", Eight()))]
    bound = [one.bind(vocabulary) for one in parts]
    more = Regex("[abc]*").bind(vocabulary)
    with pytest.raises(Undecided) as caught:
        compose(["one", "any", "two"], [bound[0], more, bound[1]])
    assert "`one` and `two` are too large together" in caught.value.message
    assert caught.value.hint


def test_a_joint_machine_gives_the_same_masks_whatever_was_asked_before():
    vocabulary = subwords()
    parts = [Regex("[ab ]*日.*").bind(vocabulary), MustInclude(["ba", "1"]).bind(vocabulary)]

    def fresh():
        return PerSequence(Joint(["a", "b"], [TableSingle(part) for part in parts]))

    used = fresh()
    walk(used, random.Random(0), 12)
    rows = used.start(1)
    expected = fresh().allowed(fresh().start(1), torch.tensor([9]))
    assert torch.equal(used.allowed(rows, torch.tensor([9])), expected)
    assert bool(expected.any())
