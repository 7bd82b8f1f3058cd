"""Constraints checked without a model: their shortest and longest texts, samples, and misfits."""

from __future__ import annotations

import json
import re
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from rnngen import Checked, Checking, RnngenError, UsageError
from rnngen.components.decoders.greedy import Greedy
from rnngen_constrained.decoder.decoder import Constrained
from rnngen_constrained.decoder.options import Options
from rnngen_constrained.errors import Contradiction

words = some.lists(some.text("abé", max_size=5), min_size=1, max_size=6)


def check(*constraints: tuple[str, str], text: str | bytes | None = None, **more: int) -> Checked:
    data = text.encode() if isinstance(text, str) else text
    return Constrained().check(Checking(constraints, data, **{"samples": 0, **more}))


def expression_of(texts: list[str]) -> tuple[str, str]:
    return "regex", "|".join(map(re.escape, texts))


def schema(folder: Path, content: object) -> tuple[str, str]:
    path = folder / "schema.json"
    path.write_text(json.dumps(content), "utf-8")
    return "json-schema", str(path)


@given(words)
@settings(max_examples=40, deadline=None)
def test_the_shortest_and_longest_text_are_those_of_the_list(texts: list[str]) -> None:
    checked = check(expression_of(texts))
    sizes = [len(text.encode()) for text in texts]
    assert (checked.shortest.bytes, checked.shortest.exact) == (min(sizes), True)
    assert checked.shortest.text in texts
    assert (checked.longest.bytes, checked.longest.exact) == (max(sizes), True)


@given(words, some.text("abéz", max_size=6))
@settings(max_examples=80, deadline=None)
def test_a_text_fails_where_no_text_of_the_list_goes_on_as_it_does(
    texts: list[str], text: str
) -> None:
    misfit = check(expression_of(texts), text=text).misfit
    if text in texts:
        assert misfit is None
        return
    assert misfit is not None
    good = max(n for n in range(len(text) + 1) if any(one.startswith(text[:n]) for one in texts))
    assert misfit.character == good
    assert misfit.byte == len(text[:good].encode())
    assert misfit.found == (text[good : good + 1] or None)
    following = {one[good] for one in texts if one.startswith(text[:good]) and one[good:]}
    told: set[str] = set()
    for one in misfit.expected:
        first, _, last = one.partition("..")
        told |= {chr(code) for code in range(ord(first), ord(last or first) + 1)}
    assert told == following
    assert misfit.may_end == (text[:good] in texts)
    assert text[:good] + (misfit.ending or "") in texts


@pytest.mark.parametrize("pattern", [r"a*", r"(ab|c)+", r'"[^"]*"', r"x{3,}"])
def test_a_repetition_without_a_limit_has_no_longest_text(pattern: str) -> None:
    longest = check(("regex", pattern)).longest
    assert (longest.bytes, longest.exact) == (None, True)


def test_where_a_grammar_nests_without_end_the_longest_text_is_not_claimed(tmp_path: Path) -> None:
    path = tmp_path / "nested.lark"
    path.write_text('start: "(" start ")" | "x"\n', "utf-8")
    longest = check(("grammar", str(path))).longest
    assert (longest.bytes, longest.exact) == (None, False)
    assert longest.at_least > 1000


@pytest.mark.parametrize("pattern", [r"[a-z]{0,3000}", r"(?=.*7)[0-9]{2,40}", r"é{2,9}\n?"])
def test_samples_match_keep_to_their_length_and_depend_on_the_seed_alone(pattern: str) -> None:
    found = check(("regex", pattern), samples=5, seed=3, length=20).samples
    assert len(set(found)) == 5
    assert all(re.fullmatch(pattern, text) for text in found)
    assert all(len(text.encode()) <= 20 for text in found)
    assert check(("regex", pattern), samples=5, seed=3, length=20).samples == found
    assert check(("regex", pattern), samples=5, seed=4, length=20).samples != found


def test_samples_repeat_where_there_are_not_as_many_texts() -> None:
    assert set(check(("regex", "a|b"), samples=5).samples) == {"a", "b"}


def test_a_sample_is_as_long_as_the_shortest_text_at_least() -> None:
    assert check(("regex", "a{30}"), samples=1, length=5).samples == ["a" * 30]


def test_samples_are_readable_where_readable_characters_are_allowed() -> None:
    found = check(("regex", ".{5,9}"), samples=20).samples
    assert all(char in string.printable for char in "".join(found))


def test_documents_of_a_schema_are_valid_and_what_serves_it_is_told(tmp_path: Path) -> None:
    content = {
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 3, "maximum": 12}},
        "required": ["n"],
        "additionalProperties": False,
    }
    checked = check(schema(tmp_path, content), samples=8)
    assert all(3 <= json.loads(text)["n"] <= 12 for text in checked.samples)
    assert (checked.shortest.text, checked.longest.bytes) == ('{"n":3}', len('{"n": 12}'))
    assert "grammar" in checked.parts[0].engine


def test_a_schema_left_to_a_library_says_which_keyword_is_the_reason(tmp_path: Path) -> None:
    pytest.importorskip("llguidance")
    several = {f"^{letter}": {"type": "integer"} for letter in "abcdef"}
    content = {"type": "object", "patternProperties": several, "additionalProperties": False}
    checked = check(schema(tmp_path, content), samples=2)
    engine = checked.parts[0].engine
    assert engine.startswith("llguidance")
    assert "patternProperties" in engine
    assert not checked.shortest.exact
    assert all(isinstance(json.loads(text), dict) for text in checked.samples)


def test_a_valid_document_in_another_order_is_told_apart_from_an_invalid_one(
    tmp_path: Path,
) -> None:
    content = {
        "type": "object",
        "properties": {"a": {"type": "null"}, "b": {"type": "null"}},
        "required": ["a", "b"],
        "additionalProperties": False,
    }
    ordered = schema(tmp_path, content)
    other = check(ordered, text='{"b":null,"a":null}').misfit
    assert other is not None
    assert other.note is not None
    assert (other.byte, other.expected) == (2, ["a"])
    wrong = check(ordered, text='{"b":1,"a":null}').misfit
    assert wrong is not None
    assert wrong.note is None


def test_the_place_is_told_in_bytes_characters_line_and_column() -> None:
    misfit = check(("regex", r"é\né[0-9]"), text="é\né!").misfit
    assert misfit is not None
    place = misfit.byte, misfit.character, misfit.line, misfit.column
    assert place == (5, 3, 2, 2)
    assert (misfit.found, misfit.expected) == ("!", ["0..9"])


def test_bytes_that_are_not_utf_8_are_told_with_their_place() -> None:
    misfit = check(("regex", ".*"), text=b"ab\xffc").misfit
    assert misfit is not None
    assert misfit.byte == 2
    assert "not UTF-8" in misfit.reason


def test_many_characters_beyond_ascii_are_not_told_one_by_one() -> None:
    misfit = check(("regex", "[^\x00-\x7f]"), text="a").misfit
    assert misfit is not None
    assert misfit.expected == ["other Unicode characters"]


def test_several_constraints_hold_together() -> None:
    checked = check(("regex", "[ab]{1,9}"), ("length", "3..4"))
    assert [part.name for part in checked.parts] == ["regex=[ab]{1,9}", "length=3..4"]
    assert (checked.shortest.bytes, checked.longest.bytes) == (3, 4)


def test_constraints_of_the_options_are_checked_with_the_others() -> None:
    decoder = Constrained(options=Options(max_length=2))
    checked = decoder.check(Checking((("regex", "a*"),), samples=0))
    assert checked.longest.bytes == 2


def test_what_contradicts_itself_is_not_text_or_is_not_there_is_refused() -> None:
    with pytest.raises(Contradiction):
        check(("regex", "a"), ("regex", "b"))
    with pytest.raises(RnngenError, match="needs notes"):
        check(("key", "C major"))
    with pytest.raises(UsageError, match="no constraint was given"):
        check()


def test_a_decoder_without_constraints_says_which_one_has_them() -> None:
    with pytest.raises(RnngenError, match="does not support checking constraints") as caught:
        Greedy().check(Checking())
    assert "constrained" in (caught.value.hint or "")
