"""Files that are not text, by their first bytes: an archive learned as text teaches nothing."""

from __future__ import annotations

from rnngen.contracts.errors import DataError
from rnngen.contracts.exact_text import UTF16, utf16_order

LOOK = 512
"""Number of leading bytes inspected."""

UNPACK = "unpack it first: `{}`"
PLAIN = "save its text as a plain file"

MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive, or a document made of one", UNPACK.format("unzip FILE")),
    (b"PK\x05\x06", "an empty ZIP archive", "name another file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK.format("7z x FILE")),
    (b"Rar!\x1a\x07", "a RAR archive", UNPACK.format("unrar x FILE")),
    (b"\x04\x22\x4d\x18", "packed with LZ4", UNPACK.format("lz4 -d FILE")),
    (b"\x1f\x9d", "packed with compress", UNPACK.format("uncompress FILE")),
    (b"\x5d\x00\x00\x80\x00\xff", "packed with LZMA", UNPACK.format("unlzma FILE")),
    (b"\x5d\x00\x00\x00\x04\xff", "packed with LZMA", UNPACK.format("unlzma FILE")),
    (b"%PDF-", "a PDF document", "take its text out: `pdftotext FILE`"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document", PLAIN),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture", "name a text"),
    (b"\xff\xd8\xff", "a JPEG picture", "name a text"),
    (b"GIF87a", "a GIF picture", "name a text"),
    (b"GIF89a", "a GIF picture", "name a text"),
    (b"\x7fELF", "a program", "name a text"),
    (b"\xcf\xfa\xed\xfe", "a program", "name a text"),
    (b"\xca\xfe\xba\xbe", "a program", "name a text"),
    (b"SQLite format 3\x00", "an SQLite database", PLAIN),
    (b"\x93NUMPY", "a NumPy array", PLAIN),
    (b"PAR1", "a Parquet table", PLAIN),
    (b"MThd\x00\x00\x00", "a MIDI file", "learn music with `--domain music`"),
    (b"OggS\x00", "a sound or a film", "name a text"),
    (b"fLaC\x00", "a sound", "name a text"),
)


def refuse_known(name: str, head: bytes, *, marked: bool) -> None:
    """Rejects files known not to be UTF-8 text.

    Args:
        name: of the file, for the message.
        head: its first bytes, unpacked.
        marked: whether UTF-16 with a byte order mark is refused here, too.

    Raises:
        DataError: it is, and what it is.
    """
    found = _known(head, marked)
    if found:
        what, hint = found
        raise DataError(
            f"`{name}` is not text, but {what}",
            hint=f"{hint}; or learn its bytes as they are: `--tokens byte -o text.binary=true`",
        )


def _known(head: bytes, marked: bool) -> tuple[str, str] | None:
    for magic, what, hint in MAGIC:
        if head.startswith(magic):
            return what, hint
    if head[257:262] == b"ustar":
        return "a tar archive", UNPACK.format("tar -xf FILE")
    if head[:2] == b"MZ" and b"\0" in head:
        return "a program", "name a text"
    if head[:4] == b"RIFF" and head[8:12] in (b"WAVE", b"AVI ", b"WEBP"):
        return "a sound, a film or a picture", "name a text"
    order = utf16_order(head)
    if order is None or (order == "" and not marked):
        return None
    return "UTF-16", "convert it: " + UTF16.format(order)
