"""Generated music as files: MIDI, a piano-roll picture, and sound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rnngen import DataError, UsageError, Written, saving, write_atomically
from rnngen_music.events import EventCodec
from rnngen_music.frames import FrameCodec
from rnngen_music.midi import write_midi
from rnngen_music.picture import png
from rnngen_music.score import Score, join
from rnngen_music.sound import wav

FORMATS: dict[str, Callable[[Score], bytes]] = {
    ".mid": write_midi,
    ".midi": write_midi,
    ".png": png,
    ".wav": wav,
}
EACH = (".mid", ".png", ".wav")
"""The files that a folder gets for each sequence."""


def write(written: Sequence[Written], codec: EventCodec | FrameCodec, path: Path) -> list[Path]:
    """Writes the sequences to files, prompts included.

    Args:
        written: the generated sequences.
        codec: the model's codec.
        path: a file `.mid`, `.png` or `.wav`, numbered if there are several sequences; or a
            folder, created if needed, for `0001.mid`, `0001.png`, `0001.wav`, and so on.

    Returns:
        the files written.

    Raises:
        DataError: there is nothing to write.
        UsageError: the name has no known suffix, or its folder does not exist.
        RunError: it can't be written.
    """
    scores = [score_of([*part.beginning.steps, *part.steps], codec) for part in written]
    if not scores:
        raise DataError("there is no music to write")
    folder = path.is_dir() or not path.suffix
    kind = path.suffix.lower()
    if not folder and kind not in FORMATS:
        raise UsageError(
            f"`{path.name}` does not end in a music format",
            hint=f"use {', '.join(FORMATS)} for a file, or a name without a suffix for a folder",
        )
    with saving(path):
        if folder:
            path.mkdir(exist_ok=True)
        made = []
        for number, score in enumerate(scores, 1):
            if folder:
                files = [path / f"{number:04}{end}" for end in EACH]
            elif len(scores) == 1:
                files = [path]
            else:
                files = [path.with_name(f"{path.stem}-{number:04}{path.suffix}")]
            for file in files:
                write_atomically(file, FORMATS[file.suffix.lower()](score))
            made += files
        return made


def score_of(steps: Sequence[Any], codec: EventCodec | FrameCodec) -> Score:
    """The score of the steps, with pieces between boundaries joined in a row."""
    pieces: list[list[Any]] = [[]]
    for step in steps:
        if step == codec.boundary:
            pieces.append([])
        else:
            pieces[-1].append(step)
    return join([codec.score(piece) for piece in pieces if piece] or [codec.score([])])
