"""Derivatives mean what `re` means, allow what tables allow, and count tokens exactly."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen import INFINITE, Vocabulary
from rnngen_constrained.automata.anchors import without_anchors
from rnngen_constrained.automata.byte_dfa import compiled
from rnngen_constrained.automata.pattern import parse
from rnngen_constrained.derivatives.as_term import as_term
from rnngen_constrained.derivatives.endings import Endings
from rnngen_constrained.derivatives.horizon import cut
from rnngen_constrained.derivatives.space import Space
from rnngen_constrained.errors import EmptyLanguage, Hostile, Unspellable, Unsupported
from rnngen_constrained.kinds.regex import Regex
from rnngen_constrained.machines.bind import bind_bytes
from rnngen_constrained.machines.derivative import DerivativeMachine

LOOKING = [
    r"(?=a)b|a.*",
    r"(?:(?!ab).)*c",
    r"\bab\b.*|a+",
    r"a(?<=a)b",
    r"(?<!a)b+",
    r"(a|b)*(?<=ab)c?",
    r"^a$",
    r"a$\n?",
    r"(?m)^a$\n^b$",
    r"(?!.*aa)[ab]*",
    r"[ab]{2,4}(?=c)c",
    r"\Ba\b|b",
    r"(?=.*a)(?=.*b).{2,3}",
    r"(a(?=b)|b(?!b))*",
    r"(?:a\b|b\B)+ ?a*",
    r"(?<=^a)b|ab",
    r"(?:(?=a)a|b(?!a))*",
    r"(ab?){1,3}(?<!bb)",
    r"(?<=\n)a|\na",
    r"(?:\b|a)+b",
    r"(?=(?<=a)b)b|a(?=(?<=a)b)b",
    r"(?i)\bA(?=B)b",
    r"(?=\w*é)[aé]+\b",
]


def texts(alphabet: str, longest: int) -> Iterator[str]:
    for length in range(longest + 1):
        yield from map("".join, itertools.product(alphabet, repeat=length))


@pytest.mark.parametrize("pattern", LOOKING)
def test_look_around_means_what_re_means(pattern: str) -> None:
    space = Space()
    term = as_term(space, parse(pattern, "x", looks=True))
    meant = re.compile(pattern)
    for text in texts("ab c\n" if "é" not in pattern else "aéc", 5):
        after = term
        for byte in text.encode():
            after = space.after(after, byte)
        assert space.ends(after) == (meant.fullmatch(text) is not None), text


@st.composite
def patterns(draw: st.DrawFn, depth: int = 3) -> str:
    """Patterns with groups, counters and look-around of all kinds."""
    if not depth:
        return draw(st.sampled_from(["a", "b", "[ab]", ".", "c?", r"\b", "^", "$"]))
    one, two = draw(patterns(depth - 1)), draw(patterns(depth - 1))
    counts = draw(st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}"]))
    looking = st.sampled_from([f"(?={one})", f"(?!{one})", f"(?<={'ab'[:depth]})", "(?<!b)"])
    shapes = [one + two, f"(?:{one}|{two})", f"(?:{one}){counts}", draw(looking) + two]
    return draw(st.sampled_from(shapes))


@settings(max_examples=50, deadline=None)
@given(patterns())
def test_any_pattern_means_what_re_means(pattern: str) -> None:
    space = Space()
    term = as_term(space, parse(pattern, "x", looks=True))
    endings = Endings(space)
    meant = re.compile(pattern)
    found = [text for text in texts("abc", 4) if meant.fullmatch(text)]
    for text in texts("abc", 4):
        after = term
        for byte in text.encode():
            after = space.after(after, byte)
        assert space.ends(after) == (text in found), text
    # What is found to be shortest matches, and nothing that matches is shorter.
    if found:
        assert endings.fewest(term) <= len(min(found, key=len))
        shortest = endings.shortest(term).decode("utf-8")
        assert meant.fullmatch(shortest), shortest


TABLES = [
    "a{2,5}",
    "(ab|c){1,3}",
    "[a-c]*0",
    "a*b{3}c?",
    "(a|bc)*0{2}",
    ".{3,6}",
    "é?a+",
    "(abc|ab|b0)+",
    "a{3}(b{2}c){0,2}",
    "[^a]{2,}",
    "(?:abc|acb|bca|cab|b0|c0){1,2}",
]


@st.composite
def vocabularies(draw: st.DrawFn) -> Vocabulary:
    """Tokens of one to four characters, and all single ones."""
    single = draw(st.sampled_from(["abc0", "abc0é", "ab0"]))
    longer = draw(st.sets(st.text("abc0é", min_size=2, max_size=4), max_size=9))
    kept = {token for token in longer if set(token) <= set(single)}
    tokens = [b"", *sorted(token.encode() for token in {*single, *kept})]
    return Vocabulary(tokens, [repr(token) for token in tokens], 0)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TABLES), vocabularies(), st.randoms(use_true_random=False))
def test_masks_and_budgets_are_those_of_the_table(pattern, vocabulary, random) -> None:
    tree = parse(pattern, "x")
    try:
        table = bind_bytes("x", compiled(without_anchors(tree)), vocabulary)
    except EmptyLanguage:
        with pytest.raises(EmptyLanguage):
            DerivativeMachine("x", tree, vocabulary)
        return
    made = DerivativeMachine("x", tree, vocabulary)
    todo = [(table.start(1), made.start(), 0)]
    for _ in range(25):
        if not todo:
            break
        row, state, depth = todo.pop(random.randrange(len(todo)))
        assert made.needed(state) == int(table.needed(row)[0])
        for left in (None, 0, 1, 2, 3, 5, 20):
            limit = None if left is None else torch.tensor([left])
            expected = np.flatnonzero(table.allowed(row, limit)[0].numpy()).tolist()
            assert sorted(made.allowed(state, left)) == expected, left
        for step in made.allowed(state, None):
            if step != vocabulary.end and depth < 5:
                after = table.advance(row, torch.tensor([int(step)]))
                todo.append((after, made.advance(state, int(step)), depth + 1))


@pytest.mark.parametrize(
    "pattern", [r"(?=.{4,6}$)(ab|ba|c)+", r"\bab\b ?c*", r"(?!aa)a?.{2}(?<=b)"]
)
def test_a_budget_of_exactly_what_is_needed_is_enough_and_one_less_is_not(pattern: str) -> None:
    tokens = [b"", b"a", b"b", b"c", b" ", b"ab", b"ba", b"cc", b"abc"]
    machine = DerivativeMachine(
        "x", parse(pattern, "x", looks=True), Vocabulary(tokens, list(map(repr, tokens)), 0)
    )
    written = {
        count: {b"".join(way) for way in itertools.product(tokens[1:], repeat=count)}
        for count in range(5)
    }
    fewest = min(n for n in written if any(re.fullmatch(pattern, t.decode()) for t in written[n]))
    assert machine.needed(machine.start()) == fewest
    assert len(machine.allowed(machine.start(), fewest))
    assert not len(machine.allowed(machine.start(), fewest - 1))


def test_what_is_forgotten_is_made_again() -> None:
    vocabulary = Vocabulary([b"", b"a", b"b", b"ab"], ["end", "a", "b", "ab"], 0)
    machine = DerivativeMachine("x", parse("(?:a{3,90}b?){5,90}", "x"), vocabulary)
    state = machine.start()
    for count in range(40):
        if count % 7 == 3:
            machine._forget()
        before = set(machine.allowed(state, None)), set(machine.allowed(state, 300))
        machine._forget()
        assert before == (set(machine.allowed(state, None)), set(machine.allowed(state, 300)))
        state = machine.advance(state, 1)
    assert machine.needed(state) == machine.needed(state)


def test_counters_far_from_their_bounds_share_a_mask() -> None:
    space = Space()
    terms = [as_term(space, parse(f"[a-z]{{{n},{n + 900}}}x", "x")) for n in (100, 200, 300)]
    assert len({cut(space, term, 14) for term in terms}) == 1
    near = as_term(space, parse("[a-z]{3,900}x", "x"))
    assert cut(space, near, 14) not in {cut(space, term, 14) for term in terms}


def test_an_impossible_look_around_is_an_empty_language() -> None:
    vocabulary = Vocabulary([b"", b"a", b"b"], ["end", "a", "b"], 0)
    with pytest.raises(EmptyLanguage, match="nothing satisfies"):
        Regex("(?=b)a").bind(vocabulary)
    with pytest.raises(Unspellable, match="never seen the character `x`"):
        Regex(r"\bax").bind(vocabulary)


def test_a_search_without_end_is_refused() -> None:
    space = Space()
    parts = "".join(f"(?=(?:.{{{n}}})*a$)" for n in (7, 11, 13, 17))
    term = as_term(space, parse(parts + "b+a", "x", looks=True))
    with pytest.raises(Hostile, match="no end was found"):
        Endings(space, most=500).fewest(term)


def test_look_around_inside_a_look_behind_is_refused_by_name() -> None:
    with pytest.raises(Unsupported, match="a look-around in a look-behind"):
        as_term(Space(), parse(r"(?<=a\b)b", "x", looks=True))


def test_an_end_that_is_not_allowed_is_explained() -> None:
    vocabulary = Vocabulary([b"", b"a", b"b"], ["end", "a", "b"], 0)
    machine = DerivativeMachine("regex=x", parse(r"(?=..b)[ab]{3}", "x", looks=True), vocabulary)
    reason = machine.explain(machine.start(), 0, 9)
    assert reason.kind == "rule"
    assert "does not allow an end" in reason.text
    assert re.fullmatch("..b", "".join(vocabulary.names[step] for step in reason.ending))
    assert machine.explain(machine.start(), 1, 2).kind == "length"
    assert machine.needed_after(machine.start()).tolist() == [INFINITE, 2, 2]
