"""Music files as pieces: MIDI, ABC, and piano rolls from other sources.

The kind of a file is recognised by its first bytes, not its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rnngen import DataError, LeftOut, Piece, Source, content_suffix
from rnngen_music import piano_roll, roll_files, score
from rnngen_music.abc_notation import is_abc, read_abc
from rnngen_music.losses import of_tokens
from rnngen_music.midi import read_midi
from rnngen_music.options import Options
from rnngen_music.score import Tune
from rnngen_music.tokenizer import NOW

SUFFIXES = (".mid", ".midi", ".kar", ".rmi", ".abc", ".mat")
FOLDERS = {
    "train": "train",
    "valid": "valid",
    "validation": "valid",
    "dev": "valid",
    "test": "test",
}
LARGEST = 256 << 20

Remark = Callable[[str], None]


def keep(path: Path) -> bool:
    """Whether a file is music, by its name."""
    return content_suffix(path) in SUFFIXES


def parts(sources: Sequence[Source]) -> dict[str, list[Source]] | None:
    """The published split of the data: inside files, or by folders named after the parts."""
    found: dict[str, list[Source]] = {}
    for source in sources:
        if _has_parts(source):
            for part in roll_files.PARTS:
                found.setdefault(part, []).append(replace(source, part=part))
            continue
        part = next((FOLDERS[p.name] for p in source.path.parents if p.name in FOLDERS), "")
        if not part:
            return None
        found.setdefault(part, []).append(replace(source, part=part))
    return found if "train" in found and len(found) > 1 else None


def read(sources: Sequence[Source], options: Options, remark: Remark) -> Iterator[Piece]:
    """The pieces in the sources, in order.

    Args:
        sources: files.
        options: the domain's options.
        remark: told what was left out.

    Raises:
        DataError: a file is not music, damaged, or empty.
    """
    first: DataError | None = None
    left_out, some = 0, False
    lost = LeftOut(remark)
    for source in sources:
        for content, size in _of(source, options, lost):
            if isinstance(content, DataError):
                if options.damaged == "error":
                    raise content
                remark(f"left out: {content.message}")
                first, left_out = first or content, left_out + size
                continue
            some = True
            lost.piece()
            pieces = [content]
            if options.transpose and source.part == "train":
                pieces += _moved(content, options.transpose)
            for number, piece in enumerate(pieces):
                yield Piece(piece, True, 0 if number else size + left_out)
            left_out = 0
    lost.say()
    if first is not None and not some:
        raise first


def read_one(source: Source, options: Options, beats: float | None) -> Any:
    """The first piece of a file, or its first beats: a `Tune`, or a roll.

    Raises:
        DataError: as for `read`.
    """
    content, _ = next(_of(source, options, LeftOut(), beats))
    if isinstance(content, DataError):
        raise content
    return content


def _of(
    source: Source, options: Options, lost: LeftOut, beats: float | None = None
) -> Iterator[tuple[Any, int]]:
    """The pieces of a file, or the errors of damaged ones, with their sizes in bytes."""
    try:
        with source.open() as stream:
            data = stream.read(LARGEST + 1)
    except DataError as error:
        yield error, 0
        return
    if len(data) > LARGEST:
        yield DataError(f"`{source.name}` is too large for music", hint="leave it out"), 0
        return
    if roll_files.is_mat(data) or roll_files.is_json(data):
        yield from _rolls(data, source, options, beats)
        return
    for found, size in _scores(data, source.name, options, lost):
        if isinstance(found, DataError):
            yield found, size
            continue
        shown = found if beats is None else score.first_beats(found, beats)
        if options.steps == "events":
            for loss in of_tokens(shown, NOW):
                what, amount, example = loss
                lost.add(what, source.name, amount, example)
            yield Tune(shown), size
            continue
        roll, left = piano_roll.roll_of(shown, options.grid)
        for count, what in (
            (left.drums, "drum notes"),
            (left.outside, "notes outside the 88 keys"),
        ):
            if count:
                lost.add(f"{what} left out, which frames can't represent", source.name, count)
        if not roll.any():
            yield (
                DataError(
                    f"`{source.name}` has no notes in the range of a piano",
                    hint="leave it out, or learn events: `-o music.steps=events`",
                ),
                size,
            )
            continue
        yield roll, size


def _scores(data: bytes, name: str, options: Options, lost: LeftOut) -> Iterator[tuple[Any, int]]:
    try:
        if data[:4] == b"MThd" or (data[:4] == b"RIFF" and data[8:12] == b"RMID"):
            yield read_midi(data, name, lost), len(data)
        elif is_abc(data):
            yield from read_abc(data, name, lost, chords=options.chords == "play")
        elif not data:
            raise DataError(f"`{name}` is empty", hint="leave it out")
        else:
            begin = data[:12].decode("latin-1")
            raise DataError(
                f"`{name}` is not a music file: it begins with {begin!r}, expected `MThd` (MIDI), "
                "a line `X:1` (ABC), or a `.mat` file of piano rolls",
                hint="leave it out, or skip all such files with `-o music.damaged=skip`",
            )
    except DataError as error:
        yield error, len(data)


def _rolls(
    data: bytes, source: Source, options: Options, beats: float | None
) -> Iterator[tuple[Any, int]]:
    if options.steps == "events":
        # `damaged` does not cover this: the whole file is of another kind.
        raise DataError(
            f"`{source.name}` holds frames of a piano roll, not notes",
            hint="learn frames: `-o music.steps=frames`",
        )
    size = len(data) if source.part in ("", "train") else 0
    try:
        for roll in roll_files.read_rolls(data, source.part, source.name):
            yield roll if beats is None else roll[: round(beats * options.grid)], size
            size = 0
    except DataError as error:
        yield error, size


def _moved(content: Any, semitones: int) -> Iterator[Any]:
    """The piece and its transpositions, as far as all notes stay in range."""
    for shift in (step for step in range(-semitones, semitones + 1) if step):
        if isinstance(content, Tune):
            moved = score.transposed(content.score, shift)
            moved = None if moved is None else Tune(moved)
        else:
            moved = piano_roll.transposed(content, shift)
        if moved is not None:
            yield moved


def _has_parts(source: Source) -> bool:
    try:
        with source.open() as stream:
            data = stream.read(16)
    except DataError:
        return False
    return roll_files.is_mat(data) or roll_files.is_json(data)
