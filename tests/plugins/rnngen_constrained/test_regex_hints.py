r"""Constructs of other dialects are refused with what replaces them."""

from __future__ import annotations

import re

import pytest

from rnngen_constrained.automata.pattern import parse
from rnngen_constrained.errors import ConstraintError

REPLACED = [
    (r"\p{L}+", r"[^\W\d_]+", "été"),
    (r"\h+", r"[ \t]+", " \t"),
    (r"\R", r"(?:\r\n|\r|\n)", "\r\n"),
    (r"a\z", r"a\Z", "a"),
    (r"\cA", r"\x01", "\x01"),
    (r"\x{41}", r"\x41", "A"),
    (r"\u{41}", r"\u0041", "A"),
    (r"(?<n>a)", r"(?P<n>a)", "a"),
    (r"(?|a|b)", r"(?:a|b)", "b"),
]
"""What is refused, what its hint says to write, and a text that this matches."""


@pytest.mark.parametrize(("refused", "instead", "text"), REPLACED)
def test_the_hint_has_what_to_write_and_that_is_read(refused: str, instead: str, text: str) -> None:
    with pytest.raises(ConstraintError) as caught:
        parse(refused, "regex", looks=True)
    hint = caught.value.hint or ""
    shown = re.findall("`([^`]+)`", hint)
    core = instead.removesuffix("+").removeprefix("a").replace("<n>a", "<name>...")
    assert core in shown
    assert re.fullmatch(instead, text)
    parse(instead, "regex", looks=True)


@pytest.mark.parametrize(
    "pattern", ["(?R)", "a(?R)?b", "(?&x)", r"\Kb", r"\Gb", r"\Q.\E", "(?C1)a"]
)
def test_what_has_no_replacement_says_what_it_is(pattern: str) -> None:
    with pytest.raises(ConstraintError) as caught:
        parse(pattern, "regex", looks=True)
    hint = caught.value.hint or ""
    assert "a backslash itself" not in hint
    assert re.search("not regular|unknown here|may be left out", hint)
