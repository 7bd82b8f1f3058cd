"""Texts whose lines end with CR LF or CR are the same texts, everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.components.domains.text import TextDomain
from rnngen.components.domains.text.options import Options
from rnngen.components.domains.text.read import read
from rnngen.files.source import Source

ENDS = ["\n", "\r\n", "\r"]


def documents(path: Path, data: bytes, **options: object) -> list[object]:
    path.write_bytes(data)
    found: list[object] = []
    begins = True
    for piece in read([Source("x", path)], **options):  # type: ignore[arg-type]
        if begins:
            found.append(piece.content)
        else:
            found[-1] += piece.content  # type: ignore[operator]
        begins = piece.ends_document
    return found


@given(st.text("ab \r\n", min_size=1, max_size=30).filter(str.strip), st.integers(1, 9))
@settings(max_examples=200, deadline=None)
def test_text_is_read_as_python_reads_it_wherever_blocks_end(
    tmp_path_factory: pytest.TempPathFactory, text: str, block: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "ends"
    expected = text.replace("\r\n", "\n").replace("\r", "\n")
    got = documents(path, text.encode(), documents="file", line_ends="lf", block=block)
    assert got == [expected]
    assert documents(path, text.encode(), documents="file", block=block) == [text]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("as_bytes", [False, True])
def test_lines_and_blocks_are_found_whatever_ends_them(
    tmp_path: Path, end: str, as_bytes: bool
) -> None:
    text = end.join(["", "one", "two", "", "", "three", "four", ""]).encode()
    options = {"as_bytes": as_bytes, "line_ends": "lf"}
    lines: list[object] = [b"one", b"two", b"three", b"four"]
    joint = end.encode() if as_bytes else b"\n"
    blocks: list[object] = [b"one" + joint + b"two", b"three" + joint + b"four"]
    if not as_bytes:
        lines = [line.decode() for line in lines]  # type: ignore[attr-defined]
        blocks = [block.decode() for block in blocks]  # type: ignore[attr-defined]
    for block in (1, 5, 1000):
        assert documents(tmp_path / "x", text, documents="line", block=block, **options) == lines
        assert documents(tmp_path / "x", text, documents="blank", block=block, **options) == blocks


@pytest.mark.parametrize("tokens", ["char", "word", "bpe:300", "unigram:300"])
def test_no_kind_of_token_but_bytes_learns_carriage_returns(tmp_path: Path, tokens: str) -> None:
    domain = TextDomain(Options(tokens=tokens))
    codecs = []
    for number, end in enumerate(ENDS):
        path = tmp_path / str(number)
        path.write_bytes(end.join(["the tower", "stands here", ""] * 20).encode())
        source = Source("x", path)
        codecs.append(domain.fit_codec(lambda source=source: domain.read([source])))
    assert codecs[0].files() == codecs[1].files() == codecs[2].files()
    assert domain.begin("the\r\ntower\r", codecs[0]).shown == "the\ntower\n"


def test_bytes_are_kept_and_so_is_text_that_is_to_be(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"a\r\nb\rc\n")
    source = Source("x", tmp_path / "x")
    kept = [
        next(TextDomain(options).read([source])).content
        for options in (Options(tokens="byte"), Options(line_ends="keep"))
    ]
    assert kept == [b"a\r\nb\rc\n", "a\r\nb\rc\n"]
    assert TextDomain(Options(line_ends="keep")).spelled("a\r\n") == "a\r\n"
