"""Compressed streams, known by their first bytes, whatever their name says.

gzip, bzip2, xz and Zstandard are unpacked, several streams behind each other and streams within
streams too, a megabyte at a time: a small file that unpacks to a huge one fills no memory.
"""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from rnngen.contracts.file_names import COMPRESSED

BLOCK = 1 << 20

LAYERS = 3
"""Most nested streams; more are a mistake or an attack."""

# Long enough that no text begins so.
MAGIC = {
    b"\x1f\x8b\x08": "gzip",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstandard",
}
BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")
"""What follows `BZh` and a digit: a block, or the end of an empty stream."""

LONGEST = 10


class Damaged(OSError):
    """A compressed file is not compressed, or is damaged."""


def kind_of(head: bytes) -> str:
    """The compression of a stream that begins with these bytes; empty if there is none."""
    if head[:3] == b"BZh" and head[3:4].isdigit() and head[4:10] in BZIP2_BLOCKS:
        return "bzip2"
    return next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), "")


def unpacked(stream: BinaryIO, promised: str = "") -> BinaryIO:
    """The stream as it was before it was compressed.

    Args:
        stream: of bytes, at its beginning.
        promised: the suffix of its name: one that says it is compressed has to keep its word.

    Raises:
        Damaged: it is not compressed although its name says so, or too often; what is wrong further
            on is raised while reading, by the library that notices it, or as EOFError.
    """
    buffered = io.BufferedReader(cast(Any, stream), BLOCK)
    for layer in range(LAYERS + 1):
        head = buffered.peek(LONGEST)[:LONGEST]
        kind = kind_of(head)
        if not kind:
            if layer == 0 and promised in COMPRESSED and head:
                raise Damaged(f"its name ends in `{promised}`, but it does not begin like one")
            return buffered
        if layer < LAYERS:
            buffered = io.BufferedReader(Streams(buffered, kind), BLOCK)
    raise Damaged(f"it is compressed more than {LAYERS} times over")


class Streams(io.RawIOBase):
    """Unpacks one compressed stream after another, and notices where the last has no end.

    Args:
        stream: what is compressed.
        kind: how: `gzip`, `bzip2`, `xz`, `zstandard`.
    """

    def __init__(self, stream: BinaryIO, kind: str) -> None:
        self._stream = stream
        self._new = _decoder(kind)
        self._decoder: Any = None
        self._rest = b""

    def readable(self) -> bool:
        """True: these bytes can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """At most as much as fits; 0 at the end."""
        view = memoryview(buffer)
        while True:
            if self._decoder is None and not self._begin():
                return 0
            made = self._decoder.read(len(view), self._stream)
            if self._decoder.ended:
                self._rest, self._decoder = self._decoder.rest, None
            if made:
                view[: len(made)] = made
                return len(made)

    def _begin(self) -> bool:
        """Whether another stream follows; zeros may lie between two."""
        while not (rest := self._rest.lstrip(b"\0")):
            self._rest = self._stream.read(BLOCK)
            if not self._rest:
                return False
        self._decoder = self._new(rest)
        return True

    def close(self) -> None:
        """Closes what it reads from, too."""
        self._stream.close()
        super().close()


class _Library:
    """A standard library decoder that returns at most the requested size.

    Args:
        decoder: with `decompress(data, most)`, `eof` and `unused_data`.
        data: the first bytes.
    """

    def __init__(self, decoder: Any, data: bytes) -> None:
        self._decoder = decoder
        self._data = data

    ended = property(lambda self: self._decoder.eof)
    rest = property(lambda self: self._decoder.unused_data)

    def read(self, size: int, stream: BinaryIO) -> bytes:
        made: bytes = self._decoder.decompress(self._data, size)
        # zlib hands back what it has not read, the others keep it.
        self._data = getattr(self._decoder, "unconsumed_tail", b"")
        hungry = not self._data and getattr(self._decoder, "needs_input", True)
        if not made and hungry and not self._decoder.eof:
            self._data = stream.read(BLOCK)
            if not self._data:
                raise EOFError("it ends in the middle of a stream")
        return made


class _Zstandard:
    """Zstandard frames; its library can't limit the output, so it gets little input at a time."""

    def __init__(self, data: bytes) -> None:
        import zstandard

        self._decoder = zstandard.ZstdDecompressor().decompressobj()
        self._data = data
        self._ready = memoryview(b"")

    @property
    def ended(self) -> bool:
        return self._decoder.eof and not self._ready

    @property
    def rest(self) -> bytes:
        return self._decoder.unused_data + self._data

    def read(self, size: int, stream: BinaryIO) -> bytes:
        if not self._ready and not self._decoder.eof:
            self._data = self._data or stream.read(BLOCK)
            if not self._data:
                raise EOFError("it ends in the middle of a frame")
            # A few bytes may stand for a megabyte.
            part, self._data = self._data[:1024], self._data[1024:]
            self._ready = memoryview(self._decoder.decompress(part))
        made, self._ready = self._ready[:size].tobytes(), self._ready[size:]
        return made


def _decoder(kind: str) -> Callable[[bytes], Any]:
    if kind == "zstandard":
        return _Zstandard
    makers: dict[str, Callable[[], Any]] = {
        "gzip": lambda: zlib.decompressobj(wbits=zlib.MAX_WBITS | 16),
        "bzip2": bz2.BZ2Decompressor,
        "xz": lambda: lzma.LZMADecompressor(format=lzma.FORMAT_XZ),
    }
    return lambda data: _Library(makers[kind](), data)
