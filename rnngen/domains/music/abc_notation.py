"""Tunes in ABC notation as scores: each tune of a book is a piece of its own.

symusic has abc2midi inside, which talks to the process's own output and leaves a note or two of
expression in the times; the grid takes the latter away again.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rnngen.domains.music.score import Score, checked, symusic
from rnngen.errors import DataError

LARGEST = 8 << 20
TUNE = re.compile(r"^X:", re.MULTILINE)
COMPLAINT = re.compile(r"^Error in line-char (\d+)-\d+ : (.*)$", re.MULTILINE)


def is_abc(data: bytes) -> bool:
    """Whether it looks like a tune book: a line begins with `X:` or `K:`."""
    return re.search(rb"^[XK]:", data[: 1 << 16], re.MULTILINE) is not None


def read_abc(data: bytes, name: str) -> Iterator[tuple[Score | DataError, int]]:
    """The tunes of a book, and how many bytes each has.

    Of a damaged tune there is the error, so that others can be read without it.

    Args:
        data: the file, decompressed; UTF-8 or Latin-1, as ABC files are.
        name: for messages.

    Raises:
        DataError: it is no tune book.
    """
    if len(data) > LARGEST:
        raise DataError(
            f"`{name}` has {len(data):,} bytes, expected at most {LARGEST:,} of an ABC file",
            hint="split it",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    text = text.replace("\r\n", "\n").replace("\0", "")
    starts = [match.start() for match in TUNE.finditer(text)]
    if not starts:
        raise DataError(
            f"`{name}` has no tune in ABC notation: none begins with a line `X:1`",
            hint="see whether it is the right file",
        )
    common = text[: starts[0]]
    rest = len(data)
    for start, stop in zip(starts, [*starts[1:], len(text)], strict=True):
        tune = text[start:stop]
        line = text.count("\n", 0, start) + 1
        size = rest if stop == len(text) else min(rest, len(tune.encode()))
        rest -= size
        try:
            yield _tune(common + tune, name, line), size
        except DataError as error:
            yield error, size


def _tune(text: str, name: str, line: int) -> Score:
    where = f"{name}, the tune at line {line}"
    library = symusic()
    with _quiet() as said:
        try:
            score = library.Score.from_abc(text)
        except Exception:
            score = None
    complaint = COMPLAINT.search(said())
    if score is None or not sum(len(track.notes) for track in score.tracks):
        reason = f": {complaint[2]}" if complaint else " that abc2midi can read"
        raise DataError(
            f"`{where}` has no notes{reason}",
            hint="mend it or take it out, or leave all damaged tunes out with "
            "`-o music.damaged=skip`",
        )
    return checked(score, where)


@contextmanager
def _quiet() -> Iterator[Callable[[], str]]:
    """Takes what is written to the process's outputs meanwhile; gives a function that has it."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with tempfile.TemporaryFile() as file:
        taken = ""

        def said() -> str:
            return taken

        kept = [os.dup(number) for number in (1, 2)]
        try:
            for number in (1, 2):
                os.dup2(file.fileno(), number)
            yield said
        finally:
            for number, old in zip((1, 2), kept, strict=True):
                os.dup2(old, number)
                os.close(old)
        file.seek(0)
        taken = file.read().decode(errors="replace")
