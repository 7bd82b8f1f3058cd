"""The event codec: a step is a token such as a pitch, a bar or a tempo.

The vocabulary depends only on the options, not on the data, so that any piece can be a prompt, and
a model can be fine-tuned on any other music. It is saved by name, so the meaning of an id does not
depend on the version of the tokenizer library.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen import BundleError, Codec, DataError, Piece, StreamDecoder
from rnngen_music import tokenizer as miditok
from rnngen_music.score import Score, Tune

FILE = "codec.json"
BOUNDARY = "Boundary"


class EventCodec(Codec):
    """Event tokens of scores.

    Args:
        kind: `remi` or `tsd`.
        grid: positions per beat.
        velocities: number of loudness bins.
        names: token names by id, the boundary first; None for those of the library.
        ranges: longest note and tempi.
    """

    boundary = 0
    steps_are = "events"

    def __init__(
        self,
        kind: str,
        grid: int,
        velocities: int,
        names: Sequence[str] | None = None,
        ranges: miditok.Ranges = miditok.NOW,
    ) -> None:
        self.kind, self.grid, self.velocities, self.ranges = kind, grid, velocities, ranges
        if names is None:
            names = [BOUNDARY, *(name for name in self._known if name != miditok.NOTHING)]
        self.names = list(names)
        self._ids = {name: step for step, name in enumerate(self.names)}

    @cached_property
    def _tokenizer(self) -> Any:
        return miditok.tokenizer(self.kind, self.grid, self.velocities, self.ranges)

    @property
    def _known(self) -> list[str]:
        return miditok.names_of(self._tokenizer)

    @property
    def size(self) -> int:
        """Number of different tokens, the boundary included."""
        return len(self.names)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of a step."""
        return np.dtype(np.uint16)

    @property
    def opening(self) -> list[int]:
        """Empty: pieces begin after a boundary."""
        return []

    def encode(self, content: Tune) -> NDArray[np.uint16]:
        """The tokens of a tune, `[n]`.

        Raises:
            DataError: the library made no tokens, or one that the model does not have.
        """
        try:
            tokens = miditok.tokens_of(self._tokenizer, content.score)
            return np.array([self._ids[token] for token in tokens], self.dtype)
        except KeyError as unknown:
            raise DataError(
                f"a piece has the event {unknown}, but the model has no token for it",
                hint="the installed version of miditok may differ; see constraints.txt",
            ) from None

    def score(self, steps: Sequence[int] | NDArray[Any]) -> Score:
        """The score of tokens without boundaries."""
        return miditok.score_of(self._tokenizer, [self.names[step] for step in steps])

    def decode(self, steps: Sequence[int] | NDArray[Any]) -> str:
        """Token names, one line per bar, as `show` prints them."""
        return "".join(self._shown(int(step)) for step in steps)

    def token(self, step: int) -> str:
        """The name of a token: `Pitch_60`."""
        return self.names[step]

    def stream(self) -> _Stream:
        """Token names, yielded token by token."""
        return _Stream(self)

    def _shown(self, step: int) -> str:
        if step == self.boundary:
            return "\n"
        name = self.names[step]
        return f"\n{name}" if name.startswith("Bar") else f" {name}"

    def files(self) -> Mapping[str, bytes]:
        """`codec.json`."""
        content: dict[str, Any] = {
            "steps": "events",
            "tokens": self.kind,
            "grid": self.grid,
            "velocities": self.velocities,
        }
        if self.ranges != miditok.EARLIER:
            content |= {"longest": self.ranges.longest, "tempi": list(self.ranges.tempi)}
        content["names"] = self.names
        return {FILE: json.dumps(content).encode()}

    def grow(self, pieces: Iterable[Piece]) -> EventCodec:
        """The codec itself: its vocabulary is fixed."""
        return self


class _Stream(StreamDecoder):
    """Empty: tokens are complete, so nothing is held back."""

    def __init__(self, codec: EventCodec) -> None:
        self._codec = codec

    def feed(self, step: int) -> str:
        return self._codec._shown(step)

    def flush(self) -> str:
        return ""


def load_events(content: Mapping[str, Any]) -> EventCodec:
    """The codec with the file content `content`; BundleError where it is incomplete or damaged."""
    kind, grid, velocities = (content.get(name) for name in ("tokens", "grid", "velocities"))
    names = content.get("names")
    good = (
        kind in ("remi", "tsd")
        and isinstance(names, list)
        and all(isinstance(name, str) for name in names)
        and len(set(names)) == len(names)
        and names[:1] == [BOUNDARY]
    )
    for number in (grid, velocities):
        good = good and type(number) is int and 1 <= number <= 127
    ranges = _ranges(content)
    if not good or ranges is None:
        raise BundleError("`codec.json` is not an event codec", hint="train the model again")
    return EventCodec(kind, grid, velocities, names, ranges)  # type: ignore[arg-type]


def _ranges(content: Mapping[str, Any]) -> miditok.Ranges | None:
    """The ranges in the file content, those of 0.1.0 where it has none; None if damaged."""
    if "longest" not in content and "tempi" not in content:
        return miditok.EARLIER
    longest, tempi = content.get("longest"), content.get("tempi")
    if not isinstance(tempi, list) or len(tempi) != 3:
        return None
    if any(type(number) is not int or not 0 < number <= 1000 for number in (longest, *tempi)):
        return None
    if tempi[0] >= tempi[1] or longest < miditok.FINE:  # type: ignore[operator]
        return None
    return miditok.Ranges(longest, tuple(tempi))  # type: ignore[arg-type]
