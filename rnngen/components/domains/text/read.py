"""Reads text files into pieces of documents; memory does not grow with the files.

Bytes are taken as they are, but for the byte order mark; in text, every line ends with LF unless
line ends are to be kept. The sizes of all pieces of a file add up to the bytes of what was taken,
but for blank lines after the last document.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from rnngen.components.domains.text.known import LOOK, refuse_known
from rnngen.contracts.errors import DataError
from rnngen.contracts.exact_text import not_utf8
from rnngen.contracts.steps import Piece
from rnngen.files.source import BLOCK, Source

Documents = Literal["file", "line", "blank"]

BOM = codecs.BOM_UTF8

# What stands between two documents. Lines of nothing but spaces count as empty lines.
# A CR ends a line by itself, too, unless it is the last that is known: an LF may follow.
END = r"(?:\r?\n|\r(?=[^\n]))"
EMPTY = rf"(?:[^\S\r\n]*{END})"
SEPARATORS = {"line": f"{END}{EMPTY}*", "blank": f"{END}{EMPTY}+"}
LEADING = f"{EMPTY}+"
ENDING = r"(?:\r?\n|\r)[^\S\n]*\Z"

# Every tokenizer here keeps a space with what follows it, so that nothing changes at such a cut.
SAFE = r"(?<=\S)(?=\s)"

WINDOW = 4096
"""How far back from its end a piece is searched for a place to cut."""


def read(
    sources: Sequence[Source],
    documents: Documents,
    *,
    as_bytes: bool = False,
    binary: bool = False,
    line_ends: Literal["lf", "keep"] = "keep",
    block: int = BLOCK,
) -> Iterator[Piece]:
    """The documents of all sources in order, in pieces of about `block` bytes.

    Args:
        sources: files; a document never goes over the end of one.
        documents: a `file`, a `line` without its line end, or what stands between `blank` lines.
        as_bytes: whether pieces hold `bytes`, of any file, rather than `str`, of UTF-8.
        binary: whether archives, pictures and the like are read, too.
        line_ends: whether CR LF and CR are read as LF, where pieces hold `str`.
        block: bytes read at a time; a piece is at most about twice that.

    Raises:
        DataError: a file is empty, has no document, is damaged, is not text, or not UTF-8.
    """
    for source in sources:
        if not binary:
            with source.open() as stream:
                refuse_known(source.name, stream.read(LOOK), marked=as_bytes)
        chunks: Iterator[Any] = _bytes(source, block) if as_bytes else _text(source, block)
        if line_ends == "lf" and not as_bytes:
            chunks = _with_lf(chunks)
        empty = True
        for piece in _documents(chunks, documents, b"" if as_bytes else "", block):
            empty = False
            yield piece
        if empty:
            raise DataError(
                f"`{source.name}` is empty: there is nothing to learn from",
                hint="leave it out, or check how it was written",
            )


def _bytes(source: Source, block: int) -> Iterator[bytes]:
    with source.open() as stream:
        while chunk := stream.read(block):
            yield chunk


def _text(source: Source, block: int) -> Iterator[str]:
    """Strictly decoded; the byte order mark stays, for it counts as bytes of the first piece."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    start = 0  # of the chunk, in the file
    with source.open() as stream:
        while True:
            chunk = stream.read(block)
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                offset, begin = start - pending + error.start, start - pending
                raise not_utf8(
                    f"`{source.name}`",
                    error.object,
                    offset,
                    begin,
                    hint=", or use the bytes as they are: `--tokens byte`",
                ) from None
            start += len(chunk)
            if text:
                yield text
            if not chunk:
                return


def _with_lf(chunks: Iterator[str]) -> Iterator[str]:
    """The same text; a CR at the end of a chunk waits for the LF that may follow."""
    decoder = io.IncrementalNewlineDecoder(None, translate=True)
    for chunk in chunks:
        if text := decoder.decode(chunk):
            yield text
    if text := decoder.decode("", final=True):
        yield text


def _documents(
    chunks: Iterator[Any], documents: Documents, nothing: str | bytes, block: int
) -> Iterator[Piece]:
    separator = None if documents == "file" else _pattern(SEPARATORS[documents], nothing)
    leading, ending, safe = (_pattern(text, nothing) for text in (LEADING, ENDING, SAFE))
    mark: Any = BOM if isinstance(nothing, bytes) else BOM.decode()
    buffer: Any = nothing
    skipped = 0  # bytes that belong to no document: the byte order mark, blank lines at the start
    inside = False  # a part of the present document was given out
    for number, chunk in enumerate(chunks):
        buffer = buffer + chunk
        if number == 0 and buffer.startswith(mark):
            skipped, buffer = len(BOM), buffer[len(mark) :]
        start = 0
        if separator is not None:
            blank = None if inside else leading.match(buffer)
            if blank:
                start = blank.end()
                skipped += _size(buffer[:start])
            plain = isinstance(buffer, bytes) or buffer.isascii()
            for match in separator.finditer(buffer, start):
                end, stop = match.span()
                size = stop - start if plain else _size(buffer[start:stop])
                yield Piece(buffer[start:end], True, skipped + size)
                start, skipped, inside = stop, 0, False
        buffer = buffer[start:]
        if len(buffer) >= block:
            cut = _safe_cut(buffer, safe)
            if cut == 0 and len(buffer) < block + WINDOW:
                continue  # nothing but space so far: a separator may be on its way
            cut = cut or len(buffer)
            yield Piece(buffer[:cut], False, skipped + _size(buffer[:cut]))
            buffer, skipped, inside = buffer[cut:], 0, True
    content = buffer
    if separator is not None:
        content = ending.sub(nothing, buffer)
        if not inside and not content.strip():
            return
    if inside or content:
        yield Piece(content, True, skipped + _size(buffer))


def _safe_cut(buffer: Any, safe: re.Pattern[Any]) -> int:
    """Where to cut: the last place between a word and a space, or the end of a long word.

    Never within a run of spaces, which may be a separator; 0 where there is nothing else.
    """
    cut = len(buffer.rstrip())
    if cut < len(buffer):
        return cut
    for match in safe.finditer(buffer, max(1, cut - WINDOW)):
        cut = match.start()
    return cut


def _size(content: str | bytes) -> int:
    if isinstance(content, str) and not content.isascii():
        return len(content.encode())
    return len(content)


def _pattern(text: str, like: str | bytes) -> re.Pattern[Any]:
    return re.compile(text.encode()) if isinstance(like, bytes) else re.compile(text)
