"""Music: MIDI, ABC and piano rolls, as tokens of events or as frames of 88 keys.

Nothing heavy is imported here before it is used, for the options are read by `rnngen list`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen import (
    Beginning,
    BundleError,
    Codec,
    Context,
    Domain,
    Measuring,
    Piece,
    Report,
    UsageError,
    Written,
)
from rnngen_music.options import Options

if TYPE_CHECKING:
    from rnngen import Source
    from rnngen_music.events import EventCodec
    from rnngen_music.frames import FrameCodec


class MusicDomain(Domain):
    """Reads music, fits codecs on it, and writes music."""

    corpus = "tunes"
    shows = True
    defaults = {  # noqa: RUF012
        "model": {"hidden": 256, "dropout": 0.5},
        "train": {"learning_rate": 0.006, "lanes": 4, "chunk": 128},
    }

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.valid = self.options.valid
        self.remarks = {}

    def keep(self, path: Path) -> bool:
        """Whether a file of a folder is music, by its name."""
        from rnngen_music.read import keep

        return keep(path)

    def parts(self, sources: Sequence[Source]) -> dict[str, list[Source]] | None:
        """What the makers of the data split it into: cells of a `.mat`, or folders named so.

        Raises:
            UsageError: the option `transpose` is used, and there are none.
        """
        from rnngen_music.read import parts

        found = parts(sources)
        if found is None and self.options.transpose:
            raise UsageError(
                "`music.transpose` would put copies of one piece on both sides of the split",
                hint="put the files into folders `train`, `valid` and `test`, or leave it out",
            )
        return found

    def read(self, sources: Sequence[Source]) -> Iterator[Piece]:
        """The pieces of the sources in order.

        Pieces hold a `Tune`, or a piano roll `[n,88]`, as option `steps` says.

        Raises:
            DataError: a file is none of music, damaged, or empty.
        """
        from rnngen_music.read import read

        return read(sources, self.options, lambda text: self.remarks.update({text: None}))

    def fit_codec(self, pieces: Callable[[], Iterable[Piece]]) -> EventCodec | FrameCodec:
        """A codec for the steps that the options name; it does not depend on the pieces."""
        from rnngen_music.events import EventCodec
        from rnngen_music.frames import FrameCodec

        options = self.options
        if options.steps == "frames":
            return FrameCodec(options.grid, options.distribution)
        return EventCodec(options.tokens, options.grid, options.velocities)

    def load_codec(self, files: Mapping[str, bytes]) -> EventCodec | FrameCodec:
        """The codec that `Codec.files` wrote; BundleError where it is not whole."""
        from rnngen_music.events import FILE, load_events
        from rnngen_music.frames import load_frames

        try:
            content = json.loads(files[FILE])
            frames = content["steps"] == "frames"
        except (KeyError, TypeError, ValueError):
            raise BundleError(
                f"`{FILE}` is missing or damaged", hint="train the model again"
            ) from None
        return load_frames(content) if frames else load_events(content)

    def likelihood(self, codec: Codec) -> tuple[str, dict[str, Any]]:
        """A softmax over tokens, or the distribution of 88 keys that the codec names."""
        from rnngen_music.frames import FrameCodec
        from rnngen_music.piano_roll import KEYS

        if isinstance(codec, FrameCodec):
            return codec.distribution, {"keys": KEYS}
        return "categorical", {"size": codec.size}

    def begin(self, prompt: str, codec: EventCodec | FrameCodec) -> Beginning:
        """A file of music to go on from, `song.mid`, or its first beats, `song.mid:16`.

        Raises:
            UsageError: there is no such file.
            DataError: it can't be read as music.
        """
        if not prompt:
            return Beginning(())
        from rnngen_music.primer import primer

        return Beginning(primer(prompt, codec, self.options), shown=prompt)

    def show(self, written: Sequence[Written], codec: EventCodec | FrameCodec) -> str:
        """Names of tokens, a line a bar; or names of the keys that sound, a line a frame."""
        from rnngen_music.events import EventCodec

        shown = []
        for part in written:
            steps = [*part.beginning.steps, *part.steps]
            if isinstance(codec, EventCodec):
                shown.append(codec.decode(steps).strip() + "\n")
            else:
                shown.append(codec.shown(steps))
        return "---\n".join(shown)

    def default_constraint(self, context: Context) -> str | None:
        """Whole notes of the pitches that the model learned; none of frames."""
        return None if context.codec.step_shape else "notes"

    def evaluate(self, measuring: Measuring) -> Report:
        """Nats per frame of the keys, or nats per token and per note, beside simple models."""
        from rnngen_music import measure

        if measuring.codec.step_shape:
            return measure.frames(measuring)
        return measure.events(measuring)

    def write(
        self, written: Sequence[Written], codec: EventCodec | FrameCodec, path: Path
    ) -> list[Path]:
        """MIDI, PNG or WAV by the end of the name; a folder gets all three of each sequence.

        Raises:
            DataError: there is nothing to write.
            UsageError: the name says no format, or its folder does not exist.
            RunError: it can't be written.
        """
        from rnngen_music.write import write

        return write(written, codec, path)
