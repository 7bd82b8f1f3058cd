"""The codec of strokes: one unit for all offsets, and the alphabet of the texts."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen import BundleError, Codec, ConditionShape, DataError, Piece, from_json
from rnngen_handwriting.strokes import END, Steps, from_lines

FILE = "codec.json"
FORMAT = 1


@dataclass(frozen=True)
class _Saved:
    """The content of `codec.json`."""

    format: int
    unit: float
    alphabet: list[str]
    length: int
    pace: float

    def makes_sense(self) -> bool:
        positive = all(0 < number < math.inf for number in (self.unit, self.pace))
        return positive and self.length >= 0


class StrokeCodec(Codec):
    """Converts drawings to stroke-5 in units of the usual offset, and texts to letter numbers.

    Args:
        unit: the standard deviation of offsets, which becomes 1.
        alphabet: letters of the texts, in order; empty if drawings have no texts.
        length: length of the longest text.
        pace: letters written per step, on average.
    """

    step_shape = (5,)
    dtype = np.float32
    boundary = END
    size = 5
    steps_are = "pen points"
    opening: Sequence[int] = ()

    def __init__(
        self, unit: float, alphabet: Sequence[str] = (), length: int = 0, pace: float = 1.0
    ) -> None:
        self.unit = unit
        self.alphabet = tuple(alphabet)
        self.length = length
        self.pace = pace
        self._numbers = {letter: number for number, letter in enumerate(self.alphabet, 1)}

    @property
    def condition(self) -> ConditionShape | None:
        """Shape of the texts; None if drawings have no texts."""
        if not self.alphabet:
            return None
        return ConditionShape(len(self.alphabet) + 1, self.length, self.pace)

    def encode(self, content: Any) -> Steps:
        """Stroke-5 `[n,5]` of lines, without the end."""
        steps = from_lines(content)
        steps[:, :2] /= self.unit
        return steps

    def encode_condition(self, text: str | None) -> NDArray[np.int32]:
        """Letter numbers `[U]`, padded with 0.

        Raises:
            DataError: the text has letters that the model did not learn, or too many letters.
        """
        text = text or ""
        unknown = sorted({letter for letter in text if letter not in self._numbers})
        if unknown:
            raise DataError(
                f"the text {text!r} has {', '.join(map(name, unknown))}, which the model has not "
                "learned to write",
                hint=f"it knows: {''.join(sorted(self.alphabet))}",
            )
        if len(text) > self.length:
            raise DataError(
                f"the text {text[:40]!r} has {len(text)} letters, but the longest that the model "
                f"learned has {self.length}",
                hint="write it in parts",
            )
        row = np.zeros(self.length, np.int32)
        row[: len(text)] = [self._numbers[letter] for letter in text]
        return row

    def files(self) -> Mapping[str, bytes]:
        """`codec.json`."""
        content = {
            "format": FORMAT,
            "unit": self.unit,
            "alphabet": list(self.alphabet),
            "length": self.length,
            "pace": self.pace,
        }
        return {FILE: json.dumps(content, indent=1).encode()}

    def grow(self, pieces: Iterable[Piece]) -> StrokeCodec:
        """The codec itself: a trained model keeps its unit and its alphabet."""
        return self


def fit(pieces: Iterable[Piece], *, texts: bool) -> StrokeCodec:
    """Fits a codec on drawings.

    Args:
        pieces: drawings as lines.
        texts: whether to condition on the texts of the drawings, if any of them has one.
    """
    count = 0
    total = 0.0
    letters: set[str] = set()
    longest = written = paced = 0
    for piece in pieces:
        offsets = from_lines(piece.content)[:, :2].astype(np.float64)
        count += len(offsets)
        total += float(np.square(offsets).sum())
        if texts and piece.condition:
            paced += len(offsets)
            letters.update(piece.condition)
            longest = max(longest, len(piece.condition))
            written += len(piece.condition)
    # Around 0, not around the mean: offsets to the right must stay to the right.
    unit = (total / (2 * count)) ** 0.5 if total else 1.0
    if not letters:
        return StrokeCodec(unit)
    # Every letter takes a step or more; the end takes further steps.
    return StrokeCodec(unit, sorted(letters), longest, max(1e-4, round(written / paced, 4)))


def load(files: Mapping[str, bytes]) -> StrokeCodec:
    """The codec that `StrokeCodec.files` wrote; BundleError if it is incomplete or damaged."""
    try:
        content = json.loads(files[FILE])
    except (KeyError, ValueError):
        raise BundleError(f"the codec's `{FILE}` is missing or not JSON") from None
    saved = from_json(_Saved, content, f"`{FILE}`:")
    if saved.format != FORMAT:
        raise BundleError(f"`{FILE}` has format {saved.format}, expected {FORMAT}")
    if not saved.makes_sense():
        raise BundleError(f"`{FILE}` has a number that is not valid for a stroke codec")
    return StrokeCodec(float(saved.unit), saved.alphabet, saved.length, float(saved.pace))


def name(letter: str) -> str:
    """The name of a letter in messages."""
    return "a space" if letter == " " else f"`{letter}`" if letter.isprintable() else repr(letter)
