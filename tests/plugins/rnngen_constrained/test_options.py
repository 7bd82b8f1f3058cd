"""The decoder's options: each has an effect, or is refused by name."""

from __future__ import annotations

import re

import pytest

from rnngen.contracts.decoder import Request
from rnngen.contracts.errors import UsageError
from rnngen.kernel.settings import resolve
from rnngen.testing.decoders import MarkovEngine
from rnngen_constrained.decoder.decoder import Constrained
from rnngen_constrained.decoder.options import Options
from rnngen_constrained.errors import BadSyntax, Contradiction
from rnngen_constrained.kinds.length import Length
from rnngen_constrained.machines.make import make
from tests.plugins.rnngen_constrained.vocabularies import characters

LETTERS = characters("abcdef")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"sampling": "exact", "base": "beam"}, "base=beam"),
        ({"sampling": "exact", "top_k": 3}, "top_k"),
        ({"sampling": "exact", "temperature": 0.0}, "temperature"),
        ({"base": "beam", "width": 4, "n_best": 9}, "n_best"),
        ({"min_length": 5, "max_length": 2}, "min_length"),
        ({"width": 8}, "width"),
        ({"base": "greedy", "n_best": 2}, "n_best"),
        ({"length_penalty": 1.0}, "length_penalty"),
        ({"base": "greedy", "temperature": 0.5}, "temperature"),
        ({"base": "greedy", "top_k": 3}, "top_k"),
        ({"base": "beam", "top_p": 0.5}, "top_p"),
        ({"base": "beam", "min_p": 0.5}, "min_p"),
        ({"particles": 8}, "particles"),
        ({"effort": 8}, "effort"),
        ({"regex": "a", "rhymes": "cmudict.txt"}, "rhymes"),
        ({"regex": "a", "whitespace": "free"}, "whitespace"),
        ({"regex": "a", "notation": "gbnf"}, "notation"),
        ({"regex": "a", "start_rule": "a"}, "start_rule"),
        ({"rule": ("key:C major",), "rhymes": "cmudict.txt"}, "rhymes"),
    ],
)
def test_options_that_would_play_no_part_are_refused_by_name(options, named):
    with pytest.raises(UsageError, match=f"`{named}`") as caught:
        Constrained(options=Options(**options))
    assert caught.value.hint


def test_a_grammar_takes_its_notation_and_first_rule_from_options_and_from_files(tmp_path):
    grammar, rules = tmp_path / "g.txt", tmp_path / "rules.toml"
    grammar.write_text('root ::= "a"\nother ::= "b"', "utf-8")
    chosen = {"notation": "w3c", "start_rule": "other"}
    table = ", ".join(f'{key} = "{value}"' for key, value in chosen.items())
    rules.write_text(f'grammar = {{ text = "{grammar}", {table} }}\n', "utf-8")
    for options in ({"grammar": (str(grammar),), **chosen}, {"rules": str(rules)}):
        assert set(written(options)) == {"b"}
    with pytest.raises(BadSyntax, match="rule `lost` is not defined"):
        written({"grammar": (str(grammar),), "start_rule": "lost"})


def test_a_dictionary_is_for_poems_in_options_and_in_files(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('haiku = ""\n', "utf-8")
    Constrained(options=Options(rule=("haiku",), rhymes="cmudict.txt"))
    Constrained(options=Options(rules=str(rules), rhymes="cmudict.txt"))


def test_a_file_of_rules_without_any_is_refused(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text("# nothing yet\n", "utf-8")
    for more in ({}, {"regex": "a"}):
        with pytest.raises(BadSyntax, match="has no rules") as caught:
            Constrained(options=Options(rules=str(rules), **more))
        assert caught.value.hint


def written(options, length=8):
    decoder = Constrained(options=Options(**options))
    decoder.bind(LETTERS)
    found = {}
    request = Request([[0]] * 20, length, ends=frozenset({0}))
    for emission in decoder.decode(MarkovEngine(), request):
        found.setdefault(emission.row, []).append(emission.step)
    return ["".join(LETTERS.tokens[step].decode() for step in steps) for steps in found.values()]


def test_an_expression_given_twice_holds_twice():
    assignments = ["regex=[a-c]{2,6}", "regex=.*b.{1,2}", "rule=length:5", "rule=must-include:a"]
    settings = resolve({"constrained": Options}, assignments=assignments, environment={})
    texts = written(vars(settings["constrained"]))
    assert texts
    for text in texts:
        assert re.fullmatch("[a-c]{2,6}", text)
        assert re.fullmatch(".*b.{1,2}", text)
        assert len(text) == 5
        assert "a" in text


def test_two_expressions_that_contradict_each_other_are_both_named():
    with pytest.raises(Contradiction, match=r"`regex=a\+` and `regex=b\+` together"):
        written({"regex": ("a+", "[a-f]*", "b+")})


def test_a_kind_of_one_text_made_of_several_holds_for_each():
    both = make("regex", ["[ab]*", "..a"])
    machine = both.bind(LETTERS)
    assert int(machine.needed(machine.start(1))[0]) == 3
    assert both.name == "regex=[ab]* and regex=..a"


def test_an_option_that_a_kind_does_not_have_is_refused_by_name():
    with pytest.raises(UsageError, match="no option named `linez` in constraint `couplets`") as bad:
        make("couplets", "", own={"linez": 3})
    assert bad.value.hint == "did you mean `lines`?"
    with pytest.raises(UsageError, match="no option named `flags` in constraint `regex`"):
        make("regex", "a", own={"flags": "i"})
    make("regex", "a", {"temperature": 2.0})  # one of the decoder's, which are handed to all


@pytest.mark.parametrize("text", ["8 9", "8  ", " 8", "5..10", "5..", "..10", " 5 .. 10 "])
def test_two_lengths_have_dots_between_them(text):
    if text == "8 9":
        with pytest.raises(BadSyntax, match="`8 9`"):
            Length(text)
        return
    found = Length(text)
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    assert found.least == (0 if text.startswith("..") else numbers[0])
    assert found.most == (None if text.endswith("..") else numbers[-1])
