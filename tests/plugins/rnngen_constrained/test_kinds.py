"""Word lists, must-include, must-not-include, lengths and numbers, against plain Python."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen_constrained.errors import (
    BadSyntax,
    ConstraintError,
    EmptyLanguage,
    Hostile,
    Unspellable,
)
from rnngen_constrained.kinds.includes import MustInclude, MustNotInclude
from rnngen_constrained.kinds.length import Length
from rnngen_constrained.kinds.number import Number
from rnngen_constrained.kinds.prose import Prose
from rnngen_constrained.kinds.word_list import Dawg, is_word_character
from rnngen_constrained.kinds.words import Words
from tests.plugins.rnngen_constrained.vocabularies import (
    accepts,
    all_bytes,
    characters,
    machine_of,
    of,
    sequences,
    subwords,
    text_of,
    walk,
)

texts = st.lists(st.text("abé", min_size=1, max_size=3), min_size=1, max_size=3)
SMALL = characters("abé")
ALL = list(sequences(SMALL, 4))


def spelt(text):
    return [SMALL.tokens.index(char.encode()) for char in text]


@settings(max_examples=40, deadline=None)
@given(texts)
def test_must_include_accepts_exactly_the_texts_that_have_all(wanted):
    machine = MustInclude(wanted).bind(SMALL)
    for steps in ALL:
        text = text_of(SMALL, steps)
        assert accepts(machine, steps) == all(part in text for part in wanted)


@settings(max_examples=40, deadline=None)
@given(texts)
def test_must_not_include_accepts_exactly_the_texts_that_have_none(unwanted):
    machine = MustNotInclude(unwanted).bind(SMALL)
    for steps in ALL:
        text = text_of(SMALL, steps)
        assert accepts(machine, steps) == (not any(part in text for part in unwanted))


@pytest.mark.parametrize("vocabulary", [all_bytes(), subwords()], ids=["bytes", "subwords"])
def test_includes_hold_whatever_the_tokens_are(vocabulary):
    wanted, unwanted = MustInclude(["ab", "日", "bab"]), MustNotInclude(["a", "é"])
    for seed in range(20):
        text = text_of(vocabulary, walk(wanted.bind(vocabulary), random.Random(seed), 30))
        assert "ab" in text
        assert "日" in text
        assert "bab" in text
        text = text_of(vocabulary, walk(unwanted.bind(vocabulary), random.Random(seed), 12))
        assert "a" not in text
        assert "é" not in text


def test_too_many_texts_to_include_are_refused():
    with pytest.raises(Hostile, match="must_include"):
        MustInclude([f"{number}x" for number in range(20)]).bind(all_bytes())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 6), st.integers(0, 6), st.sampled_from(["both", "least", "most", "exact"]))
def test_lengths_are_counted_in_characters(one, other, form):
    least, most = min(one, other), max(one, other)
    text = {
        "both": f"{least}..{most}",
        "least": f"{least}..",
        "most": f"..{most}",
        "exact": f"{least}",
    }
    if form == "least":
        most = 99
    if form == "most":
        least = 0
    if form == "exact":
        most = least
    machine = Length(text[form]).bind(SMALL)
    for steps in sequences(SMALL, 4):
        assert accepts(machine, steps) == (least <= len(steps) <= most)
    vocabulary = subwords()
    written = text_of(vocabulary, walk(Length(text[form]).bind(vocabulary), random.Random(1), 9))
    assert least <= len(written) <= most


def test_the_length_of_what_is_no_text_is_in_steps():
    events = of([b"", b"", b""])
    machine = Length("2..3").bind(events)
    assert [len(steps) for steps in sequences(events, 4) if accepts(machine, steps)] == [2] * 9 + [
        3
    ] * 27


@settings(max_examples=80, deadline=None)
@given(st.integers(-130, 130), st.integers(0, 200), st.integers(0, 2))
def test_numbers_are_exactly_those_of_the_range(least, span, places):
    most = least + span
    scale = 10**places
    shown = [f"{value / scale:.{places}f}" for value in (least, most)]
    pattern = Number("..".join(shown)).pattern
    for value in range(least - 30, most + 31):
        text = f"{value / scale:.{places}f}".replace("-0.00", "0.00").replace("-0.0", "-0.0")
        if value == 0:
            text = text.removeprefix("-")
        assert bool(re.fullmatch(pattern, text)) == (least <= value <= most), text
    for bad in ("007", "-0", "1e1", "", "."):
        assert not re.fullmatch(pattern, bad)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: Number("12"), BadSyntax),
        (lambda: Number("9..1"), EmptyLanguage),
        (lambda: Length("x"), BadSyntax),
        (lambda: Length("5..2"), EmptyLanguage),
        (lambda: Length("..99999999"), Hostile),
        (lambda: Words(["two words"]), BadSyntax),
        (lambda: Words(["./nowhere.txt"]), BadSyntax),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_hint(make, error):
    with pytest.raises(error) as caught:
        make()
    assert isinstance(caught.value, ConstraintError)


words = st.lists(st.text("abé'", min_size=1, max_size=4), min_size=1, max_size=6)


@settings(max_examples=100, deadline=None)
@given(words)
def test_a_minimal_automaton_has_the_words_and_no_others(listed):
    dawg = Dawg(listed)

    def language(node, beginning=""):
        if dawg.ends[node]:
            yield beginning
        for character, child in dawg.children[node].items():
            yield from language(child, beginning + character)

    assert sorted(language(0)) == sorted(set(listed))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("abé", min_size=1, max_size=3), min_size=1, max_size=5))
def test_every_word_of_a_text_is_in_the_list(listed):
    vocabulary = characters("abé ,")
    machine = Words(listed).bind(vocabulary)
    for steps in sequences(vocabulary, 3):
        text = text_of(vocabulary, steps)
        assert accepts(machine, steps) == (set(re.findall(r"[^ ,]+", text)) <= set(listed))


def test_apostrophes_belong_to_words_and_close_quotations():
    vocabulary = characters("don't sah ")
    machine = Words(["don't", "san", "had"]).bind(vocabulary)

    def accepted(text):
        return accepts(machine, [vocabulary.tokens.index(char.encode()) for char in text])

    assert accepted("don't san")
    assert accepted("'san' 'don't'")
    assert accepted("san'")
    assert not accepted("don")
    assert not accepted("don' t")
    assert not accepted("san't")


def test_words_come_from_a_file(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("moon\nriver\n", "utf-8")
    assert Words([str(path)]).words == ["moon", "river"]


LISTED = ["the", "moon", "a", "river's", "sings", "été", "I"]


@pytest.mark.parametrize("kind", ["characters", "bytes", "subwords"])
def test_prose_has_known_words_and_balanced_pairs_and_ends_with_a_sentence(kind):
    vocabulary = {
        "characters": characters("themonariv'sgIé .,!?()[]\"“”\n"),
        "bytes": all_bytes(),
        "subwords": subwords(b" the", b". ", b" moon", b"s.", b') "', "été".encode(), b'."'),
    }[kind]
    machine = machine_of(Prose(LISTED).bind(vocabulary))
    least = int(machine.needed(machine.start(1))[0])
    assert least == 2
    seen = set()
    for seed in range(60):
        left = least + seed % 30
        text = text_of(vocabulary, walk(machine, random.Random(seed), left))
        for word in "".join(char if is_word_character(char) else " " for char in text).split():
            assert word.strip("'") in ["", *LISTED], text
        stack = []
        for char in text:
            if char in "([{“«":
                stack.append({"(": ")", "[": "]", "{": "}", "“": "”", "«": "»"}[char])
            elif char in ")]}”»":
                assert stack.pop() == char
            elif char == '"':
                stack.pop() if stack[-1:] == ['"'] else stack.append('"')
        assert not stack
        assert re.search(r"\w[\s\S]*[.!?…][\s)\]}”»\"']*$", text)
        seen.add(text)
    assert len(seen) > 30


def test_prose_without_words_is_balanced_sentences():
    vocabulary = characters("ab. ()")
    machine = Prose().bind(vocabulary)
    good = [
        text_of(vocabulary, steps) for steps in sequences(vocabulary, 3) if accepts(machine, steps)
    ]
    assert sorted(good) == sorted(
        text
        for text in (text_of(vocabulary, steps) for steps in sequences(vocabulary, 3))
        if re.fullmatch(r"[ .]*(\(?)[ .]*[ab].*\. *|[ .()]*[ab].*\.[ .)]*", text)
        and re.search(r"[ab]", text)
        and re.search(r"\.[ .()]*$", text)
        and _balanced(text)
    )


def _balanced(text):
    depth = 0
    for char in text:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth < 0:
            return False
    return depth == 0


def test_prose_of_a_model_without_full_stops_says_so():
    with pytest.raises((Unspellable, EmptyLanguage)):
        Prose(["ab"]).bind(characters("ab "))
