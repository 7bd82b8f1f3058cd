"""Text on a terminal: what could command it is shown as escapes, on stdout and on stderr.

    with guarded():
        print(text)

Model output, data, file names, plugins and errors hold whatever their makers put there. A terminal
obeys control characters, so they go through here, the one place where text meets a terminal: `ESC`
is written as `\\x1b`, U+202E as `\\u202e`, a tag character as `\\U000e0041`, as Python spells them.
Each character is escaped by itself, so a sequence split over two writes does not slip through.
Pipes and files get the text as it is.

Escaped are C0 but for newline and tab, DEL, C1, line and paragraph separators, marks that change
the direction of text, interlinear annotation, tag characters, and lone surrogates. `\\r\\n` stays a
line end. Letters, combining characters and joiners of every language stay as they are.
"""

from __future__ import annotations

import codecs
import io
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

from rnngen.contracts.errors import RnngenError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # C0 without tab and line ends, DEL, C1
    "\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f"  # separators, and what directs text
    "\ufff9-\ufffb\U000e0000-\U000e007f"  # annotation and tags, which nobody sees
    "\ud800-\udfff]"  # surrogates, which no encoding has
    "|\r(?!\n)"
)


def visible(text: str) -> str:
    """`text` with every character that could command a terminal as an escape."""
    return UNSAFE.sub(lambda match: _escape(match[0]), text)


def visible_line(text: str) -> str:
    """The same in one line: line ends and tabs are escapes, too."""
    return one_line(visible(text))


def one_line(text: str) -> str:
    """`text` with line ends and tabs as escapes, whatever else it holds."""
    return re.sub(r"[\r\n\t]", lambda match: repr(match[0])[1:-1], text)


def visible_json(text: str) -> str:
    """JSON that stays the same JSON: escapes as JSON writes them."""
    return UNSAFE.sub(lambda match: _json_escape(match[0]), text)


class Terminal:
    """A text stream that shows text on a terminal.

    Args:
        trusted: the terminal itself, for our own colours around text that is `visible` already.
    """

    def __init__(self, trusted: TextIO) -> None:
        self.trusted = trusted
        self._held = ""
        self._buffer: _Bytes | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.trusted, name)

    @property
    def buffer(self) -> _Bytes:
        """The stream of bytes below, whose text is shown in the same way."""
        if self._buffer is None:
            self._buffer = _Bytes(self)
        return self._buffer

    def write(self, text: str) -> int:
        """Shows `text`; a carriage return at its end waits for the newline that may follow."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        shown, self._held = self._held + text, ""
        if shown.endswith("\r"):
            shown, self._held = shown[:-1], "\r"
        if shown:
            self.trusted.write(visible(shown))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Shows each of them."""
        for line in lines:
            self.write(line)

    def release(self) -> None:
        """Shows what waited, since nothing follows."""
        held, self._held = self._held, ""
        if held:
            self.trusted.write(visible(held))


class _Bytes(io.RawIOBase):
    """Bytes on a terminal: UTF-8 is shown as text, any other byte as `\\xff`."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer) -> int:
        raw = bytes(data)
        self._terminal.write(self._decoder.decode(raw))
        return len(raw)

    def flush(self) -> None:
        self._terminal.trusted.flush()


def shown(stream: TextIO) -> TextIO:
    """The stream itself, or what shows text on it where it is a terminal."""
    if isinstance(stream, Terminal) or not stream.isatty():
        return stream
    return cast(TextIO, Terminal(stream))


def trusted(stream: TextIO) -> TextIO:
    """The stream below, which takes control sequences; only for text that is `visible`."""
    while isinstance(stream, Terminal):
        stream = stream.trusted
    return stream


@contextmanager
def guarded() -> Iterator[None]:
    """Whatever is written to stdout and stderr meanwhile is shown, if they are terminals."""
    before = sys.stdout, sys.stderr
    for stream in before:
        # What the terminal's encoding lacks is an escape, too, and never an error.
        if hasattr(stream, "reconfigure") and stream.isatty():
            stream.reconfigure(errors="backslashreplace")
    sys.stdout, sys.stderr = now = shown(before[0]), shown(before[1])
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        for stream in now:
            if isinstance(stream, Terminal):
                with suppress(RnngenError, SystemExit):  # it is gone, which was said before
                    stream.release()


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00  # a byte that is not UTF-8, as Python has it in text
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
