"""The constraint `regex`, against Python's `re`."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen_constrained.automata.utf8 import byte_ranges
from rnngen_constrained.errors import BadSyntax, EmptyLanguage, Hostile, Unspellable, Unsupported
from rnngen_constrained.kinds.regex import Regex
from tests.plugins.rnngen_constrained.vocabularies import (
    all_bytes,
    characters,
    language,
    machine_of,
    of,
    sequences,
    subwords,
    text_of,
    walk,
)

ALPHABET = "aA1_é٣. \n\1"
ATOMS = [
    *["a", "A", "1", "_", "é", "٣", ".", r"\.", r"\n", "^", "$", r"\A", r"\Z", "(?#no)", "()"],
    *[r"\d", r"\w", r"\s", r"\D", r"\W", r"\S"],
    *["[aA]", "[^a]", "[a-z1]", "[]a]", "[^]a]", "[a-]", "[^A-a]", r"[\d.]", r"[^\W_]", r"[\s\S]"],
    *[r"[^\d\s]", r"[\n-a]", r"[\x61\u00e9]", r"[\b\U000000e9]", r"[\]\-\\a]", "[.]", "[^^]"],
    *[r"\x61", r"\u0061", r"\141", r"\0", r"\01", r"\061", r"[\1]", r"[\12]", r"[\0-\141]"],
]
QUANTIFIERS = ["*", "+", "?", "{2}", "{1,3}", "{,2}", "{2,}", "{,}", "*?", "+?", "??", "{1,2}?"]
patterns = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        st.tuples(
            inner, st.sampled_from(["", "(?#c)", "(?#)(?#*)"]), st.sampled_from(QUANTIFIERS)
        ).map(lambda parts: f"({parts[0]}){parts[1]}{parts[2]}"),
    ),
    max_leaves=6,
)
VOCABULARY = characters(ALPHABET)
ALL = [text_of(VOCABULARY, steps) for steps in sequences(VOCABULARY, 3)]


def matching(pattern: str) -> set[str]:
    """The short texts that `re` says match."""
    compiled = re.compile(pattern)
    return {text for text in ALL if compiled.fullmatch(text)}


def written(pattern: str) -> set[str]:
    """The short texts that our machine accepts."""
    try:
        return language(Regex(pattern).bind(VOCABULARY), 3)
    except EmptyLanguage:
        return set()


@settings(max_examples=300, deadline=None)
@given(patterns)
def test_a_regex_accepts_the_texts_that_pythons_re_accepts(pattern):
    assert written(pattern) == matching(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        *["a(?#c)*", "a(?#c){3}", "a(?#c)(?#d)+", "a(?#c)A(?#d)?(?#e)1", "(?#c)a", "(?:(?#c))*a"],
        *[r"[\1]", r"[\12]a", r"(a)[\1]", r"[\1-\7]", r"\101", r"(a)\101", r"\0611", r"[\0611]"],
        *["a{,}", "[a1]{0}", r"[\s]{1,2}", r"(?P<name>a)1", r"(a|)(A|1)??", r"[^\d\D]|a"],
    ],
)
def test_comments_escapes_and_bounds_are_read_as_re_reads_them(pattern):
    assert written(pattern) == matching(pattern) != set()


@pytest.mark.parametrize("pattern", ["x{٣}", "x{}", "x{", "x{ 2}", "x{2,1 }", "x{,", "x{1;2}"])
def test_braces_that_are_no_bounds_are_characters(pattern):
    machine = Regex(pattern).bind(characters(pattern))
    assert language(machine, len(pattern)) == {pattern}
    assert re.fullmatch(pattern, pattern)


@settings(max_examples=60, deadline=None)
@given(patterns, st.integers(0, 2**32), st.sampled_from(["bytes", "subwords"]))
def test_what_is_written_matches_whatever_the_tokens_are(pattern, seed, kind):
    vocabulary = all_bytes() if kind == "bytes" else subwords(seed=seed % 5)
    try:
        machine = machine_of(Regex(pattern).bind(vocabulary))
    except EmptyLanguage:
        assert not matching(pattern)
        return
    generator = random.Random(seed)
    least = int(machine.needed(machine.start(1))[0])
    for left in (least, least + 1, least + 6):
        steps = walk(machine, generator, left)
        text = text_of(vocabulary, steps)
        assert re.fullmatch(pattern, text)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 0x10FFFF), st.integers(0, 0x10FFFF))
def test_byte_ranges_are_the_utf8_of_their_characters(one, other):
    first, last = min(one, other), max(one, other)
    generator = random.Random(one)
    ranges = list(byte_ranges(first, last))

    def covered(code: int) -> bool:
        spelt = chr(code).encode()
        return any(
            len(sequence) == len(spelt)
            and all(low <= byte <= high for (low, high), byte in zip(sequence, spelt, strict=True))
            for sequence in ranges
        )

    near = [first, last, first - 1, last + 1, *(generator.randint(0, 0x10FFFF) for _ in range(20))]
    for code in near:
        if 0 <= code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF:
            assert covered(code) == (first <= code <= last)


@pytest.mark.parametrize(
    ("pattern", "position"), [("a(b", 1), ("[a", 0), ("*a", 0), ("a{3,1}", 2), (r"\q", 0)]
)
def test_a_broken_regex_names_the_position_and_the_reason(pattern, position):
    with pytest.raises(BadSyntax, match=rf"^regex: \w+.* at {position}: "):
        Regex(pattern)


@pytest.mark.parametrize(
    ("pattern", "what", "position"),
    [
        (r"(a)\1", "back reference", 3),
        (r"(a)\1(?#x)1", "back reference", 3),
        ("(?P<n>a)(?P=n)", "back reference", 8),
        ("a++", "possessive", 1),
        ("(?>a|ab)b", "atomic", 0),
    ],
)
def test_what_is_not_regular_is_refused_with_its_position(pattern, what, position):
    with pytest.raises(Unsupported, match=f"{what}.* at {position}: "):
        Regex(pattern)


@pytest.mark.parametrize("pattern", ["(?:){99999999}", "x" * 200_000])
def test_a_hostile_pattern_is_refused(pattern):
    with pytest.raises(Hostile):
        Regex(pattern)


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("(a|b)*a(a|b){30}", "b" * 5 + "a" + "b" * 30),
        ("((a{1,9}){1,9}){1,9}", "a" * 700),
        ("(.{0,200}){0,400}", "ab" * 150),
        ("(a?){2000}", "a" * 300),
        ("(a?b?c?){3000}", "cba" * 100),
        ("(a{10}){10}", "a" * 100),
        ("(a{2}b){700}", "aab" * 700),
    ],
)
def test_a_pattern_too_large_for_a_table_is_written_by_derivatives(pattern, written):
    vocabulary = characters("abc")
    machine = Regex(pattern).bind(vocabulary)
    steps = [vocabulary.tokens.index(char.encode()) for char in written]
    assert machine.fault(steps) is None


def test_an_empty_language_is_an_error():
    with pytest.raises(EmptyLanguage, match="nothing satisfies"):
        Regex("a^b").bind(characters("ab"))


def test_an_unspellable_language_names_the_missing_characters():
    with pytest.raises(Unspellable, match="never seen the characters `é`, `x`"):
        Regex("aéx").bind(characters("abc"))


def test_a_branch_that_can_not_be_spelt_leaves_the_others():
    machine = Regex("(?:[a-c]é|d)").bind(characters("abcd"))
    assert walk(machine, random.Random(0), 5) == [4]


def test_steps_without_text_are_no_text():
    with pytest.raises(Unspellable, match="is about text"):
        Regex("a").bind(of([b"", b""]))
