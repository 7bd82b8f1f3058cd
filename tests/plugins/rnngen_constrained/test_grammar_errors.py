"""A grammar that can't be kept is refused before anything is written, with the reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnngen.contracts.errors import RnngenError
from rnngen_constrained.errors import (
    BadSyntax,
    ConstraintError,
    EmptyLanguage,
    Hostile,
    Unspellable,
    Unsupported,
)
from rnngen_constrained.grammar.lark_text import WHOLE, read_grammar
from rnngen_constrained.grammar.machine import GrammarMachine
from rnngen_constrained.kinds.grammar import Grammar
from rnngen_constrained.machines.make import make
from tests.plugins.rnngen_constrained.grammars import characters, sampled, vocabulary

WORDS = characters("ab() \n")


def bound(text: str) -> GrammarMachine:
    return GrammarMachine(read_grammar(text, "g.lark"), WHOLE, WORDS, "grammar=g.lark")


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("", BadSyntax, "empty"),
        ('start: "a', BadSyntax, "line 1"),
        ('start: "a"\n%what', BadSyntax, "line 2 column 1"),
        ('start: ("a"', BadSyntax, "line 1 column 12, rule `start`: unexpected end of the line"),
        ("start: a", BadSyntax, "`a` used but not defined"),
        ('begin: "a"', BadSyntax, "`start`"),
        ('start: "a"\nstart: "b"', BadSyntax, "`start` defined more than once"),
        ("start: A\nA: /a*/", BadSyntax, "`A` may be empty"),
        ("start: /[/", BadSyntax, r"line 1 column 8.*`/\[/` is not valid"),
        ("%import common.NONE\nstart: NONE", BadSyntax, "`NONE`"),
        ('start: x~3..1\nx: "a"', BadSyntax, "`x`"),
        ("%declare A\nstart: A", Unsupported, "`A` is declared"),
        ('start: A\n\nA: /a(?!b)/ "c"', Unsupported, r"line 3.*`A`.*look-ahead .* at 1: "),
        ("(" * 3000, BadSyntax, "expecting"),
    ],
)
def test_a_broken_grammar_is_refused_with_its_place(
    text: str, error: type[RnngenError], said: str
) -> None:
    with pytest.raises(error, match=said) as caught:
        bound(text)
    assert not str(caught.value).removesuffix("...").endswith(".")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('start: start "a"', "start"),
        ('start: "a" x\nx: "b" x', "x"),
        ('start: x | y\nx: "a" y\ny: "b" y "a"', "y"),
        ('start: "a"+ x\nx: y "b"\ny: x | "a" y', "x"),
    ],
)
def test_a_rule_that_never_ends_is_named(text: str, rule: str) -> None:
    with pytest.raises(EmptyLanguage, match=f"rule `{rule}` never ends"):
        bound(text)


def test_rules_that_never_end_are_left_out_and_named_where_others_do() -> None:
    machine = bound('start: "a" | "b" x\nx: "a" x | y\ny: "(" y')
    assert machine.unused == ["x", "y"]
    assert [WORDS.names[step] for step in machine.allowed(machine.start(), None)] == ["'a'"]


def test_missing_characters_are_named_and_no_others() -> None:
    with pytest.raises(Unspellable) as caught:
        bound('start: ("a" | "x") ("é" | "yy" "z") /[0-9b]/ "q"? /w+/')
    named = str(caught.value)
    assert "`w`, `é`" in named
    assert not any(f"`{char}`" in named for char in "axyzq0b")


def test_branches_that_the_vocabulary_lacks_are_never_begun() -> None:
    machine = bound('start: "a" x "é" | "b"\nx: "a"*')
    assert [WORDS.names[step] for step in machine.allowed(machine.start(), None)] == ["'b'"]


def test_a_character_only_in_longer_tokens_is_no_way_to_end() -> None:
    words = vocabulary([b"a", b"bc"])
    with pytest.raises(Unspellable, match="`b`, `c`"):
        GrammarMachine(read_grammar('start: "a" "b" "c"', "g"), WHOLE, words, "g")
    machine = GrammarMachine(read_grammar('start: ("a" | "bc" "a")+', "g"), WHOLE, words, "g")
    assert list(machine.allowed(machine.start(), None)) == [1]


def test_a_text_that_no_sequence_is_long_enough_for_is_refused() -> None:
    with pytest.raises(Hostile, match="takes more than"):
        bound('start: ((("a"~1000)~1000)~1000)~1000')
    assert bound('start: (("a"~1000)~1000)').needed is not None


def test_too_many_repetitions_in_a_terminal_are_refused() -> None:
    with pytest.raises(Hostile, match="200000 states"):
        bound("start: /((((a{90}b?){90}){90}){90})+/")


def test_the_fewest_steps_are_known_before_anything_is_written() -> None:
    machine = bound('start: "(" start ")" | "a" "b"')
    assert machine.needed(machine.start()) == 2
    assert list(machine.allowed(machine.start(), 1)) == []
    assert len(sampled(machine, 2, np.random.default_rng(0))) == 2


def test_reasons_say_what_can_follow_and_how_to_end() -> None:
    machine = bound('start: "(" start ")" | "a"')
    state = machine.advance(machine.start(), 3)
    reason = machine.explain(state, 4, 10)
    assert reason.kind == "rule"
    assert "`" not in reason.rule or reason.rule == "grammar=g.lark"
    assert "what can: 'a', '('" in reason.text
    assert [WORDS.names[step] for step in reason.ending] == ["'a'", "')'"]
    short = machine.explain(state, 3, 3)
    assert short.kind == "length"
    assert "takes 3 more steps, 2 are left" in short.text
    said = machine.explain(state, 0, None).text
    assert said == "the text is not complete: it takes at least 2 more steps"
    with pytest.raises(ValueError, match="allowed"):
        machine.explain(state, 3, 4)
    with pytest.raises(ValueError, match="not allowed"):
        machine.advance(state, 4)


def test_the_kind_grammar_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "brackets.lark"
    path.write_text('start: "(" start ")" |', encoding="utf-8")
    constraint = make("grammar", str(path))
    machine = constraint.bind(WORDS)
    assert isinstance(constraint, Grammar)
    assert constraint.name == f"grammar={path}"
    assert isinstance(machine, GrammarMachine)
    assert machine.needed(machine.start()) == 0


def test_a_grammar_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConstraintError, match="no such file"):
        Grammar(str(tmp_path / "none.lark"))
    path = tmp_path / "broken.lark"
    path.write_bytes(b'start: "\xff"')
    with pytest.raises(ConstraintError, match="byte 8 is 0xff"):
        Grammar(str(path))
