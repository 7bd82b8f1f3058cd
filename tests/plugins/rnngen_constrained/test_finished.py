"""Finished sequences are checked by every constraint, and drawn again where one finds a fault."""

from __future__ import annotations

import string
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lark
import numpy as np
import pytest

from rnngen.contracts.constraint import Vocabulary
from rnngen.contracts.decoder import Request
from rnngen.contracts.draws import other_seed
from rnngen.testing.decoders import MarkovEngine
from rnngen_constrained.decoder.decoder import Constrained
from rnngen_constrained.decoder.options import Options as ConstrainedOptions
from rnngen_constrained.errors import Invalid, Unproven
from rnngen_constrained.kinds.grammar import Grammar
from rnngen_constrained.kinds.regex import Regex
from rnngen_constrained.machines.make import make
from rnngen_constrained.machines.strangers import is_constraint
from rnngen_constrained.testing import characters
from tests.plugins.rnngen_constrained.grammars import JSON, sampled, text_of
from tests.plugins.rnngen_constrained.grammars import characters as printable
from tests.plugins.rnngen_constrained.test_grammar_library import GRAMMARS

WORDS = characters("ab")


class Loose:
    """A machine that allows too much: any text, where no `b` may stand at the end."""

    name = "loose"

    def bind(self, vocabulary: Vocabulary) -> Any:
        return Regex("[ab]{1,3}").bind(vocabulary)

    def fault(self, vocabulary: Vocabulary, steps: Sequence[int]) -> str | None:
        text = b"".join(vocabulary.tokens[step] for step in steps)
        return "it ends with b" if text.endswith(b"b") else None


def texts(constraint: Any, rows: int, first: int = 0, **options: Any) -> list[str]:
    decoder = Constrained([constraint], ConstrainedOptions(**options))
    decoder.bind(WORDS)
    request = Request([[0]] * rows, 3, seed=5, first=first, ends=frozenset({0}))
    found = [""] * rows
    for emission in decoder.decode(MarkovEngine(len(WORDS)), request):
        found[emission.row] += WORDS.tokens[emission.step].decode()
    return found


@pytest.mark.parametrize("options", [{}, {"sampling": "exact"}, {"base": "beam"}, {"top_k": 3}])
def test_what_has_a_fault_is_drawn_again(options: dict[str, Any]) -> None:
    assert is_constraint(Loose())
    found = texts(Loose(), 30, **options)
    assert all(text.endswith("a") for text in found)
    if "base" not in options:
        assert len(set(found)) > 2


def test_a_sequence_that_is_drawn_again_depends_on_its_number_alone() -> None:
    together = texts(Loose(), 12)
    assert together == texts(Loose(), 12)
    assert together == [texts(Loose(), 1, first=row)[0] for row in range(12)]


def test_seeds_of_further_draws_differ_by_seed_sequence_and_attempt() -> None:
    seeds = {other_seed(a, b, c) for a in range(4) for b in range(4) for c in range(1, 5)}
    assert len(seeds) == 64
    assert all(0 <= seed < 2**64 for seed in seeds)


def test_greedy_text_is_not_drawn_again_as_it_would_be_the_same() -> None:
    class Never(Loose):
        def fault(self, vocabulary: Vocabulary, steps: Sequence[int]) -> str | None:
            return "wrong"

    with pytest.raises(Invalid, match=r"tried once\); the last: `loose`: wrong") as caught:
        texts(Never(), 1, base="greedy")
    assert "base=beam" in str(caught.value.hint)


def test_a_fault_of_a_proven_machine_is_said_to_be_a_mistake_of_ours() -> None:
    class Mistaken(Loose):
        proven = True

        def fault(self, vocabulary: Vocabulary, steps: Sequence[int]) -> str | None:
            return "wrong"

    for options in ({}, {"base": "beam"}):
        with pytest.raises(Unproven, match=r"internal error: .*: `loose`: wrong"):
            texts(Mistaken(), 1, **options)


def test_the_share_of_invalid_sequences_lowers_the_probability_of_the_constraint() -> None:
    decoder = Constrained([Loose()])
    decoder.bind(WORDS)
    for _ in decoder.decode(MarkovEngine(3), Request([[0]] * 20, 3, seed=5, ends=frozenset({0}))):
        pass
    weights = decoder.weights
    assert weights is not None
    assert len(weights.log_weights) == 20
    assert weights.rejected > 0


FAULTS = [
    ("regex", "[ab]+", "ab", "abc"),
    ("words", "moon,don't", "'moon', don't moon'", "moon june"),
    ("must-include", "ab,ba", "aba", "ab"),
    ("must-not-include", "ab", "ba", "cabc"),
    ("length", "2..3", "abc", "abcd"),
    ("number", "-1.50..1.50", "-0.75", "1.51"),
    ("number", "0.00..1.00", "0.50", "0.5"),
    ("number", "0..99", "7", "07"),
    ("prose", "one", '"one"!', "two."),
    ("haiku", "", None, "the moon"),
]
LETTERS = characters("abcdefghijklmnopqrstuvwxyzO'\"., -0123456789!()\n")


@pytest.mark.parametrize(("kind", "text", "good", "bad"), FAULTS)
def test_every_kind_finds_faults_in_a_finished_text(
    kind: str, text: str, good: str | None, bad: str
) -> None:
    from rnngen_constrained.decoder.finished import Checks

    one = make(kind, text)
    checks = Checks([one], [one.bind(LETTERS)], LETTERS, frozenset())
    for written, valid in ((good, True), (bad, False)):
        if written is not None:
            steps = [LETTERS.tokens.index(char.encode()) for char in written]
            assert checks.valid(steps) is valid, checks.last
    assert one.name in checks.last


def test_music_is_checked_by_the_rule_itself() -> None:
    from rnngen_constrained.decoder.finished import Checks
    from rnngen_constrained.testing import events

    words = events("NOTE_60", "NOTE_61")
    one = make("key", "C major")
    checks = Checks([one], [one.bind(words)], words, frozenset())
    assert checks.valid([1, 1])
    assert not checks.valid([1, 2])
    assert "key=C major" in checks.last


KEYWORDS = """
start: "if" NAME "then" NAME
NAME: /[a-z]+/
%ignore " "
"""
SCRIPT = r"""
start: statement+
statement: "let" NAME "=" sum ";" | "print" sum ";" | NAME "=" sum ";"
sum: product (("+" | "-" | "++") product)*
product: NUMBER | NAME | "not" product | "(" sum ")" | NAME "." NAME
NUMBER: /[0-9]+([.][0-9]+)?/
NAME: /[a-z][a-z0-9]*/
COMMENT: /#[^\n]*/
%ignore /[ \n]+/
%ignore COMMENT
"""
LESS = r"""
start: item+
item: "<" | "<=" | "=" | "<<=" | WORD
WORD: /[a-z]+/
%ignore /[ ]/
"""


@pytest.mark.parametrize("text", [KEYWORDS, SCRIPT, LESS], ids=["keywords", "script", "less"])
def test_a_grammar_with_ignored_space_is_read_by_lark_as_it_was_meant(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "g.lark"
    path.write_text(text.replace("\\n", "\n") if text is KEYWORDS else text, encoding="utf-8")
    machine = Grammar(str(path)).bind(printable("abiflethnpr019.=;+-()< #\n"))
    parsers = [
        lark.Lark(text, parser="earley", lexer="dynamic"),
        lark.Lark(text, parser="lalr", lexer="contextual"),
    ]
    rng = np.random.default_rng(1)
    unread = 0
    for _ in range(40):
        found = text_of(machine, sampled(machine, machine.needed(machine.start()) + 25, rng))
        for parser in parsers:
            try:
                parser.parse(found)
            except lark.exceptions.LarkError:
                unread += 1
    assert unread == 0


def test_what_would_be_read_as_one_is_not_allowed_without_a_space(tmp_path: Path) -> None:
    path = tmp_path / "g.lark"
    path.write_text(KEYWORDS, encoding="utf-8")
    constraint = Grammar(str(path))
    words = printable("cehifnt ")
    machine = constraint.bind(words)

    def steps(text: str) -> list[int]:
        return [words.tokens.index(char.encode()) for char in text]

    for text, good in (("if c then t", True), ("ifc thent", False), ("if  c then  t", True)):
        state = machine.start()
        allowed = True
        for step in steps(text):
            allowed = step in set(np_list(machine.allowed(state, None)))
            if not allowed:
                break
            state = machine.advance(state, step)
        assert allowed is good, text
    assert constraint.fault(machine, steps("ifcthent")) is not None
    assert constraint.fault(machine, steps("if c then t")) is None


def np_list(steps: Any) -> list[int]:
    return [int(step) for step in steps]


@pytest.mark.parametrize("space", ["", "\n%ignore / +/\n"], ids=["plain", "spaced"])
@pytest.mark.parametrize("name", [*GRAMMARS, "json with space"])
def test_texts_of_every_grammar_of_the_tests_are_read_by_lark(
    tmp_path: Path, name: str, space: str
) -> None:
    text = {**GRAMMARS, "json with space": JSON}[name] + space
    path = tmp_path / "g.lark"
    path.write_text(text, encoding="utf-8")
    words = printable(string.printable + "àü€日本")
    machine = Grammar(str(path)).bind(words)
    parsers = [lark.Lark(text, parser="earley", lexer="dynamic")]
    # The one that is not LALR(1), for which Lark chooses one of two ways.
    if name != "hidden left recursion":
        parsers += [lark.Lark(text, parser="lalr", lexer="contextual")]
    rng = np.random.default_rng(0)
    for _ in range(6):
        found = text_of(machine, sampled(machine, machine.needed(machine.start()) + 15, rng))
        for parser in parsers:
            parser.parse(found)
