"""What regular expressions mean: Python's `re` decides, text by text; ECMA's by a table of its own.

The texts are all those of up to three characters from an alphabet that flavours disagree on:
letters with several cases, digits beyond ASCII, doubtful blanks, line ends.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from functools import cache
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen_constrained.automata.anchors import without_anchors
from rnngen_constrained.automata.byte_dfa import ByteDFA, compiled
from rnngen_constrained.automata.escapes import with_property
from rnngen_constrained.automata.expression import Chars
from rnngen_constrained.automata.pattern import parse
from rnngen_constrained.errors import BadSyntax, Hostile, Unsupported
from rnngen_constrained.grammar.lark_text import WHOLE, read_grammar
from rnngen_constrained.grammar.machine import GrammarMachine
from rnngen_constrained.json_schema.search import found, search_expression
from rnngen_constrained.kinds.regex import Regex
from tests.plugins.rnngen_constrained.vocabularies import characters, language

LETTERS = "aAkK\u212asſiıİßẞé1٣_ \n\r\u2028\ufeff\x1c-\\😀"
CORE = "aKı1٣\né\u212a😀"
TABLE = [
    *["", "a", "é", "😀", "٣", "a|1", "a|"],
    *["|a", "||", "(|a)(|1)", "()", "(?:)a", "a(|)1", "a||1"],
    *[".", "..", ".*", "[^a]", "[^\\n]", "(?s).", "(?s:.)", "(?s).a(?-s:.)", ".(?s:.)"],
    *[r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"[\d]", r"[\D]", r"[\w-]", r"[^\w]", r"[^\W\d]"],
    *[r"[^\s\S]|a", r"[\s\S]", r"[\d\D]{2}", r"\d+", r"\w*", r"\W\w", r"\s*a", r"[\w.-]+"],
    *[r"(?a)\d", r"(?a)\w", r"(?a)\W", r"(?a)\s", r"(?a:\w)\w", r"(?u:\w)", r"(?a:\d(?u:\d))"],
    *["(?i)k", "(?i)K", "(?i)\u212a", "(?i)s", "(?i)ſ"],
    *["(?i)i", "(?i)ı", "(?i)İ", "(?i)ß", "(?i)ẞ"],
    *["(?i)é", "(?i)[a-k]", "(?i)[^k]", "(?i)[^a-z]", "(?i:k)k", "(?i)k(?-i:k)", r"(?i)[\W]"],
    *["(?i)[j-l1]", r"(?i)\x6b", r"(?i)[\u212a]", "(?i)😀"],
    *["(?ai)k", "(?ai)s", "(?ai)é", "(?ia:[k])"],
    *["(?i)[\\w]", "(?i)[^\\d]", "(?i)[A-_]", "(?i)[!-~]", "(?i)[\x80-\uffff]", "(?i)aK|ı"],
    *["^a", "a$", "^a$", r"\Aa\Z", "^", "$"],
    *["^$", r"\A\Z", "a$\n", "a$\n?", r"a\Z\n?", "$\n", "^\n$"],
    *["a^1", "a$1", "(^a|1)+", "(a$|1)+", "(?:^)a", "(^)*a", "(?:a|$)*", "a(?:$|1)"],
    *["(?m)^a$", "(?m)a$\n^1", "(?m)^$", "(?m)(^a\n?)+"],
    *["(?m)a\n^", "(?m)$\n", "(?m)a$.", "(?m).^"],
    *[r"(?m)\Aa$\n\Z", r"(?m)a\n^$", "(?m:^)a|\n(?m:^)a"],
    *["(?m:$)\n$", "(?m:$)\n\\Z", "$\n$", "(?s)a$."],
    *["a*", "a+", "a?", "a{2}", "a{1,2}", "a{,2}", "a{2,}", "a{,}", "a{0}", "a{0,0}1", "a{0}1"],
    *["a*?", "a+?", "a??", "a{1,2}?", "(a*)*"],
    *["(a+)+", "(a|b*)*", "(a?){3}", "(?:a|é){2,3}", "(a{1,2}){2}"],
    *["a{", "a{}", "a{1", "a{,", "a{x}", "a{1,x}"],
    *["{", "}", "]", "a{٣}", "{1}"[1:], "a{-1}", "a{ 1}"],
    *["[]a]", "[^]a]", "[a-]", "[-a]", "[a\\-1]"],
    *["[]-a]", "[\\]a]", "[[]", "[a^]", "[.]", "[$^]{1}"],
    *["[1-٣]", "[a-é]", "[\\x00-\\uffff]", "[é-😀]"],
    *["[^é-😀]", "[\\n]", "[\\b]|a", "[\\\\]", "[|]|a"],
    *[r"\x61", r"\u00e9", r"\U0001f600", r"\141"],
    *[r"\061", r"\0|a", r"\01|a", r"[\1]|a", r"[\141]"],
    *[r"\N{DIGIT ONE}", r"[\N{LATIN SMALL LETTER A}-k]", r"\n", r"\t|a"],
    *[r"\r", r"\f|a", r"\v|a", r"\a|a"],
    *[r"\\", r"\.|a", r"\-", r"\ ", r"\é"],
    *[r"\_", r"\|", r"[\-\ ]", r"(?x) a \  1", "(?x)a # c\n 1"],
    *["(?x)[a ]", "(?x: a 1 ) ", "(?x)a (?-x: ) 1"],
    *["(?x) a {2}", "a(?#c)*", "(?#c)a", "a(?#c)(?#d){2}"],
    *["(?P<n>a)1", "(?P<n>a|1)(?P<m>k)", "(a)(1)", "((a)|(1))+", "(?i:(?P<x>k))", "(?si).K"],
    *["a{2}+", "a{1}+1", "(?>a)1", "(?>a1)k", "(?:a|1)", "(?:(?:a))", "(?i)(?s)k.", "(?#c)(?i)k"],
    *["\ufeff", r"\ufeff|\x1c", r"[^\ufeff]", r"\s\S"],
    *[r"[\x1c-\x1f]", "a\r?\n", "\u2028", ".\u2028"],
]  # fmt: skip


@cache
def texts(alphabet: str, longest: int = 3) -> list[str]:
    return ["".join(one) for n in range(longest + 1) for one in product(alphabet, repeat=n)]


def matched(pattern: str, alphabet: str) -> set[str]:
    """By `re`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expression = re.compile(pattern)
    return {text for text in texts(alphabet) if expression.fullmatch(text)}


def accepted(dfa: ByteDFA, alphabet: str, longest: int = 3) -> set[str]:
    """By walking the automaton."""
    spelled = [(char, char.encode()) for char in alphabet]
    table, classes, found = dfa.next.tolist(), dfa.classes.tolist(), set()
    todo = [("", 0)]
    while todo:
        text, state = todo.pop()
        if dfa.accepting[state]:
            found.add(text)
        for char, spelt in spelled if len(text) < longest else ():
            after = state
            for byte in spelt:
                after = table[after][classes[byte]] if after >= 0 else -1
            if after >= 0:
                todo.append((text + char, after))
    return found


def ours(pattern: str) -> ByteDFA:
    return compiled(without_anchors(parse(pattern, "here")))


@pytest.mark.parametrize("pattern", TABLE)
def test_an_expression_has_exactly_the_texts_of_re(pattern):
    alphabet = "".join(dict.fromkeys(CORE + "".join(c for c in LETTERS if c in pattern)))[:12]
    dfa = ours(pattern)
    assert accepted(dfa, alphabet) == matched(pattern, alphabet)
    singles = {text for text in texts(LETTERS, 1) if re.fullmatch(pattern, text)}
    assert accepted(dfa, LETTERS, 1) == singles


ATOMS = st.sampled_from(
    [
        *["a", "K", "ı", "\n", ".", "^", "$"],
        *[r"\A", r"\Z", "", r"\d", r"\D", r"\w", r"\W", r"\s"],
        *["[^a]", "[a-k]", r"[^\W1]", r"[\s\d]", "[é-😀]", "(?#c)", r"\x61", r"[\n-K]"],
    ]
)
GROUPS = ["(", "(?:", "(?i:", "(?s:", "(?m:", "(?a:", "(?P<n>", "(?-i:", "(?im:", "(?x: "]
SIGNS = ["*", "+", "?", "{2}", "{1,2}", "{,2}", "{1,}", "*?", "+?", "??", "{0,2}?"]
PATTERNS = st.recursive(
    ATOMS,
    lambda part: st.one_of(
        st.tuples(part, part).map("".join),
        st.tuples(part, part).map("|".join),
        st.tuples(st.sampled_from(GROUPS), part).map(lambda p: f"{p[0]}{p[1]})"),
        st.tuples(part, st.sampled_from(SIGNS)).map(lambda p: f"(?:{p[0]}){p[1]}"),
    ),
    max_leaves=7,
)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(["", "(?i)", "(?m)", "(?s)", "(?ia)"]), PATTERNS)
def test_random_expressions_have_exactly_the_texts_of_re(flags, pattern):
    alphabet = "aKı1\n\u212aé"
    try:
        dfa = ours(flags + pattern)
    except BadSyntax:  # a name twice
        with pytest.raises(re.error):
            re.compile(flags + pattern)
        return
    assert accepted(dfa, alphabet) == matched(flags + pattern, alphabet)


@pytest.mark.parametrize("sign", [r"\d", r"\w", r"\s", r"\D"])
def test_a_class_has_the_characters_that_re_finds_in_all_of_unicode(sign):
    every = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    made = parse(sign, "here")
    assert isinstance(made, Chars)
    assert list(made.set) == re.findall(f"(?s){sign}", every)


def test_every_letter_with_cases_has_the_cases_that_re_finds():
    every = (chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    cased = "".join(c for c in every if c.lower() != c or c.upper() != c or c.casefold() != c)
    for char in cased[::7] + "kKsſiıİµßẞΐΐﬅﬆιǅ":
        made = parse(char, "here", flags="i")
        assert isinstance(made, Chars)
        assert set(made.set) == {char, *re.findall(f"(?i:{char})", cased)}, char


ECMA = [
    # pattern, texts in which it is found, texts in which it is not
    (r"^\d$", "1", "٣a"),
    (r"^\D$", "a٣é", "1"),
    (r"^\w$", "aA_1", "é٣ı\u212a-"),
    (r"^\W$", "é٣-\n", "a_1"),
    (r"^\s$", " \t\n\r\v\f\xa0\u2003\u2028\ufeff", "a\x1c\x85\u200b"),
    (r"^\S$", "a\x1c\x85", "\ufeff \u2029"),
    (r"^[\s]$", "\ufeff\u3000", "\x1d"),
    (r"^[^\S]$", "\ufeff", "a"),
    (r"^.$", "aé\x85\v", "\n\r\u2028\u2029"),
    (r"^(?s:.)$", "\n\u2028a", ""),
    ("a$", ["a", "ba", "\na"], ["a\n", "ab"]),
    ("^a", ["a", "ab", "a\n"], ["ba", "\na"]),
    ("a", ["a", "bab", "\na\n"], ["", "b"]),
    ("", ["", "a", "\n"], []),
    ("^a|b$", ["a", "ax", "xb"], ["xa", "bx"]),
    ("(^a|b)c", ["ac", "acx", "xbc"], ["xac"]),
    ("^(a|b$)$", ["a", "b"], ["ab", "b\n"]),
    ("(?:^|x)a(?:$|x)", ["a", "xax", "yxa"], ["ya", "ay", "xay"]),
    ("^$", [""], ["\n", "a"]),
    (r"^\cJ\x41\u0042\u{43}$", ["\nABC"], ["JABC"]),
    (r"^\uD83D\uDE00$", "😀", "a"),
    (r"^[\u{1F600}-\u{1F64F}]$", "😀🙏", "a"),
    (r"^[^]$", "a\n😀", ""),
    (r"^[]$|^a$", "a", "b"),
    (r"^\/\.\-$", ["/.-"], ["/a-"]),
    (r"^\p{L}$", "aéßж", "1_ "),
    (r"^\p{Lu}\P{Lu}$", ["Aa", "Éé", "A1"], ["aA", "AA"]),
    (r"^[\p{Nd}x]$", "1٣x", "ax"[:1] + "²"),
    (r"^\p{gc=Decimal_Number}$", "1٣", "²"),
    (r"^\p{Script}", None, None),
    (r"^(?<year>\d{4})$", ["2026"], ["٢٠٢٦", "26"]),
    (r"^\0$", "\0", "0"),
    (r"^[\b]$", "\b", "b"),
    (r"^a{2,}?$", ["aa", "aaa"], ["a"]),
    (r"^\x1c$", "\x1c", " "),
]


@pytest.mark.parametrize(("pattern", "good", "wrong"), ECMA, ids=[one[0] for one in ECMA])
def test_a_pattern_of_a_schema_means_what_ecma_says(pattern, good, wrong):
    if good is None:
        with pytest.raises(Unsupported, match="the property `Script` is not supported at 1: "):
            search_expression(pattern, "here")
        return
    dfa = compiled(search_expression(pattern, "here"))
    alphabet = "".join(dict.fromkeys("".join([*good, *wrong])))
    texts_of_it = accepted(dfa, alphabet, 4)
    for text in good:
        assert text in texts_of_it, text
        assert found(pattern, text), text
    for text in wrong:
        assert text not in texts_of_it, text
        assert not found(pattern, text), text


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "^", "$", "|", "(?:a|^)", "[ab]", "a*", "(b|$)"])))
def test_a_pattern_is_found_where_re_finds_it(parts):
    pattern = "".join(parts)
    dfa = compiled(search_expression(pattern, "here"))
    expected = {text for text in texts("abc", 4) if re.search(pattern, text)}
    assert accepted(dfa, "abc", 4) == expected
    assert {text for text in texts("abc", 4) if found(pattern, text)} == expected


@pytest.mark.parametrize("name", ["L", "Lu", "Nd", "P", "Sc", "Zs", "Cc"])
def test_a_property_has_the_characters_of_its_category(name):
    chars = with_property(name)
    for code in range(0, 0x3000, 3):
        assert (chr(code) in chars) == unicodedata.category(chr(code)).startswith(name)


REFUSED = [
    ("abc(?=a)d", "look-ahead is not supported at 3: ...(?=a)...", "`ab` for `a(?=b)b`"),
    ("(?!a[)]b)c", "look-ahead is not supported at 0: (?!a[)]b)...", "write what follows"),
    ("(?<=a)b", "look-behind is not supported at 0: (?<=a)...", "write what stands before"),
    ("a(?<!x)", "look-behind is not supported at 1: ...(?<!x)", "write what stands before"),
    (r"(a)\1", r"a back reference is not supported at 3: ...\1", "write the cases out"),
    (r"(a)\1(?#x)1", r"a back reference is not supported at 3: ...\1...", "write the cases out"),
    ("(?P<n>a)(?P=n)", "a back reference is not supported at 8: ...(?P=n)", "write the cases out"),
    ("(a)?(?(1)b|c)", "a condition is not supported at 4: ...(?(1)b|c)", "write both cases out"),
    (r"a\b", r"a word boundary is not supported at 1: ...\b", "write what stands there"),
    (r"\Ba", r"a word boundary is not supported at 0: \B...", "write what stands there"),
    ("a*+a", "a possessive repetition is not supported at 1: ...*...", "leave out the second sign"),
    ("(?>a|ab)c", "an atomic group is not supported at 0: (?>a|ab)...", "`(?:...)` gives back"),
    (r"\ud800", r"half of a character (a surrogate) is not supported at 0: \u...", None),
]


@pytest.mark.parametrize(("pattern", "said", "hint"), REFUSED)
def test_what_is_not_supported_is_named_with_position_and_replacement(pattern, said, hint):
    with pytest.raises(Unsupported) as caught:
        parse(pattern, "regex")
    assert caught.value.message == f"regex: {said}"
    assert hint is None or hint in caught.value.hint
    assert re.compile(pattern)  # `re` has it


WRONG = [
    *["a(b", "[a", "*a", "a{3,1}", r"\q", "a)", "a**", "[z-a]", r"[\d-z]", "(?<n>a)", "(?P<1>a)"],
    *["a(?i)b", r"\x6", r"\N{NO SUCH}", "(?P<n>a)(?P<n>b)", "a\\", "(?z)", "(?", r"\777", "é(é"],
]


@pytest.mark.parametrize("pattern", WRONG)
def test_wrong_syntax_is_told_in_the_words_of_re_and_at_its_position(pattern):
    with pytest.raises(re.error) as theirs:
        re.compile(pattern)
    with pytest.raises(BadSyntax) as caught:
        parse(pattern, "regex")
    start = f"regex: {theirs.value.msg} at {theirs.value.pos}: "
    assert caught.value.message.startswith(start)
    assert len(caught.value.message) > len(start)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(", "missing ), unterminated subpattern at 0: ("),
        ("a)", "unbalanced parenthesis at 1: ...)"),
        ("a[b", "unterminated character set at 1: ...[b"),
        ("+a", "nothing to repeat at 0: +a"),
        ("a**", "multiple repeat at 2: ...*"),
        ("a{2,1}", "min repeat greater than max repeat at 2: ...2,1}"),
        ("[b-a]", "bad character range b-a at 1: ...b-a]"),
        (r"a\Z", r"bad escape \\Z at 1: ...\Z"),
        (r"\u{110000}", r"bad escape \\u at 0: \u{110000}"),
        ("a\\", "bad escape (end of pattern) at 1: ...\\"),
        ("(?<n", "unknown extension ?< at 1: ...?<n"),
    ],
)
def test_wrong_syntax_of_a_schema_is_told_at_its_position(pattern, said):
    with pytest.raises(BadSyntax, match=re.escape(said.replace("\\\\", "\\"))):
        parse(pattern, "here", "ecma")


@pytest.mark.parametrize(
    ("pattern", "what", "at"),
    [
        ("a{,2}", "`{,n}` for ECMA", 1),
        (r"(a)\1", "a back reference", 3),
        (r"(?<n>a)\k<n>", "a back reference", 7),
        ("(?m)a", "the flags `(?m)` in ECMA's notation", 0),
    ],
)
def test_what_a_schema_can_not_have_is_named(pattern, what, at):
    with pytest.raises(Unsupported, match=re.escape(f"here: {what} is not supported at {at}: ")):
        parse(pattern, "here", "ecma")


@pytest.mark.parametrize(
    "pattern",
    [r"\w{1,3000}", r"(\w{1,100}){1,100}", "(" * 300 + "a" + ")" * 300, "(?m)(^a?$\n?){2000}"],
)
def test_what_takes_too_much_is_refused(pattern):
    with pytest.raises(Hostile):
        ours(pattern)


@pytest.mark.parametrize(
    ("pattern", "python", "ecma"),
    [(r"\d", "7٣", "7"), (r"\w", "7٣é_", "7_"), (r"[^\w]", "-", "٣é-")],
)
def test_a_regex_and_a_grammar_agree_and_a_schema_keeps_to_ecma(pattern, python, ecma):
    words = characters("7٣é_-")
    grammar = GrammarMachine(read_grammar(f"start: /{pattern}/", "g"), WHOLE, words, "g")
    regex = Regex(pattern).bind(words)
    assert language(regex, 1) == language(grammar, 1) == set(python)
    schema = GrammarMachine({"t": search_expression(f"^{pattern}$", "s")}, "t", words, "s")
    assert language(schema, 1) == set(ecma)


@pytest.mark.parametrize(("flags", "good", "wrong"), [("i", "kK\u212a", "a"), ("s", "\n", "")])
def test_a_terminal_has_its_flags(flags, good, wrong):
    pattern = "." if flags == "s" else "k"
    words = characters(good + wrong)
    grammar = read_grammar(f"start: /{pattern}/{flags}", "g")
    found_ = language(GrammarMachine(grammar, WHOLE, words, "g"), 1)
    assert found_ == set(good)
