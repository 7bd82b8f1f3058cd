"""Bytes as text and back, whatever they are.

Steps of a model of bytes need not spell UTF-8. Inside, such text is exact: each byte that is not
UTF-8 is a lone surrogate (PEP 383), as Python has it in arguments and file names. What people and
programs get has U+FFFD in its place, and the bytes beside it.
"""

from __future__ import annotations

import codecs
import re

from rnngen.contracts.errors import DataError

KEPT = "surrogateescape"

ESCAPED = re.compile("[\udc80-\udcff]")
"""A byte that is not UTF-8."""

BOM = "\ufeff"

UTF16 = "`iconv -f UTF-16{} -t UTF-8`"


def exact(data: bytes) -> str:
    """The text of bytes, from which `data_of` makes the same bytes."""
    return data.decode("utf-8", KEPT)


def data_of(text: str) -> bytes:
    """The bytes of exact text.

    Raises:
        DataError: it holds half of a surrogate pair that stands for no byte.
    """
    try:
        return text.encode("utf-8", KEPT)
    except UnicodeEncodeError as error:
        raise DataError(
            f"the text holds {text[error.start]!r}, which is not a character",
            hint="it comes from input that is not UTF-8",
        ) from None


def readable(text: str) -> str:
    """Exact text as UTF-8 has it: U+FFFD for what is not."""
    if text.isascii() or not ESCAPED.search(text):
        return text
    return data_of(text).decode("utf-8", "replace")


class ReadableStream:
    """Exact text as it comes along, made readable: the parts give what `readable` of all gives."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, text: str) -> str:
        """What became readable; may be empty."""
        return self._decoder.decode(data_of(text))

    def flush(self) -> str:
        """U+FFFD for what was held back, or nothing."""
        return self._decoder.decode(b"", final=True)


def refuse_escaped(text: str, name: str) -> None:
    """Rejects exact text of bytes that are not UTF-8.

    Args:
        text: as `exact` made it.
        name: what it is, for the message: "the prompt".

    Raises:
        DataError: it has such bytes; says which, and what encoding they look like.
    """
    found = ESCAPED.search(text)
    if found:
        raise not_utf8(name, data_of(text), len(data_of(text[: found.start()])))


def not_utf8(name: str, data: bytes, offset: int, start: int = 0, hint: str = "") -> DataError:
    """The error for bytes that are not UTF-8.

    Args:
        name: what they are, for the message.
        data: from `start` on, as much as is at hand.
        offset: of the first byte that is not valid, in the whole.
        start: where in the whole `data` begins.
        hint: what else one may do.
    """
    byte = data[offset - start]
    message = f"{name} is not UTF-8: byte 0x{byte:02x} at offset {offset} is not valid there"
    return DataError(message, hint=f"{_conversion(data, offset)}{hint}")


def text_of_file(data: bytes, name: str) -> str:
    """The text of a file as people write it, without its byte order mark.

    Raises:
        DataError: it is not UTF-8; says what it looks like.
    """
    order = utf16_order(data[:512])
    if order is not None:
        raise DataError(
            f"{name} is UTF-16, expected UTF-8", hint=UTF16.format(order) + " converts it"
        )
    text = exact(data).removeprefix(BOM)
    refuse_escaped(text, name)
    return text


def utf16_order(head: bytes) -> str | None:
    """Whether bytes are UTF-16: its order, `LE` or `BE`, empty with a byte order mark; else None.

    Without a mark, of Latin letters every other byte is 0.
    """
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return ""
    pairs = len(head) // 2
    if pairs < 8:
        return None
    first, second = (head[place : 2 * pairs : 2].count(0) for place in (0, 1))
    if second > 0.7 * pairs and first == 0:
        return "LE"
    return "BE" if first > 0.7 * pairs and second == 0 else None


def _conversion(data: bytes, offset: int) -> str:
    if offset == 0 and utf16_order(data[:512]) == "":
        return "it looks like UTF-16; " + UTF16.format("") + " converts it"
    wrong = {ord(mark) - 0xDC00 for mark in ESCAPED.findall(exact(data))}
    # Quotes and dashes of Windows-1252 have numbers that are control characters in Latin-1.
    windows = any(0x80 <= byte <= 0x9F for byte in wrong) and not wrong & UNUSED
    return f"convert it (`iconv -f {'CP1252' if windows else 'LATIN1'} -t UTF-8`)"


UNUSED = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
"""Bytes without a character in Windows-1252."""
