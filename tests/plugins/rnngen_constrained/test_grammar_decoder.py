"""Grammars in the decoder: every way of choosing steps gives valid sequences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lark
import pytest

from rnngen.contracts.decoder import Request
from rnngen.testing.decoders import SIZE, MarkovEngine
from rnngen_constrained.decoder.decoder import Constrained
from rnngen_constrained.decoder.options import Options as ConstrainedOptions
from rnngen_constrained.errors import TooShort
from tests.plugins.rnngen_constrained.grammars import characters

WORDS = characters("(ab),x")
assert len(WORDS) == SIZE
GRAMMAR = 'start: "(" start ("," start)* ")" | "a" | "b" "b"'
BASES: dict[str, dict[str, Any]] = {
    "sample": {},
    "greedy": {"base": "greedy"},
    "beam": {"base": "beam", "width": 3, "n_best": 2},
    "exact": {"sampling": "exact"},
    "particles": {"sampling": "exact", "effort": 1, "particles": 8},
}


def written(options: dict[str, Any], length: int, count: int = 3) -> list[str]:
    decoder = Constrained(options=ConstrainedOptions(**options))
    decoder.bind(WORDS, lambda note: None)
    request = Request([[0]] * count, length, seed=5, ends=frozenset({0}))
    found: dict[tuple[int, int], bytes] = {}
    for emission in decoder.decode(MarkovEngine(), request):
        key = emission.row, emission.rank
        found[key] = found.get(key, b"") + WORDS.tokens[emission.step]
    return [text.decode() for text in found.values()]


@pytest.mark.parametrize("base", list(BASES))
def test_sequences_parse_and_fit_whatever_the_base(tmp_path: Path, base: str) -> None:
    path = tmp_path / "g.lark"
    path.write_text(GRAMMAR, encoding="utf-8")
    parser = lark.Lark(GRAMMAR)
    for length in (1, 2, 7, 20):
        texts = written({"grammar": str(path), **BASES[base]}, length)
        assert len(texts) >= 3
        for text in texts:
            parser.parse(text)
            assert len(text) <= length


@pytest.mark.parametrize("base", ["sample", "greedy"])
def test_a_grammar_holds_together_with_other_constraints(tmp_path: Path, base: str) -> None:
    path = tmp_path / "g.lark"
    path.write_text(GRAMMAR, encoding="utf-8")
    parser = lark.Lark(GRAMMAR)
    options = {"grammar": str(path), "must_include": ("bb", "((")}
    for text in written({**options, **BASES[base]}, 12):
        parser.parse(text)
        assert "bb" in text
        assert "((" in text


def test_a_length_that_is_too_short_names_the_least(tmp_path: Path) -> None:
    grammar = tmp_path / "g.lark"
    grammar.write_text('start: "(" "(" start ")" ")" | "bb" "bb"', encoding="utf-8")
    with pytest.raises(TooShort, match="4"):
        written({"grammar": str(grammar)}, 3)
    assert set(written({"grammar": str(grammar)}, 4)) == {"bbbb"}
