"""The masks of context-free machines are those of brute force and of Lark's own parser."""

from __future__ import annotations

import lark
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rnngen.contracts.constraint import INFINITE, Vocabulary
from rnngen_constrained.errors import EmptyLanguage
from rnngen_constrained.grammar.lark_text import WHOLE, read_grammar
from rnngen_constrained.grammar.machine import GrammarMachine
from tests.plugins.rnngen_constrained.grammars import (
    ARITHMETIC,
    JSON,
    Alternatives,
    alternatives,
    characters,
    language,
    pairs,
    sampled,
    text_of,
    vocabulary,
    written,
)

LONGEST = 6


def machine(text: str, vocabulary: Vocabulary) -> GrammarMachine:
    return GrammarMachine(read_grammar(text, "grammar"), WHOLE, vocabulary, "grammar")


def plain(rules: Alternatives, vocabulary: Vocabulary) -> GrammarMachine:
    try:
        return machine(written(rules), vocabulary)
    except EmptyLanguage:
        assert not language(rules, "A", 2 * LONGEST)
        assume(False)
        raise


@settings(max_examples=250, deadline=None)
@given(alternatives())
def test_masks_and_costs_are_those_of_brute_force(rules: Alternatives) -> None:
    one = plain(rules, characters("abc"))
    texts = language(rules, "A", LONGEST)
    todo = [("", one.start())]
    while todo:
        prefix, state = todo.pop()
        rest = [len(text) - len(prefix) for text in texts if text.startswith(prefix)]
        if rest:
            assert one.needed(state) == min(rest)
        else:
            assert one.needed(state) + len(prefix) > LONGEST
        most = LONGEST - len(prefix)
        for left in range(most + 1):
            allowed = set(one.allowed(state, left))
            expected = {
                step
                for step, char in enumerate("abc", 1)
                if any(
                    text.startswith(prefix + char) and len(text) - len(prefix) <= left
                    for text in texts
                )
            }
            assert allowed == expected | ({0} if prefix in texts else set())
        if most:
            follow = [step for step in one.allowed(state, most) if step]
            todo += [(prefix + "_abc"[step], one.advance(state, step)) for step in follow]


@settings(max_examples=100, deadline=None)
@given(alternatives(), st.data())
def test_states_reached_in_different_ways_are_as_good_as_the_text_says(
    rules: Alternatives, data: st.DataObject
) -> None:
    one = plain(rules, characters("abc"))
    state = one.start()
    text = ""
    for _ in range(12):
        follow = [step for step in one.allowed(state, None) if step]
        if not follow:
            break
        step = data.draw(st.sampled_from(follow))
        state, text = one.advance(state, step), text + "_abc"[step]
        assert hash(state) == hash(state)
    again = one.start()
    for char in text:
        again = one.advance(again, "_abc".index(char))
    assert again == state


@settings(max_examples=60, deadline=None)
@given(alternatives(letters="ab", rules="AB"), st.integers(0, 2**31))
def test_texts_are_those_that_lark_parses(rules: Alternatives, seed: int) -> None:
    text = written(rules)
    one = plain(rules, characters("ab"))
    parser = lark.Lark(text, parser="earley", lexer="dynamic_complete", ambiguity="resolve")
    rng = np.random.default_rng(seed)
    found = text_of(one, sampled(one, one.needed(one.start()) + 8, rng))
    parser.parse(found)
    for _ in range(10):
        other = "".join(rng.choice(list("ab"), rng.integers(0, 8)))
        assert accepts(one, other) == parses(parser, other), other


def accepts(one: GrammarMachine, text: str) -> bool:
    state = one.start()
    tokens = list(one.vocabulary.tokens)
    for char in text:
        step = tokens.index(char.encode())
        if step not in set(one.allowed(state, None)):
            return False
        state = one.advance(state, step)
    return 0 in set(one.allowed(state, None))


def parses(parser: lark.Lark, text: str) -> bool:
    try:
        parser.parse(text)
    except lark.exceptions.UnexpectedInput:
        return False
    return True


@settings(max_examples=120, deadline=None)
@given(
    alternatives(letters="ab"),
    st.lists(st.text("ab", min_size=2, max_size=4), max_size=6),
    st.integers(0, 2**31),
    st.integers(0, 6),
)
def test_longer_tokens_are_allowed_where_their_characters_are(
    rules: Alternatives, longer: list[str], seed: int, spare: int
) -> None:
    tokens = ["a", "b", *longer]
    one = plain(rules, vocabulary(token.encode() for token in tokens))
    single = plain(rules, characters("ab"))
    rng = np.random.default_rng(seed)
    length = one.needed(one.start()) + spare
    state, left, text = one.start(), length, ""
    while True:
        allowed = set(one.allowed(state, left))
        assert allowed, "a dead end"
        for step, token in enumerate(tokens, 1):
            after = read(single, text + token)
            needed = INFINITE if after is None else single.needed(after)
            assert (step in allowed) == (needed <= left - 1)
        step = int(rng.choice(sorted(allowed)))
        if not step:
            break
        state, left, text = one.advance(state, step), left - 1, text + tokens[step - 1]
    assert left >= 0
    assert accepts(single, text)


def read(one: GrammarMachine, text: str) -> object | None:
    state = one.start()
    for char in text:
        step = list(one.vocabulary.tokens).index(char.encode())
        if step not in set(one.allowed(state, None)):
            return None
        state = one.advance(state, step)
    return state


@pytest.mark.parametrize("words", ["characters", "bytes", "pairs"])
@pytest.mark.parametrize("grammar", [ARITHMETIC, JSON], ids=["arithmetic", "json"])
def test_sequences_of_a_random_model_parse_and_fit(grammar: str, words: str) -> None:
    vocabularies = {
        "characters": characters,
        "bytes": lambda: vocabulary(bytes([byte]) for byte in range(256)),
        "pairs": lambda: pairs(800),
    }
    one = machine(grammar, vocabularies[words]())
    parser = lark.Lark(grammar, parser="earley", lexer="dynamic")
    rng = np.random.default_rng(3)
    for length in [1, 2, 5, 20, 60] * 4:
        steps = sampled(one, length, rng)
        assert len(steps) <= length
        parser.parse(text_of(one, steps))


def test_a_list_comes_back_to_the_same_state() -> None:
    one = machine('start: "[" (item ",")* "]"\nitem: "x" | start', characters("[x,]"))
    state = one.advance(one.start(), 1)
    seen = set()
    for _ in range(50):
        for step in (2, 3):
            state = one.advance(state, step)
            seen.add(state)
    assert len(seen) == 2


def test_recursion_at_the_end_does_not_grow_the_stack() -> None:
    one = machine('start: "a" b\nb: "b" start | "c" start start | "d"', characters("abcd"))
    state = one.start()
    seen = set()
    for _ in range(50):
        for step in (1, 2):
            state = one.advance(state, step)
            seen.add(state)
    assert len(seen) <= 4
