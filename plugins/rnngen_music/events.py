"""The codec of events: a step is a token of a note, a bar, a tempo.

The vocabulary depends on the options alone and not on the data, so that any piece can be a primer,
and a model may go on with any other music. It is saved by name: what an id means does not hang on
the version of the library that makes the tokens.
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
    """Tokens of scores.

    Args:
        kind: `remi` or `tsd`.
        grid: positions a beat.
        velocities: how many loudnesses are told apart.
        names: of the tokens by id, the boundary first; None for those of the library.
    """

    boundary = 0

    def __init__(
        self, kind: str, grid: int, velocities: int, names: Sequence[str] | None = None
    ) -> None:
        self.kind, self.grid, self.velocities = kind, grid, velocities
        if names is None:
            names = [BOUNDARY, *(name for name in self._known if name != miditok.NOTHING)]
        self.names = list(names)
        self._ids = {name: step for step, name in enumerate(self.names)}

    @cached_property
    def _tokenizer(self) -> Any:
        return miditok.tokenizer(self.kind, self.grid, self.velocities)

    @property
    def _known(self) -> list[str]:
        return miditok.names_of(self._tokenizer)

    @property
    def size(self) -> int:
        """How many different tokens there are, the boundary included."""
        return len(self.names)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the steps."""
        return np.dtype(np.uint16)

    @property
    def opening(self) -> list[int]:
        """Nothing: pieces begin after a boundary."""
        return []

    def encode(self, content: Tune) -> NDArray[np.uint16]:
        """The tokens of a tune, `[n]`.

        Raises:
            DataError: the library made none of it, or one that is not known.
        """
        try:
            tokens = miditok.tokens_of(self._tokenizer, content.score)
            return np.array([self._ids[token] for token in tokens], self.dtype)
        except KeyError as unknown:
            raise DataError(
                f"a piece has the event {unknown}, which the model has no token for",
                hint="the library miditok may be of another version; see constraints.txt",
            ) from None

    def score(self, steps: Sequence[int] | NDArray[Any]) -> Score:
        """The score of tokens without boundaries."""
        return miditok.score_of(self._tokenizer, [self.names[step] for step in steps])

    def decode(self, steps: Sequence[int] | NDArray[Any]) -> str:
        """The names of tokens, a line for each bar, as `show` prints them."""
        return "".join(self._shown(int(step)) for step in steps)

    def token(self, step: int) -> str:
        """The name of a token: `Pitch_60`."""
        return self.names[step]

    def stream(self) -> _Stream:
        """Names of one token after another."""
        return _Stream(self)

    def _shown(self, step: int) -> str:
        if step == self.boundary:
            return "\n"
        name = self.names[step]
        return f"\n{name}" if name.startswith("Bar") else f" {name}"

    def files(self) -> Mapping[str, bytes]:
        """`codec.json`."""
        content = {
            "steps": "events",
            "tokens": self.kind,
            "grid": self.grid,
            "velocities": self.velocities,
            "names": self.names,
        }
        return {FILE: json.dumps(content).encode()}

    def grow(self, pieces: Iterable[Piece]) -> EventCodec:
        """Itself: it knows all there is."""
        return self


class _Stream(StreamDecoder):
    """Tokens are whole: nothing is ever held back."""

    def __init__(self, codec: EventCodec) -> None:
        self._codec = codec

    def feed(self, step: int) -> str:
        return self._codec._shown(step)

    def flush(self) -> str:
        return ""


def load_events(content: Mapping[str, Any]) -> EventCodec:
    """The codec whose file says `content`; BundleError where it is not whole."""
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
    if not good:
        raise BundleError("`codec.json` is not that of events", hint="train the model again")
    return EventCodec(kind, grid, velocities, names)  # type: ignore[arg-type]
