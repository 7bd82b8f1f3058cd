"""Any bytes are text inside, and come out as they were; what people read is UTF-8."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.errors import DataError
from rnngen.contracts.exact_text import (
    ReadableStream,
    data_of,
    exact,
    readable,
    refuse_escaped,
    text_of_file,
    utf16_order,
)

MIXED = st.lists(
    st.one_of(st.binary(max_size=3), st.text(max_size=3).map(str.encode)), max_size=8
).map(b"".join)


@given(MIXED)
@settings(max_examples=150, deadline=None)
def test_bytes_come_back_as_they_were_and_are_read_as_python_replaces_them(data: bytes) -> None:
    assert data_of(exact(data)) == data
    assert readable(exact(data)) == data.decode("utf-8", "replace")


@given(MIXED, st.data())
@settings(max_examples=150, deadline=None)
def test_parts_are_read_as_the_whole_is(data: bytes, draw: st.DataObject) -> None:
    text, stream, told = exact(data), ReadableStream(), ""
    while text:
        count = draw.draw(st.integers(1, len(text)))
        told += stream.feed(text[:count])
        text = text[count:]
    assert told + stream.flush() == data.decode("utf-8", "replace")


def test_half_a_pair_that_stands_for_no_byte_is_an_error() -> None:
    with pytest.raises(DataError, match="not a character"):
        data_of("a\ud800")


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("it’s".encode("cp1252"), "CP1252"),
        ("é, it’s".encode("cp1252"), "CP1252"),
        ("é à".encode("latin-1"), "LATIN1"),
        (b"\xe9a\x81 \x92", "LATIN1"),
        ("a".encode("utf-16"), "UTF-16"),
        ("a long line".encode("utf-16-le"), "UTF-16LE"),
        ("a long line".encode("utf-16-be"), "UTF-16BE"),
    ],
)
def test_the_encoding_that_a_file_seems_to_have_is_offered(data: bytes, encoding: str) -> None:
    with pytest.raises(DataError) as error:
        text_of_file(data, "`x`")
    assert f"iconv -f {encoding} " in str(error.value.hint)


def test_a_byte_order_mark_is_no_part_of_a_text_file() -> None:
    assert text_of_file(b"\xef\xbb\xbfabc", "`x`") == "abc"
    assert text_of_file(b"abc", "`x`") == "abc"
    assert utf16_order(b"plain text of one byte a letter") is None


def test_the_first_byte_that_is_not_utf8_is_named_with_its_place() -> None:
    with pytest.raises(DataError, match="the prompt is not UTF-8: byte 0xe9 at offset 3"):
        refuse_escaped(exact("éa".encode() + b"\xe9"), "the prompt")
