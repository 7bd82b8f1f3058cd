"""Lark, GBNF, and the EBNF of ISO and of the W3C: one grammar, one language, told apart."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from rnngen_constrained.errors import BadSyntax, EmptyLanguage
from rnngen_constrained.grammar.machine import GrammarMachine
from rnngen_constrained.grammar.notations import GrammarText, read
from tests.plugins.rnngen_constrained.grammars import characters
from tests.plugins.rnngen_constrained.notations import (
    LETTERS,
    Trees,
    as_ebnf,
    as_gbnf,
    as_lark,
    as_w3c,
    grammars,
    language,
)

LONGEST = 3
WRITERS = {"Lark": as_lark, "GBNF": as_gbnf, "ISO EBNF": as_ebnf, "W3C EBNF": as_w3c}


def accepted(grammar: GrammarText, letters: str, longest: int) -> set[str]:
    """All texts up to a length that the machine of a grammar accepts."""
    words = characters(letters)
    machine = GrammarMachine(grammar.rules, grammar.start, words, "g")
    found = set()
    todo = [("", machine.start())]
    while todo:
        text, state = todo.pop()
        for step in map(int, machine.allowed(state, None)):
            if step == words.end:
                found.add(text)
            elif len(text) < longest:
                todo.append((text + letters[step - 1], machine.advance(state, step)))
    return found


def texts(text: str, letters: str, longest: int = 4, **options: str) -> set[str]:
    return accepted(read(text, "g", **options), letters, longest)  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(grammars())
def test_every_notation_gives_the_language_of_brute_force(trees: Trees) -> None:
    expected = language(trees, "x", LONGEST)
    for notation, writer in WRITERS.items():
        written = writer(trees)
        try:
            grammar = read(written, "g")
        except EmptyLanguage:
            assert not expected, written
            continue
        assert grammar.notation == notation
        assert accepted(grammar, LETTERS, LONGEST) == expected, written


@settings(max_examples=15, deadline=None)
@given(grammars(rules="xy"))
def test_finished_texts_are_checked_by_lark_in_every_notation(trees: Trees) -> None:
    expected = language(trees, "x", 2)
    for writer in (as_gbnf, as_ebnf, as_w3c):
        try:
            grammar = read(writer(trees), "g")
        except EmptyLanguage:
            assert not expected
            continue
        every = ["", *LETTERS, *(a + b for a in LETTERS[:3] for b in LETTERS[:3])]
        for text in every:
            assert (grammar.parser.fault(text) is None) == (text in expected), writer(trees)


LLAMA = r"""
# as llama.cpp writes JSON
root   ::= object
value  ::= object | array | string | number | ("true" | "false" | "null") ws
object ::=
  "{" ws ( string ":" ws value
    ("," ws string ":" ws value)*
  )? "}" ws
array  ::= "[" ws ( value ("," ws value)* )? "]" ws
string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [1-9]{1,15})? ws
ws ::= | " " | "\n" [ \t]{0,20}
"""
STANDARD = """
(* a part of the standard's own grammar (* with a comment within *) *)
letter = "a" | "b" ; decimal digit = "0" | "1" ;
meta identifier = letter, (letter | decimal digit) ;
"""


def test_grammars_as_their_own_documents_write_them_are_read() -> None:
    json = read(LLAMA, "json.gbnf")
    assert json.notation == "GBNF"
    assert accepted(json, '{}"a: ', 4) == {"{}", "{} ", "{ }", "{ } "}
    assert texts(STANDARD, "ab01", start="meta identifier") == {a + b for a in "ab" for b in "ab01"}
    name = "[4] Name ::= Start Char*\n/* x */ Start ::= [a-b] | '_'\nChar ::= Start - '_' | [0#x31]"
    assert texts(name, "ab_01-", 2) == {a + b for a in "ab_" for b in ["", *"ab01"]}
    comment = "c ::= '(' (Char* - (Char* '--' Char*)) ')'\nChar ::= [a#x2D]"
    inside = {"", "a", "-", "aa", "a-", "-a", "aaa", "aa-", "a-a", "-aa", "-a-"}
    assert texts(comment, "(a-)", 5) == {f"({one})" for one in inside}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = {'x'}-;", {"x", "xx", "xxx"}),
        ("a = {['x']}-;", {"x", "xx", "xxx"}),
        ("a = {b}-; b = 'x' | '(', a, ')';", {"x", "xx", "xxx", "(x)"}),
        ("a = 2 * 'x', (/ 'y' /) / (: 'z' :) .", {"xx", "xxy", "", "z", "zz", "zzz"}),
        ("a = 'x' ! | 'y', ;", {"x", "", "y"}),
    ],
)
def test_iso_ebnf_has_its_exceptions_and_other_spellings(text: str, expected: set[str]) -> None:
    assert texts(text, "xyz()", 3) == expected


@pytest.mark.parametrize(
    ("text", "notation"),
    [
        ('// c\nstart: "a"', "Lark"),
        ("# c\n%import common.WORD\nstart: WORD", "Lark"),
        ("?start.2: /a/", "Lark"),
        (r'root ::= "\n" # c', "GBNF"),
        ('root ::= "a" /* c */', "W3C EBNF"),
        ("a ::= #x41", "W3C EBNF"),
        ("/* c */ [12] a ::= 'b'", "W3C EBNF"),
        ("(* c: d ::= *) a b = 'c';", "ISO EBNF"),
    ],
)
def test_notations_are_told_apart_by_content(text: str, notation: str) -> None:
    assert read(text, "g").notation == notation


def test_a_grammar_with_two_meanings_is_refused_until_its_notation_is_named() -> None:
    text = r'lines ::= "\n"'
    with pytest.raises(BadSyntax, match="as GBNF and as W3C EBNF") as caught:
        read(text, "g")
    assert "notation=gbnf" in str(caught.value.hint)
    assert texts(text, "\n\\n", notation="w3c") == {"\\n"}
    assert texts(text, "\n\\n", notation="gbnf", start="lines") == {"\n"}


def test_a_mistake_in_gbnf_does_not_turn_it_into_another_notation() -> None:
    with pytest.raises(BadSyntax, match=r"line 1 column 11, rule `root`: bad escape `\\q`"):
        read(r'root ::= "\q"', "g")


@pytest.mark.parametrize(
    "text",
    [
        'start: "s"\nother: "o"',
        'root ::= "s"\nother ::= "o"',
        "other = 'o'; start = 's';",
        "other ::= 'o'\nroot ::= 's'",
        "first ::= 's'\nother ::= 'o'",
    ],
)
def test_the_first_rule_is_the_usual_one_or_the_one_named(text: str) -> None:
    assert texts(text, "so") == {"s"}
    assert texts(text, "so", start="other") == {"o"}
    with pytest.raises(BadSyntax, match="`none`"):
        read(text, "g", start="none")


def test_gbnf_without_root_is_refused_with_the_option() -> None:
    with pytest.raises(BadSyntax, match="rule `root`") as caught:
        read('a ::= "b"{2}', "g")
    assert caught.value.hint == "name another: `-o start_rule=a`"
