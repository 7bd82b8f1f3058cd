"""Handwriting: pen strokes, learned alone or conditioned on a text (Graves 2013).

Heavy imports wait until they are used, since `rnngen list` reads the options.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen import (
    Beginning,
    DataError,
    Domain,
    Measuring,
    Piece,
    Report,
    UsageError,
    Written,
    content_suffix,
)
from rnngen_handwriting.options import Options

if TYPE_CHECKING:
    from rnngen import Source
    from rnngen_handwriting.codec import StrokeCodec


class HandwritingDomain(Domain):
    """Reads drawings, fits a codec on them, and writes drawings."""

    corpus = "strokes"
    shows = True
    defaults = {  # noqa: RUF012
        "model": {"hidden": 256, "layers": 2, "dropout": 0.1},
        "train": {"learning_rate": 0.003, "lanes": 16, "chunk": 128, "precision": "fp32"},
    }

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.valid, self.split = self.options.valid, self.options.split
        self.remarks = {}

    def keep(self, path: Path) -> bool:
        """Whether a file in a folder holds drawings, by its name."""
        from rnngen_handwriting.read import SUFFIXES

        return content_suffix(path) in SUFFIXES

    def parts(self, sources: Sequence[Source]) -> Mapping[str, Sequence[Source]] | None:
        """The parts of split files, or the writers for training, validation and test.

        Raises:
            UsageError: there are too few writers to hold some out.
        """
        from rnngen_handwriting import read

        if self.options.split == "documents" or any(source.part for source in sources):
            return None
        found: dict[str, dict[Source, None]] = {}
        for source in sources:
            for drawing in read.drawings(source, self.options):
                found.setdefault(read.part_of(drawing, self.options), {}).setdefault(source)
        if self.options.split == "writer":
            missing = [part for part in ("train", "valid", "test") if part not in found]
            if missing:
                raise UsageError(
                    f"there are too few writers: the part `{missing[0]}` gets none",
                    hint="raise `-o handwriting.valid=`, or leave `handwriting.split` out",
                )
        elif "train" not in found or "" in found:
            return None
        return {
            part: [replace(source, part=part) for source in chosen]
            for part, chosen in found.items()
        }

    def read(self, sources: Sequence[Source]) -> Iterator[Piece]:
        """The drawings in the sources, in order: lines `[n,2]`, conditioned on their text.

        Raises:
            DataError: a file is empty or damaged, or a drawing can't be used.
        """
        from rnngen_handwriting.read import pieces

        return pieces(sources, self.options, lambda text: self.remarks.update({text: None}))

    def fit_codec(self, pieces: Callable[[], Iterable[Piece]]) -> StrokeCodec:
        """Fits the unit of offsets, and the alphabet of the texts if any drawing has one."""
        from rnngen_handwriting.codec import fit

        return fit(pieces(), texts=self.options.text == "auto")

    def load_codec(self, files: Mapping[str, bytes]) -> StrokeCodec:
        """The codec that `Codec.files` wrote; BundleError where it is incomplete or damaged."""
        from rnngen_handwriting.codec import load

        return load(files)

    def likelihood(self, codec: StrokeCodec) -> tuple[str, dict[str, Any]]:
        """A mixture of Gaussians for offsets, and a pen state."""
        return "pen-mixture", {"components": self.options.components}

    def begin(self, prompt: str, codec: StrokeCodec) -> Beginning:
        """The prompt as the text to write; a model trained without texts takes no prompt.

        Raises:
            DataError: the text has letters that the model has not learned.
            UsageError: the text is missing, or given to a model without texts.
        """
        if codec.condition is None:
            if prompt:
                raise UsageError(
                    "this model learned strokes without texts, so it can't write a given text",
                    hint="leave the prompt out",
                )
            return Beginning(())
        if not prompt:
            raise UsageError(
                "this model writes a given text by hand, but no text was given",
                hint='add the text: `rnngen generate RUN "hello"`',
            )
        return Beginning((), codec.encode_condition(prompt), shown=prompt)

    def prime(self, prompt: str, source: Source, codec: StrokeCodec) -> Beginning:
        """A text in the handwriting of a file's first drawing, which primes the model.

        Graves 2013, section 5.5: strokes and their text are read first. Only what follows is drawn.

        Raises:
            DataError: the file has no drawing, or its text is missing but needed.
        """
        piece = next(iter(self.read([replace(source, part="")])))
        begun = tuple(map(tuple, codec.encode(piece.content).tolist()))
        if codec.condition is None:
            return replace(self.begin(prompt, codec), steps=begun)
        if not piece.condition:
            raise DataError(
                f"`{source.name}` has no text for its first drawing, so it can't be used as a "
                "primer",
                hint="add its text: a `<title>` in SVG, an annotation of type `truth` in InkML",
            )
        self.begin(prompt, codec)
        between = " " if " " in codec.alphabet else ""
        condition = codec.encode_condition(piece.condition + between + prompt)
        return Beginning(begun, condition, shown=prompt)

    def write(self, written: Sequence[Written], codec: StrokeCodec, path: Path) -> list[Path]:
        """Writes `x.svg`, `x.png`, an animation `x.anim.svg`, or a folder of SVG files.

        Raises:
            DataError: there is nothing to draw.
            UsageError: the suffix is not one of these, or the folder does not exist.
            RunError: it can't be written.
        """
        from rnngen_handwriting.output import write

        return write(written, path)

    def show(self, written: Sequence[Written], codec: StrokeCodec) -> str:
        """One SVG document with all sequences, for standard output."""
        from rnngen_handwriting.output import sheet, svg

        return svg(sheet(written))

    def evaluate(self, measuring: Measuring) -> Report:
        """Nats per step and per drawing, squared error and pen states, compared with Gaussians.

        The metrics of Graves 2013, tables 3 and 4.
        """
        from rnngen_handwriting.measures import evaluate

        measuring.note("evaluating every held-out drawing")
        return evaluate(measuring)
