"""Handwriting: pen strokes, learnt by themselves or as the writing of a text (Graves 2013).

Nothing heavy is imported here before it is used, for the options are read by `rnngen list`.
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
    """Reads drawings, fits a codec on them, and draws."""

    corpus = "strokes"
    shows = True
    defaults = {  # noqa: RUF012
        "model": {"hidden": 256, "layers": 2, "dropout": 0.1},
        "train": {"learning_rate": 0.003, "lanes": 16, "chunk": 128, "precision": "fp32"},
    }

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.valid, self.split = self.options.valid, self.options.split

    def keep(self, path: Path) -> bool:
        """Whether a file of a folder holds drawings, by its name."""
        from rnngen_handwriting.read import SUFFIXES

        return content_suffix(path) in SUFFIXES

    def parts(self, sources: Sequence[Source]) -> Mapping[str, Sequence[Source]] | None:
        """The parts of files that have them, or writers to learn from, validate and test on.

        Raises:
            UsageError: writers are to be held out, but there are too few.
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
                    f"there are too few writers: none falls to the part `{missing[0]}`",
                    hint="raise `-o handwriting.valid=`, or leave `handwriting.split` out",
                )
        elif "train" not in found or "" in found:
            return None
        return {
            part: [replace(source, part=part) for source in chosen]
            for part, chosen in found.items()
        }

    def read(self, sources: Sequence[Source]) -> Iterator[Piece]:
        """The drawings of the sources in order: lines `[n,2]`, and their text as condition.

        Raises:
            DataError: a file is empty or damaged, or a drawing can't be learnt from.
        """
        from rnngen_handwriting.read import pieces

        return pieces(sources, self.options)

    def fit_codec(self, pieces: Callable[[], Iterable[Piece]]) -> StrokeCodec:
        """The unit of offsets, and the alphabet of the texts if every drawing has one."""
        from rnngen_handwriting.codec import fit

        return fit(pieces(), texts=self.options.text == "auto")

    def load_codec(self, files: Mapping[str, bytes]) -> StrokeCodec:
        """The codec that `Codec.files` wrote; BundleError where it is not whole."""
        from rnngen_handwriting.codec import load

        return load(files)

    def likelihood(self, codec: StrokeCodec) -> tuple[str, dict[str, Any]]:
        """A mixture of Gaussians, and the state of the pen."""
        return "pen-mixture", {"components": self.options.components}

    def begin(self, prompt: str, codec: StrokeCodec) -> Beginning:
        """The prompt is the text to write; a model that learnt no texts takes none.

        Raises:
            DataError: the text has letters that the model has not learnt.
            UsageError: there is no text where one is needed, or one where none can be.
        """
        if codec.condition is None:
            if prompt:
                raise UsageError(
                    "this model learnt strokes without texts, so that it can't write one",
                    hint="leave the prompt out",
                )
            return Beginning(())
        if not prompt:
            raise UsageError(
                "this model writes texts by hand, and there is none to write",
                hint='name it: `rnngen generate RUN "hello"`',
            )
        return Beginning((), codec.encode_condition(prompt), shown=prompt)

    def prime(self, prompt: str, source: Source, codec: StrokeCodec) -> Beginning:
        """A text in the hand of a file's first drawing: the model goes on from there.

        Graves 2013, section 5.5: strokes and their text are read first. Only what follows is drawn.

        Raises:
            DataError: the file has no drawing, or one without a text where a text is to be written.
        """
        piece = next(iter(self.read([replace(source, part="")])))
        begun = tuple(map(tuple, codec.encode(piece.content).tolist()))
        if codec.condition is None:
            return replace(self.begin(prompt, codec), steps=begun)
        if not piece.condition:
            raise DataError(
                f"`{source.name}` does not say what its first drawing reads, so that its hand "
                "can't be taken up",
                hint="give it a text: a `<title>` in SVG, an annotation of type `truth` in InkML",
            )
        self.begin(prompt, codec)
        between = " " if " " in codec.alphabet else ""
        condition = codec.encode_condition(piece.condition + between + prompt)
        return Beginning(begun, condition, shown=prompt)

    def write(self, written: Sequence[Written], codec: StrokeCodec, path: Path) -> list[Path]:
        """`x.svg`, `x.png`, an animation `x.anim.svg`, or a folder of SVG files.

        Raises:
            DataError: there is nothing to draw.
            UsageError: the suffix is none of these, or the folder does not exist.
            RunError: it can't be written.
        """
        from rnngen_handwriting.output import write

        return write(written, path)

    def show(self, written: Sequence[Written], codec: StrokeCodec) -> str:
        """One SVG document with all sequences, for standard output."""
        from rnngen_handwriting.output import sheet, svg

        return svg(sheet(written))

    def evaluate(self, measuring: Measuring) -> Report:
        """Nats of a step and of a drawing, squared error and states of the pen, beside Gaussians.

        The measures of Graves 2013, tables 3 and 4.
        """
        from rnngen_handwriting.measures import evaluate

        measuring.note("measuring every held-out drawing")
        return evaluate(measuring)
