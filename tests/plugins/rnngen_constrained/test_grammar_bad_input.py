"""Every notation refuses what it can't keep at once, with the line, the column and the rule."""

from __future__ import annotations

import time

import pytest

from rnngen_constrained.errors import (
    BadSyntax,
    ConstraintError,
    EmptyLanguage,
    Hostile,
    Unsupported,
)
from rnngen_constrained.grammar.machine import GrammarMachine
from rnngen_constrained.grammar.notations import read
from tests.plugins.rnngen_constrained.grammars import characters

DEEP = 10_000
SECONDS = 2


@pytest.mark.parametrize(
    ("text", "error", "place", "said"),
    [
        ('root ::= "a\n', BadSyntax, "line 1 column 10, rule `root`", 'expected `"`'),
        ("root ::= [a", BadSyntax, "line 1 column 10, rule `root`", "expected `]`"),
        ("root ::= [z-a]", BadSyntax, "line 1 column 11, rule `root`", "backwards"),
        ('root ::= "a"\n | y', BadSyntax, "line 2 column 4, rule `root`", "`y` is not defined"),
        ('root ::= ("a"', BadSyntax, "line 1 column 14, rule `root`", "expected `\\)`"),
        ('root ::= "a" )', BadSyntax, "line 1 column 14, rule `root`", "unexpected `\\)`"),
        ('root ::= "a"{,3}', BadSyntax, "line 1 column 14, rule `root`", "expected a number"),
        ('root ::= "a"{3,1}', BadSyntax, "line 1 column 13, rule `root`", "smaller number"),
        ('root ::= "a"{100001}', Hostile, "line 1 column 13, rule `root`", "100001"),
        ("root ::= <think>", Unsupported, "line 1 column 10, rule `root`", "token of a model"),
        ('root ::= "\\ud800"', BadSyntax, "line 1 column 11, rule `root`", "not a character"),
        ('root ::= "a"\nroot ::= "b"', BadSyntax, "line 2 column 1", "second time.*line 1"),
        ("a = ? x ?;", Unsupported, "line 1 column 5, rule `a`", "special sequence"),
        ("a = 'b'\n", BadSyntax, "line 2 column 1, rule `a`", "expected `;`"),
        ("a = b c; b = 'x'; c = 'y';", BadSyntax, "line 1 column 5, rule `a`", "`b c`"),
        ("a = {a, 'b'} - 'b';", Unsupported, "line 1 column 14, rule `a`", "names itself"),
        ("a = 'b'; (* c", BadSyntax, "line 1 column 10, rule `a`", "comment without an end"),
        ("a ::= 'b' /* c", BadSyntax, "line 1 column 11, rule `a`", "comment without an end"),
        ("a ::= 'b' [wfc: c]", Unsupported, "line 1 column 11, rule `a`", "constraint"),
        ("a ::= #x110000", BadSyntax, "line 1 column 7, rule `a`", "not a character"),
        ('<a> ::= "b"', BadSyntax, "line 1 column 1", "angle brackets"),
        ('start: ("a"', BadSyntax, "line 1 column 12, rule `start`", "end of the line"),
        ("start: a\nb: c", BadSyntax, "line 1 column 8, rule `start`", "`a` used but not"),
        ('start: "a"\nstart: "b"', BadSyntax, "line 2 column 1, rule `start`", "more than once"),
        ("start: A\nA: start", BadSyntax, "line 2 column 1, rule `A`", "inside terminals"),
        ("start: A\nA: B\nB: A", BadSyntax, "line 2 column 1, rule `A`", "recursion"),
        ("start: A\nA: /[/", BadSyntax, "line 2 column 4, rule `A`", "`/\\[/` is not valid"),
        ('start: "b".."a"', BadSyntax, "line 1 column 8, rule `start`", "not a range"),
        ('start: "ab".."c"', BadSyntax, "line 1 column 8, rule `start`", "not a range"),
        ('start: "\\xzz"', BadSyntax, "line 1 column 9, rule `start`", "escape"),
        ("start: A\nA: /^a/", Unsupported, "line 2 column 1: terminal `A`", "`\\^`"),
        ("start: /a$/", Unsupported, "line 1 column 8, rule `start`: terminal `/a\\$/`", "`\\$`"),
        ("start: /a\\b/", Unsupported, "line 1 column 8, rule `start`", "word boundary"),
        ('start: "a"\n%declare B', Unsupported, "line 2 column 1", "`B` is declared.*%declare"),
    ],
)
def test_mistakes_are_named_with_line_column_and_rule(
    text: str, error: type[ConstraintError], place: str, said: str
) -> None:
    with pytest.raises(error, match=f"g, {place}: .*{said}") as caught:
        read(text, "g")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("start: a\na: b\nb: a", "line 2 column 1: rule `a`"),
        ("root ::= a\na ::= b\nb ::= a", "line 2 column 1: rule `a`"),
        ("s = a;\na = b; b = a;", "line 2 column 1: rule `a`"),
        ("s ::= 'x' s", "line 1 column 1: rule `s`"),
        ("s ::= a\na ::= [b] - [b]", "line 2 column 1: `a`"),
    ],
)
def test_a_grammar_that_allows_nothing_is_refused_where_it_never_ends(
    text: str, place: str
) -> None:
    with pytest.raises(EmptyLanguage, match=f"g, {place}"):
        read(text, "g")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ('start: "a"\n\nroot ::= "b"', "line 3 column 1"),
        ('root ::= "b"\nstart: "a"\n', "line 2 column 1"),
        ('a = "b" ;\n  root ::= "c"\n', "line 2 column 3"),
        ('start: "a"\nb = "c";', "line 2 column 1"),
    ],
)
def test_two_grammars_in_one_file_are_refused_where_the_second_begins(text: str, at: str) -> None:
    with pytest.raises(BadSyntax, match=f"two grammars: .* begins at {at}"):
        read(text, "g")


@pytest.mark.parametrize("text", ['{"a": 1}', "hello", "<?xml?><a/>", "\0\1", "x,y\n1,2\n", "[1]"])
def test_a_file_that_is_no_grammar_is_refused_with_what_a_rule_looks_like(text: str) -> None:
    with pytest.raises(
        BadSyntax, match="not a grammar: no rule begins at line 1 column 1"
    ) as found:
        read(text, "g")
    assert "`name: ...` (Lark)" in str(found.value.hint)


@pytest.mark.parametrize(
    "text",
    [
        "start: " + "(" * DEEP + '"a"' + ")" * DEEP,
        "start: /" + "(" * DEEP + "a" + ")" * DEEP + "/",
        "root ::= " + "(" * DEEP + '"a"' + ")" * DEEP,
        "a ::= " + "(" * DEEP + "'a'" + ")" * DEEP,
        "a = " + "[" * DEEP + "'a'" + "]" * DEEP + ";",
        'root ::= "' + "a" * 200_000 + '"',
    ],
    ids=["lark", "lark terminal", "gbnf", "w3c", "iso", "long text"],
)
def test_what_is_nested_or_long_beyond_sense_is_refused_at_once(text: str) -> None:
    began = time.process_time()
    with pytest.raises(ConstraintError, match=r"line 1 column \d+, rule `\w+`"):
        read(text, "g")
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize("rule", ['"(" a{} ")"', '"x" a{}?', "a{}", '"" a{} | "x"'])
def test_thousands_of_rules_within_each_other_take_time_in_proportion(rule: str) -> None:
    lines = [f"a{n} ::= {rule.format(n + 1)}" for n in range(2000)]
    text = "\n".join(["root ::= a0", *lines, 'a2000 ::= "b"'])
    began = time.process_time()
    grammar = read(text, "g", "gbnf")
    machine = GrammarMachine(grammar.rules, grammar.start, characters("bx()"), "g")
    assert time.process_time() - began < SECONDS
    assert machine.needed(machine.start()) in (1, 4001)
    circle = text.replace('a2000 ::= "b"', "a2000 ::= root").replace('| "x"', "").replace("?", "")
    began = time.process_time()
    with pytest.raises(EmptyLanguage, match="never ends"):
        read(circle, "g", "gbnf")
    assert time.process_time() - began < SECONDS
