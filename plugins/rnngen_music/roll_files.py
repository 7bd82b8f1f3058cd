"""Published piano-roll files: `.mat` files of polyphonic music, and JSON lists of chords.

`.mat`: the cells `traindata`, `validdata` and `testdata`, each of matrices of frames by 88 keys, as
Bai et al. 2018 publish the four sets of Boulanger-Lewandowski et al. 2012.
JSON: `{"train": [[[60, 64], [62]], ...], "valid": ..., "test": ...}`, the MIDI numbers of sounding
notes, frame by frame, the usual form of the Bach chorales.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from rnngen import DataError
from rnngen_music.piano_roll import KEYS, LOWEST, Roll
from rnngen_music.score import LONGEST, missing

LARGEST = 256 << 20
PARTS = ("train", "valid", "test")


def is_mat(data: bytes) -> bool:
    """Whether the data is a MATLAB file, by its header."""
    return data.startswith(b"MATLAB 5.0")


def is_json(data: bytes) -> bool:
    """Whether the data may be JSON with parts."""
    return data.lstrip()[:1] == b"{"


def read_rolls(data: bytes, part: str, name: str) -> Iterator[Roll]:
    """The pieces of one part, or of all parts if `part` is empty.

    Args:
        data: the file, decompressed.
        part: `train`, `valid`, `test` or nothing.
        name: for messages.

    Raises:
        DataError: it is damaged, or has other content.
    """
    if len(data) > LARGEST:
        raise DataError(
            f"`{name}` has {len(data):,} bytes, expected at most {LARGEST:,}", hint="split it"
        )
    read = _mat if is_mat(data) else _json
    for wanted in (part,) if part else PARTS:
        for number, roll in enumerate(read(data, wanted, name)):
            if len(roll) > 96 * LONGEST:
                raise DataError(
                    f"`{name}`: piece {number} of `{wanted}` has {len(roll):,} frames, expected at "
                    f"most {96 * LONGEST:,}",
                    hint="split it",
                )
            yield roll


def _mat(data: bytes, part: str, name: str) -> Iterator[Roll]:
    try:
        from scipy.io import loadmat
    except ImportError:
        raise missing("scipy") from None
    cell = f"{part}data"
    try:
        found = loadmat(io.BytesIO(data), variable_names=[cell])
    except Exception as error:
        reason = str(error).split("\n")[0][:100] or type(error).__name__
        raise DataError(
            f"`{name}` is a damaged MATLAB file: {reason}", hint="download it again"
        ) from None
    if cell not in found:
        raise DataError(
            f"`{name}` has no `{cell}`, expected `traindata`, `validdata` and `testdata`",
            hint="each is a cell of matrices, frames by 88 keys",
        )
    for number, piece in enumerate(found[cell].ravel()):
        matrix = np.asarray(piece)
        numbers = matrix.dtype.kind in "biuf"
        if matrix.ndim != 2 or matrix.shape[1] != KEYS or not numbers or not matrix.size:
            raise DataError(
                f"`{name}`: `{cell}` {number} is {list(matrix.shape)} of {matrix.dtype}, expected "
                f"frames by {KEYS} keys",
                hint="take it out",
            )
        if not np.isin(matrix, (0, 1)).all():
            raise DataError(
                f"`{name}`: `{cell}` {number} has numbers other than 0 and 1", hint="remove it"
            )
        yield matrix.astype(np.bool_)


def _json(data: bytes, part: str, name: str) -> Iterator[Roll]:
    try:
        found: Any = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DataError(f"`{name}` is not JSON: {error}", hint="download it again") from None
    if not isinstance(found.get(part), list):
        raise DataError(
            f"`{name}` has no list `{part}`, expected `train`, `valid` and `test`",
            hint="each is a list of pieces, which are lists of frames, which list MIDI numbers",
        )
    for number, piece in enumerate(found[part]):
        try:
            frames = [[key - LOWEST for key in frame if key >= 0] for frame in piece]
            good = bool(frames) and all(0 <= key < KEYS for frame in frames for key in frame)
        except TypeError:
            good = False
        if not good or any(type(key) is not int for frame in frames for key in frame):
            raise DataError(
                f"`{name}`: piece {number} of `{part}` is not a list of frames with MIDI numbers "
                f"from {LOWEST} to {LOWEST + KEYS - 1}",
                hint="take it out",
            )
        roll = np.zeros((len(frames), KEYS), np.bool_)
        for row, frame in enumerate(frames):
            roll[row, frame] = True
        yield roll
