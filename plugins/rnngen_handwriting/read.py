"""Reads files of drawings into pieces: checked, without spikes, of one size, simplified."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from rnngen import DataError, Piece, Source, content_suffix
from rnngen_handwriting import clean
from rnngen_handwriting.drawing import Drawing
from rnngen_handwriting.line import on_lines
from rnngen_handwriting.options import Options

SUFFIXES = (".npz", ".inkml", ".xml", ".svg")


def drawings(source: Source, options: Options) -> Iterator[Drawing]:
    """What a file holds, as it is; of a source with a part, that part.

    Raises:
        DataError: the file is of another kind, damaged, or a drawing is none; names the row.
    """
    for drawing in _reader(source, options)(source):
        clean.check(drawing.lines, drawing.where)
        if not source.part or part_of(drawing, options) == source.part:
            yield drawing


def pieces(sources: Sequence[Source], options: Options) -> Iterator[Piece]:
    """The drawings of all files in order, one piece each.

    Raises:
        DataError: a file has no drawing, or one that can't be learnt from.
    """
    for source in sources:
        sizes = _sizes(drawings(source, options)) if options.scale == "writer" else {}
        found = False
        cleaned = (_cleaned(each, sizes, options) for each in drawings(source, options))
        for drawing in on_lines(cleaned, options.words):
            found = True
            condition = drawing.text if options.text == "auto" else None
            yield Piece(drawing.lines, True, drawing.size, condition)
        if not found:
            raise DataError(
                f"`{source.name}` has no drawing" + (f" to {source.part}" * bool(source.part)),
                hint="leave it out, or see whether it was written",
            )


def _cleaned(drawing: Drawing, sizes: Mapping[str | None, float], options: Options) -> Drawing:
    """Without spikes, brought to size, simplified."""
    hand = sizes.get(drawing.writer, 0.0)
    tolerance = options.simplify * (hand or clean.size(drawing.lines))
    lines = [
        clean.simplify(clean.despike(line, options.despike), tolerance) / (hand or 1.0)
        for line in drawing.lines
    ]
    return replace(drawing, lines=lines)


def part_of(drawing: Drawing, options: Options) -> str:
    """Whether a drawing is learnt from, validated or tested on; empty where nobody says so.

    Of a writer it is a function of the name alone, so that files can be added.
    """
    if options.split != "writer":
        return drawing.part if options.split == "auto" else ""
    if drawing.writer is None:
        raise DataError(
            f"{drawing.where} names no writer to hold out",
            hint="leave out `-o handwriting.split=writer`",
        )
    digest = hashlib.sha256(drawing.writer.encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    if share < options.valid:
        return "valid"
    return "test" if share < 2 * options.valid else "train"


def _sizes(found: Iterable[Drawing]) -> dict[str | None, float]:
    """The size of each writer's hand: the median over the drawings."""
    sizes: dict[str | None, list[float]] = {}
    for drawing in found:
        sizes.setdefault(drawing.writer, []).append(clean.size(drawing.lines))
    return {writer: float(np.median(each)) for writer, each in sizes.items()}


def _reader(source: Source, options: Options) -> Callable[[Source], Iterator[Drawing]]:
    kind = content_suffix(source.path)
    if kind == ".npz":
        from rnngen_handwriting import arrays

        return lambda source: arrays.read(source, pickled=options.pickled)
    if kind in (".inkml", ".xml"):
        from rnngen_handwriting import ink

        return ink.read
    if kind == ".svg":
        from rnngen_handwriting import svg

        return svg.read
    raise DataError(
        f"`{source.name}` is of no kind that drawings are read from",
        hint=f"expected a file that ends in {', '.join(SUFFIXES)}",
    )
