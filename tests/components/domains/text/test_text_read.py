import codecs
import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.components.domains.text.read import read
from rnngen.contracts.errors import DataError
from rnngen.files.source import Source

BREAK = {"line": "\n", "blank": "\n\n"}

# Paragraphs of lines that are not blank, from few characters, so that edges are met often.
LINES = st.text("ab é\u2028\t", min_size=1, max_size=12).filter(lambda text: text.strip())
PARAGRAPHS = st.lists(LINES, min_size=1, max_size=4).map("\n".join)


def source(tmp_path, data: bytes, name: str = "file.txt") -> Source:
    path = tmp_path / name
    path.write_bytes(data)
    return Source(name, path)


def joined(pieces) -> list:
    """The documents of pieces, each put together again."""
    documents, parts = [], []
    for piece in pieces:
        parts.append(piece.content)
        if piece.ends_document:
            documents.append(type(parts[0])().join(parts))
            parts = []
    assert not parts, "the last document has no end"
    return documents


def documents(tmp_path, text: str | bytes, kind: str = "file", **options) -> list:
    data = text if isinstance(text, bytes) else text.encode()
    return joined(read([source(tmp_path, data)], kind, **options))


def test_a_file_is_one_document_as_it_is(tmp_path):
    text = "\n one\r\n\r\ntwo\tthree\u2028\n\n"
    assert documents(tmp_path, text) == [text]


def test_each_file_is_a_document_of_its_own(tmp_path):
    files = [source(tmp_path, b"one", "1"), source(tmp_path, b"two", "2")]
    assert joined(read(files, "file")) == ["one", "two"]


def test_lines_are_documents_without_their_ends(tmp_path):
    text = "\n\none\r\n\n  \ntwo \u2028 too\n   three\n\n"
    assert documents(tmp_path, text, "line") == ["one", "two \u2028 too", "   three"]


def test_blank_lines_divide_documents_however_many_they_are(tmp_path):
    text = "\r\none\r\nmore\r\n\r\n\r\ntwo\n \t\n\n  three\nmore\n"
    assert documents(tmp_path, text, "blank") == ["one\r\nmore", "two", "  three\nmore"]


def test_the_last_document_needs_no_line_end(tmp_path):
    assert documents(tmp_path, "a\nb", "line") == ["a", "b"]
    assert documents(tmp_path, "a\n\nb", "blank") == ["a", "b"]


def test_the_byte_order_mark_is_left_out(tmp_path):
    assert documents(tmp_path, codecs.BOM_UTF8 + b"one") == ["one"]
    assert documents(tmp_path, codecs.BOM_UTF8 + b"one\ntwo", "line") == ["one", "two"]


def test_bytes_are_divided_like_text(tmp_path):
    data = b"\xff one\r\n\n\x00two\n"
    assert documents(tmp_path, data, "blank", as_bytes=True) == [b"\xff one", b"\x00two"]
    assert documents(tmp_path, data, as_bytes=True) == [data]


@pytest.mark.parametrize("kind", ["file", "line", "blank"])
@pytest.mark.parametrize("data", [b"", codecs.BOM_UTF8])
def test_an_empty_file_is_an_error_that_names_it(tmp_path, kind, data):
    with pytest.raises(DataError, match=r"`file\.txt` is empty"):
        documents(tmp_path, data, kind)


@pytest.mark.parametrize("kind", ["line", "blank"])
def test_a_file_of_blank_lines_has_no_documents(tmp_path, kind):
    with pytest.raises(DataError, match="nothing to learn from"):
        documents(tmp_path, " \n\n\t\n", kind)


@pytest.mark.parametrize("block", [1, 2, 7, 1 << 20])
def test_what_is_not_utf8_is_an_error_with_file_and_offset(tmp_path, block):
    data = "ünï".encode() + b"abc\xe4\n" + "ö".encode()
    with pytest.raises(
        DataError, match=r"`file\.txt` is not UTF-8: byte 0xe4 at offset 8"
    ) as error:
        documents(tmp_path, data, block=block)
    assert "--tokens byte" in error.value.hint


@pytest.mark.parametrize("block", [1, 2, 1 << 20])
def test_a_character_cut_off_at_the_end_is_an_error(tmp_path, block):
    with pytest.raises(DataError, match="byte 0xe2 at offset 2"):
        documents(tmp_path, b"ab\xe2\x82", block=block)


def test_a_file_in_utf16_is_recognised(tmp_path):
    with pytest.raises(DataError) as error:
        documents(tmp_path, "text".encode("utf-16"))
    assert "UTF-16" in error.value.hint


def test_each_file_is_decoded_by_itself(tmp_path):
    files = [source(tmp_path, b"ab\xe2\x82", "1"), source(tmp_path, b"\xac", "2")]
    with pytest.raises(DataError, match="`1` is not UTF-8"):
        joined(read(files, "file"))


def test_a_compressed_file_is_read_like_a_plain_one(tmp_path):
    file = source(tmp_path, gzip.compress(b"one\ntwo\n"), "a.gz")
    assert joined(read([file], "line")) == ["one", "two"]


def test_a_long_document_comes_in_pieces_that_end_before_a_space(tmp_path):
    text = "some words of text " * 5000
    pieces = list(read([source(tmp_path, text.encode())], "file", block=10_000))
    assert len(pieces) > 8
    assert all(len(piece.content) <= 15_000 for piece in pieces)
    assert all(piece.content[0] == " " for piece in pieces[1:])
    assert "".join(piece.content for piece in pieces) == text
    assert [piece.ends_document for piece in pieces] == [False] * (len(pieces) - 1) + [True]


def test_a_long_word_is_cut_anywhere(tmp_path):
    text = "x" * 50_000
    pieces = list(read([source(tmp_path, text.encode())], "line", block=10_000))
    assert max(len(piece.content) for piece in pieces) <= 20_000
    assert joined(pieces) == [text]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(PARAGRAPHS, min_size=1, max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 40),
    st.sampled_from(["file", "line", "blank"]),
    st.booleans(),
)
def test_where_a_file_is_cut_does_not_change_its_documents(
    tmp_path_factory, paragraphs, end, block, kind, as_bytes
):
    text = "\n\n".join(paragraphs).replace("\n", end)
    file = source(tmp_path_factory.mktemp("x"), text.encode())
    pieces = list(read([file], kind, block=block, as_bytes=as_bytes))
    if kind == "file":
        expected = [text]
    elif kind == "line":
        lines = "\n".join(paragraphs).split("\n")
        expected = lines
    else:
        expected = [paragraph.replace("\n", end) for paragraph in paragraphs]
    found = joined(pieces)
    assert (found if not as_bytes else [content.decode() for content in found]) == expected
    assert sum(piece.size for piece in pieces) == len(text.encode())
