"""Tunes in ABC notation as scores: each tune of a book is a piece of its own.

abc2midi reads them, and leaves a note or two of expression in the times; the grid takes the latter
away again. It opens any file that a tune names, so that such tunes are not given to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rnngen import DataError
from rnngen_music.abc2midi import Abc2Midi, Failed, running
from rnngen_music.midi_file import Damage, read_song
from rnngen_music.score import Score, checked

LARGEST = 8 << 20
TUNE = re.compile(r"^X:", re.MULTILINE)
COMPLAINT = re.compile(r"^Error in line-char (\d+)-\d+ : (.*)$", re.MULTILINE)
OPENS_A_FILE = re.compile(
    # A file of music, or one of loudnesses; those written out are numbers.
    r"^(?:[ \t]*%%|.*I[ \t]*:).*?(?P<what>abc-include|ptstress(?![-+.\d \t]*$))",
    re.MULTILINE | re.IGNORECASE,
)
HINT = "mend it or take it out, or leave all damaged tunes out with `-o music.damaged=skip`"


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
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    starts = [match.start() for match in TUNE.finditer(text)]
    if not starts:
        raise DataError(
            f"`{name}` has no tune in ABC notation: none begins with a line `X:1`",
            hint="see whether it is the right file",
        )
    common = text[: starts[0]]
    _check_files(common, name, 1)
    rest = len(data)
    with running() as program:
        for start, stop in zip(starts, [*starts[1:], len(text)], strict=True):
            tune = text[start:stop]
            line = text.count("\n", 0, start) + 1
            size = rest if stop == len(text) else min(rest, len(tune.encode()))
            rest -= size
            try:
                _check_files(tune, name, line)
                yield _tune(program, common + tune, f"{name}, the tune at line {line}"), size
            except DataError as error:
                yield error, size


def _check_files(text: str, name: str, line: int) -> None:
    """DataError where lines, the first of which is `line`, name a file to be read."""
    found = OPENS_A_FILE.search(text)
    if found:
        line += text.count("\n", 0, found.start("what"))
        raise DataError(
            f"`{name}`, line {line}: `{found['what']}` would read another file, which a tune may "
            "not do",
            hint="write into the tune what that file has, or take the line out",
        )


def _tune(program: Abc2Midi, text: str, where: str) -> Score:
    try:
        made, said = program.convert(text)
        song = read_song(made) if made else None
    except Failed as failure:
        raise DataError(f"`{where}` can't be read: {failure}", hint=HINT) from None
    except Damage as damage:
        raise DataError(
            f"`{where}` can't be read: abc2midi made a damaged file of it: {damage}", hint=HINT
        ) from None
    if song is None or not any(part.notes for part in song.parts):
        complaint = COMPLAINT.search(said)
        reason = f": {complaint[2]}" if complaint else " that abc2midi can read"
        raise DataError(f"`{where}` has no notes{reason}", hint=HINT)
    return checked(song, where)
