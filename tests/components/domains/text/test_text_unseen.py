"""Characters that a model has never seen are refused, skipped or replaced, as was asked for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.components.domains.text.codecs.char import CharCodec
from rnngen.contracts.errors import DataError


def codec(characters: str, unseen: str, remarks: dict[str, None] | None = None) -> CharCodec:
    return CharCodec(sorted(characters), "\n").tolerant(unseen, {} if remarks is None else remarks)


def test_unseen_characters_are_refused_by_default_and_the_option_is_named() -> None:
    with pytest.raises(DataError, match="never seen the character `é`") as error:
        codec("abc", "refuse").encode("abé")
    assert "text.unseen=replace" in str(error.value.hint)
    assert "text.unseen=skip" in str(error.value.hint)


@given(st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_skipping_gives_the_text_without_them(text: str) -> None:
    known = codec("abc é", "skip")
    assert known.decode(known.encode(text)) == "".join(c for c in text if c in "abc é")


@pytest.mark.parametrize(
    ("characters", "text", "read"),
    [
        ("cafe", "café", "cafe"),
        ("it's", "it’s", "it's"),
        ('"a-', "“a”—", '"a"-'),
        ("a.", "a…", "a..."),
        ("az", "AZ", "az"),
        ("a?", "a中", "a?"),
        ("a\ufffd?", "a中", "a\ufffd"),
        ("a b", "a中b", "a b"),
        ("ab", "a中b", "ab"),
        ("s", "ß", "ss"),
    ],
)
def test_a_character_is_replaced_by_the_nearest_known(
    characters: str, text: str, read: str
) -> None:
    known = codec(characters, "replace")
    assert known.decode(known.encode(text)) == read


def test_what_was_done_is_said_once_with_counts() -> None:
    remarks: dict[str, None] = {}
    known = codec("ab e", "replace", remarks)
    steps, lengths = known.encode_many(["aé", "b", "éé中"])
    assert (len(steps), lengths) == (6, [2, 1, 3])
    assert list(remarks) == [
        "replaced 4 characters that the model has never seen: `é` by `e` (3), `中` by ` ` (1)"
    ]
    remarks.clear()
    known.encode("aé")
    assert list(remarks) == ["replaced 1 character that the model has never seen: `é` by `e` (1)"]


def test_lengths_of_texts_are_those_of_what_is_left() -> None:
    known = codec("ab", "skip")
    steps, lengths = known.encode_many(["aéa", "é", "b"])
    assert lengths == [2, 0, 1]
    assert known.decode(steps) == "aab"


def test_a_vocabulary_grows_only_where_unseen_characters_are_refused() -> None:
    from rnngen.contracts.steps import Piece

    pieces = [Piece("abz", True, 3)]
    assert codec("ab", "refuse").grow(pieces).size == 4
    assert codec("ab", "skip").grow(pieces).size == 3


def test_bytes_that_are_not_utf8_are_refused_all_the_same() -> None:
    with pytest.raises(DataError, match="not UTF-8"):
        codec("ab", "skip").encode("a\udce9")
