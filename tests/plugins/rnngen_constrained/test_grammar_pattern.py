"""Regular expressions in terminals mean what `re` says, character by character and byte by byte."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen_constrained.automata.charset import Charset
from rnngen_constrained.automata.expression import Expression
from rnngen_constrained.automata.pattern import parse_terminal
from rnngen_constrained.errors import BadSyntax, EmptyLanguage, Hostile, Unsupported
from rnngen_constrained.grammar.machine import GrammarMachine
from tests.plugins.rnngen_constrained.grammars import characters, vocabulary

# Patterns of grammars mean what `re` means without flags: `\d` has all digits of Unicode.
LETTERS = "aB1_ \né٣€"
BYTES = vocabulary(bytes([byte]) for byte in range(256))
PATTERNS = [
    r"a|B1|",
    r"[^a-z]{1,2}",
    r"\d\D|\w\W|\s\S",
    r"[^\d\s]+_",
    r"(?i:b[a-c])[\w-]*",
    r"(?i:[^b])",
    r"(?s:.)(?:.)",
    "(?x: a  B # no\n | \\  )",
    r"(?P<name>a)(?#what)(?:1|_)",
    r"a(?#c)*|B(?#c)(?#d){2}",
    "(?x: a # c\n * )(?#d)?1",
    r"[\1-\141]|\102\061|(a)[\12]",
    r"a{,}B{,1}",
    r"\x61\u00e9|\N{EURO SIGN}\U000020ac",
    r"[]a]+|[a\]é-]",
    r"a{2}|B{,1}1{1,}",
    r"(?a:\w+|\d)",
    r"(a|aB)(B1|1)",
    r"[\n\t ]*é",
    r"(?:a{1,2}){2}",
    r"(?i:[^_b])1?|(?i:É)",
    r"(?ai:\w)|(?i:[a-b])+",
    r"(?>a1)B|_{2}+",
]


def accepted(expression: Expression, letters: str, longest: int, by_bytes: bool) -> set[str]:
    """All texts up to a length that a machine of the expression accepts."""
    words = BYTES if by_bytes else characters(letters)
    try:
        machine = GrammarMachine({"all": expression}, "all", words, "pattern")
    except EmptyLanguage:
        return set()
    step = {char: [number] for number, char in enumerate(letters, 1)}
    if by_bytes:
        step = {char: [1 + byte for byte in char.encode()] for char in letters}
    found = set()
    todo = [("", machine.start())]
    while todo:
        text, state = todo.pop()
        if words.end in set(machine.allowed(state, None)):
            found.add(text)
        for char in letters if len(text) < longest else "":
            after = state
            for unit in step[char]:
                if unit not in set(machine.allowed(after, None)):
                    break
                after = machine.advance(after, unit)
            else:
                todo.append((text + char, after))
    return found


def matched(pattern: str, letters: str, longest: int) -> set[str]:
    """The texts that `re` accepts."""
    texts = ("".join(chars) for n in range(longest + 1) for chars in product(letters, repeat=n))
    return {text for text in texts if re.fullmatch(pattern, text)}


@pytest.mark.parametrize("by_bytes", [False, True], ids=["characters", "bytes"])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_matches_what_re_matches(pattern: str, by_bytes: bool) -> None:
    expression = parse_terminal(pattern, "here")
    expected = matched(pattern, LETTERS, 3)
    assert accepted(expression, LETTERS, 3, by_bytes) == expected
    assert expected


@st.composite
def patterns(draw: st.DrawFn) -> str:
    leaf = st.sampled_from(
        [
            *["a", "b", "[ab]", "[^a]", ".", "c", "", "(?#no)", r"\d", r"\W", r"\S", r"\D"],
            *[r"[^\W1]", r"[\s\d]", r"\141", r"[\1-\141]", r"[\x62\u0663]", r"[\n ]"],
        ]
    )
    tree = st.recursive(
        leaf,
        lambda part: st.one_of(
            st.tuples(part, part).map("".join),
            st.lists(part, min_size=2, max_size=3).map(lambda p: f"(?:{'|'.join(p)})"),
            st.tuples(part, st.sampled_from(["", "(?#c)"]), st.sampled_from("*+?")).map(
                lambda p: f"(?:{p[0]}){p[1]}{p[2]}"
            ),
            st.tuples(part, st.sampled_from(["{2}", "{1,2}", "{0,3}", "{2,}"])).map(
                lambda p: f"(?:{p[0]}){p[1]}"
            ),
        ),
        max_leaves=6,
    )
    return draw(tree)


@settings(max_examples=150, deadline=None)
@given(patterns())
def test_random_patterns_match_what_re_matches(pattern: str) -> None:
    letters = "ab\n٣1"
    found = accepted(parse_terminal(pattern, "here"), letters, 3, False)
    assert found == matched(pattern, letters, 3)


@pytest.mark.parametrize("pattern", ["a{٣}", "a{}", "a{", "a{ 2}", "a{1;2}"])
def test_braces_that_are_no_bounds_are_characters(pattern: str) -> None:
    letters = "".join(dict.fromkeys(pattern))
    assert accepted(parse_terminal(pattern, "here"), letters, len(pattern), False) == {pattern}
    assert re.fullmatch(pattern, pattern)


@pytest.mark.parametrize("by_bytes", [False, True], ids=["characters", "bytes"])
@pytest.mark.parametrize(
    ("lazy", "plain"),
    [(r'".*?"', r'"[^"\n]*"'), (r"/\*(.|\n)*?\*/", None), (r'".*?(?<!\\)(\\\\)*?"', None)],
)
def test_lazy_repetition_means_the_shortest_match(lazy: str, plain: str, by_bytes: bool) -> None:
    letters = '"*/é' if plain is None and "*/" in lazy else '"\\é\n'
    found = accepted(parse_terminal(lazy, "here"), letters, 5, by_bytes)
    for text in matched(lazy, letters, 5):
        beginnings = any(re.fullmatch(lazy, text[:end]) for end in range(len(text)))
        assert (text in found) == (not beginnings), text
    assert found
    assert plain is None or found == matched(plain, letters, 5)


@pytest.mark.parametrize(
    ("pattern", "error", "said"),
    [
        ("ab(", BadSyntax, " at 2: "),
        ("a[b", BadSyntax, " at 1: "),
        (r"a(?=b)", Unsupported, r"look-ahead .* at 1: ...\(\?=b\)"),
        (r"(?<!a)b", Unsupported, "look-behind .* at 0: "),
        (r"a\b", Unsupported, r"word boundary .* at 1: ...\\b"),
        (r"(a)\1", Unsupported, r"back reference .* at 3: ...\\1"),
        ("^a", Unsupported, " at 0: "),
        ("a$", Unsupported, " at 1: "),
        ("a*+", Unsupported, "possessive .* at 1: "),
        ("(?>a|ab)", Unsupported, "atomic .* at 0: "),
        ("a{200000}", Hostile, "200000"),
    ],
)
def test_what_is_not_regular_is_refused_with_its_position(
    pattern: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        parse_terminal(pattern, "here")


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=5))
def test_sets_of_characters_are_sets(pairs: list[tuple[int, int]]) -> None:
    one = Charset.of((min(pair), max(pair)) for pair in pairs)
    other = Charset.of([(10, 20), (30, 35)])
    a, b = set(one), set(other)
    assert a == {chr(code) for low, high in map(sorted, pairs) for code in range(low, high + 1)}
    assert (set(one | other), set(one & other), set(one - other)) == (a | b, a & b, a - b)
    assert ~~one == one
    assert all((chr(code) in one) == (chr(code) in a) for code in range(60))
