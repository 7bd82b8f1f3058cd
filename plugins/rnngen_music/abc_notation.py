"""Tunes in ABC notation as scores: each tune in a book is its own piece.

abc2midi reads them and adds slight expressive timing, which the grid removes again. It would open
any file that a tune names, so it never gets such tunes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rnngen import DataError, LeftOut
from rnngen_music.abc2midi import Abc2Midi, Failed, running
from rnngen_music.midi_file import Damage, read_song
from rnngen_music.pickup import moved_to_bars
from rnngen_music.score import Score, checked

LARGEST = 8 << 20
TUNE = re.compile(r"^X:", re.MULTILINE)
COMPLAINT = re.compile(r"^Error in line-char (\d+)-\d+ : (.*)$", re.MULTILINE)
NOTES = re.compile(r"^(?![A-Za-z]:|%).*$", re.MULTILINE)
"""Lines of notes: neither fields nor directives nor comments."""

OPENS_A_FILE = re.compile(
    # A music file, or a file of loudnesses; loudnesses written in the tune are numbers.
    r"^(?:[ \t]*%%|.*I[ \t]*:).*?(?P<what>abc-include|ptstress(?![-+.\d \t]*$))",
    re.MULTILINE | re.IGNORECASE,
)
HINT = "fix or remove it, or skip all damaged tunes with `-o music.damaged=skip`"


def is_abc(data: bytes) -> bool:
    """Whether the data looks like a tune book: a line begins with `X:` or `K:`."""
    return re.search(rb"^[XK]:", data[: 1 << 16], re.MULTILINE) is not None


def read_abc(
    data: bytes, name: str, lost: LeftOut | None = None, *, chords: bool = True
) -> Iterator[tuple[Score | DataError, int]]:
    """The tunes in a book, and the size of each in bytes.

    A damaged tune is returned as its error, so that the others can still be read.

    Args:
        data: the file, decompressed; UTF-8 or Latin-1, as ABC files are.
        name: for messages.
        lost: counts what abc2midi did not understand.
        chords: play the chord symbols.

    Raises:
        DataError: it is not a tune book.
    """
    if len(data) > LARGEST:
        raise DataError(
            f"`{name}` has {len(data):,} bytes, expected at most {LARGEST:,} for an ABC file",
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
            f"`{name}` has no tunes in ABC notation: no line like `X:1` starts one",
            hint="check that it is the right file",
        )
    common = text[: starts[0]]
    _check_files(common, name, 1)
    rest = len(data)
    lost = lost or LeftOut()
    with running() as program:
        for start, stop in zip(starts, [*starts[1:], len(text)], strict=True):
            tune = text[start:stop]
            line = text.count("\n", 0, start) + 1
            size = rest if stop == len(text) else min(rest, len(tune.encode()))
            rest -= size
            try:
                _check_files(tune, name, line)
                whole = common + tune if chords else _without_chords(common + tune)
                yield _tune(program, whole, f"{name}, tune at line {line}", lost), size
            except DataError as error:
                yield error, size


def _check_files(text: str, name: str, line: int) -> None:
    """Raises DataError if a line names another file to read; `line` numbers the first line."""
    found = OPENS_A_FILE.search(text)
    if found:
        line += text.count("\n", 0, found.start("what"))
        raise DataError(
            f"`{name}`, line {line}: `{found['what']}` would read another file, which a tune is "
            "not allowed to do",
            hint="copy that file into the tune, or remove the line",
        )


def _without_chords(text: str) -> str:
    """The text without the quoted words above its notes, which are chords or have no sound."""
    return NOTES.sub(lambda line: re.sub(r'"[^"\n]*"', "", line[0]), text)


def _tune(program: Abc2Midi, text: str, where: str, lost: LeftOut) -> Score:
    try:
        made, said = program.convert(text)
        song = read_song(made) if made else None
    except Failed as failure:
        raise DataError(f"`{where}` can't be read: {failure}", hint=HINT) from None
    except Damage as damage:
        raise DataError(
            f"`{where}` can't be read: abc2midi produced a damaged file: {damage}", hint=HINT
        ) from None
    if song is None or not any(part.notes for part in song.parts):
        complaint = COMPLAINT.search(said)
        reason = f": {complaint[2]}" if complaint else " that abc2midi can read"
        raise DataError(f"`{where}` has no notes{reason}", hint=HINT)
    for complaint in COMPLAINT.finditer(said):
        lost.add("not understood by abc2midi", where, 0, complaint[2].strip())
    whole_bars = moved_to_bars(song, program, text)
    return checked(whole_bars, where)
