"""Music: MIDI, ABC and piano rolls, as event tokens or as frames of 88 keys.

Heavy imports wait until they are used, since `rnngen list` reads the options.
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
        """Whether a file in a folder is music, by its name."""
        from rnngen_music.read import keep

        return keep(path)

    def parts(self, sources: Sequence[Source]) -> dict[str, list[Source]] | None:
        """The published split of the data: cells of a `.mat` file, or folders named after parts.

        Raises:
            UsageError: the option `transpose` is set, but the data have no split.
        """
        from rnngen_music.read import parts

        found = parts(sources)
        if found is None and self.options.transpose:
            raise UsageError(
                "`music.transpose` would put copies of one piece on both sides of the split",
                hint="put the files into folders `train`, `valid` and `test`, or drop the option",
            )
        return found

    def read(self, sources: Sequence[Source]) -> Iterator[Piece]:
        """The pieces in the sources, in order.

        The option `steps` decides whether a piece holds a `Tune` or a piano roll `[n,88]`.

        Raises:
            DataError: a file is not music, damaged, or empty.
        """
        from rnngen_music.read import read

        return read(sources, self.options, lambda text: self.remarks.update({text: None}))

    def fit_codec(self, pieces: Callable[[], Iterable[Piece]]) -> EventCodec | FrameCodec:
        """A codec for the kind of steps in the options; it does not depend on the pieces."""
        from rnngen_music.events import EventCodec
        from rnngen_music.frames import FrameCodec

        options = self.options
        if options.steps == "frames":
            return FrameCodec(options.grid, options.distribution)
        return EventCodec(options.tokens, options.grid, options.velocities)

    def load_codec(self, files: Mapping[str, bytes]) -> EventCodec | FrameCodec:
        """The codec that `Codec.files` wrote; BundleError where it is incomplete or damaged."""
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
        """A softmax over tokens, or the codec's distribution of 88 keys."""
        from rnngen_music.frames import FrameCodec
        from rnngen_music.piano_roll import KEYS

        if isinstance(codec, FrameCodec):
            return codec.distribution, {"keys": KEYS}
        return "categorical", {"size": codec.size}

    def begin(self, prompt: str, codec: EventCodec | FrameCodec) -> Beginning:
        """A music file to continue, `song.mid`, or its first beats, `song.mid:16`.

        Raises:
            UsageError: the file does not exist.
            DataError: it can't be read as music.
        """
        if not prompt:
            return Beginning(())
        from rnngen_music.primer import primer

        return Beginning(primer(prompt, codec, self.options), shown=prompt)

    def show(self, written: Sequence[Written], codec: EventCodec | FrameCodec) -> str:
        """Token names, one line per bar; or names of the sounding keys, one line per frame."""
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
        """Complete notes with the pitches that the model learned; none for frames."""
        return None if context.codec.step_shape else "notes"

    def evaluate(self, measuring: Measuring) -> Report:
        """Nats per frame of keys, or nats per token and per note, compared with simple models."""
        from rnngen_music import measure

        if measuring.codec.step_shape:
            return measure.frames(measuring)
        return measure.events(measuring)

    def write(
        self, written: Sequence[Written], codec: EventCodec | FrameCodec, path: Path
    ) -> list[Path]:
        """Writes MIDI, PNG or WAV by suffix; a folder gets all three for each sequence.

        Raises:
            DataError: there is nothing to write.
            UsageError: the name has no known suffix, or its folder does not exist.
            RunError: it can't be written.
        """
        from rnngen_music.write import write

        return write(written, codec, path)
