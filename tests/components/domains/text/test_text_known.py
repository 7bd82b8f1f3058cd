"""What is not text is refused by name, and learned where that is asked for."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
import zlib

import pytest

from rnngen.components.domains.text import TextDomain
from rnngen.components.domains.text.options import Options as TextOptions
from rnngen.contracts.errors import DataError
from rnngen.files.source import Source

WORDS = "It was a bright cold day in April. " * 40


def zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("book.txt", WORDS)
    return made.getvalue()


def tarred() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        member = tarfile.TarInfo("book.txt")
        member.size = len(WORDS)
        archive.addfile(member, io.BytesIO(WORDS.encode()))
    return made.getvalue()


REFUSED = {
    "ZIP": zipped(),
    "tar": tarred(),
    "7z": b"7z\xbc\xaf\x27\x1c" + os.urandom(99),
    "RAR": b"Rar!\x1a\x07\x01\x00" + os.urandom(99),
    "LZ4": b"\x04\x22\x4d\x18" + os.urandom(99),
    "PDF": b"%PDF-1.7\n" + WORDS.encode(),
    "PNG": b"\x89PNG\r\n\x1a\n" + os.urandom(99),
    "JPEG": b"\xff\xd8\xff\xe0" + os.urandom(99),
    "program": b"\x7fELF\x02" + os.urandom(99),
    "UTF-16": WORDS.encode("utf-16"),
    "iconv -f UTF-16LE": WORDS.encode("utf-16-le"),
    "iconv -f UTF-16BE": WORDS.encode("utf-16-be"),
}


def read(path, **options):
    return b"".join(
        piece.content if isinstance(piece.content, bytes) else piece.content.encode()
        for piece in TextDomain(TextOptions(**options)).read([Source(path.name, path)])
    )


@pytest.mark.parametrize("tokens", ["byte", "char", "bpe:300"])
@pytest.mark.parametrize("kind", REFUSED)
def test_file_that_is_not_text_is_refused_by_what_it_is(kind, tokens, tmp_path):
    path = tmp_path / "book"
    path.write_bytes(REFUSED[kind])
    with pytest.raises(DataError) as caught:
        read(path, tokens=tokens)
    assert kind in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize("kind", REFUSED)
def test_file_that_is_not_text_is_learned_as_bytes_on_purpose(kind, tmp_path):
    path = tmp_path / "book"
    path.write_bytes(REFUSED[kind])
    assert read(path, tokens="byte", binary=True) == REFUSED[kind]


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)) * 4,
        bytes(600),
        zlib.compress(WORDS.encode()),
        WORDS.encode("latin-1"),
        b"MZ is a text",
        b"RIFFs of rock",
        "žluťoučký kůň".encode(),
    ],
)
def test_bytes_of_no_known_kind_are_learned_as_they_are(data, tmp_path):
    path = tmp_path / "data.bin"
    path.write_bytes(data)
    assert read(path, tokens="byte") == data
