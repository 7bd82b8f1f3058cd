"""Reads drawing files into pieces: checked, without spikes, scaled to one size, simplified."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from rnngen import DataError, LeftOut, Piece, Source, content_suffix
from rnngen_handwriting import clean
from rnngen_handwriting.drawing import Drawing
from rnngen_handwriting.line import on_lines
from rnngen_handwriting.options import Options

SUFFIXES = (".npz", ".inkml", ".xml", ".svg", ".svgz")


def drawings(source: Source, options: Options, left: LeftOut | None = None) -> Iterator[Drawing]:
    """The raw drawings in a file; if the source names a part, only those in that part.

    Args:
        source: the file.
        options: the domain's options.
        left: counts what is not read.

    Raises:
        DataError: the file is of another kind or damaged, or a drawing is invalid; names the row.
    """
    for drawing in _reader(source, options)(source, left or LeftOut()):
        clean.check(drawing.lines, drawing.where)
        if not source.part or part_of(drawing, options) == source.part:
            yield drawing


def pieces(
    sources: Sequence[Source], options: Options, remark: Callable[[str], None]
) -> Iterator[Piece]:
    """The drawings in all files, in order, one piece each.

    Args:
        sources: the files.
        options: the domain's options.
        remark: told what was left out.

    Raises:
        DataError: a file has no drawings, or one that can't be used.
    """
    left = LeftOut(remark)
    without = with_text = 0
    for source in sources:
        sizes = _sizes(drawings(source, options)) if options.scale == "writer" else {}
        found = False
        cleaned = (_cleaned(each, sizes, options) for each in drawings(source, options, left))
        for drawing in on_lines(cleaned, options.words):
            found = True
            left.piece()
            with_text += bool(drawing.text)
            without += not drawing.text
            condition = drawing.text if options.text == "auto" else None
            yield Piece(drawing.lines, True, drawing.size, condition)
        if not found:
            raise DataError(
                f"`{source.name}` has no drawings" + (f" to {source.part}" * bool(source.part)),
                hint="leave it out, or check that it was written completely",
            )
    left.say()
    if with_text and without and options.text == "auto":
        remark(f"{without:,} of {with_text + without:,} drawings have no text: learned without")


def _cleaned(drawing: Drawing, sizes: Mapping[str | None, float], options: Options) -> Drawing:
    """The lines of a drawing without spikes, scaled to size, simplified."""
    hand = sizes.get(drawing.writer, 0.0)
    tolerance = options.simplify * (hand or clean.size(drawing.lines))
    lines = [
        clean.simplify(clean.despike(line, options.despike), tolerance) / (hand or 1.0)
        for line in drawing.lines
    ]
    return replace(drawing, lines=lines)


def part_of(drawing: Drawing, options: Options) -> str:
    """The part of a drawing: `train`, `valid` or `test`; empty if nothing decides it.

    A writer's part depends only on the name, so that files can be added later.
    """
    if options.split != "writer":
        return drawing.part if options.split == "auto" else ""
    if drawing.writer is None:
        raise DataError(
            f"{drawing.where} has no writer's name, which a split by writer needs",
            hint="leave out `-o handwriting.split=writer`",
        )
    digest = hashlib.sha256(drawing.writer.encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    if share < options.valid:
        return "valid"
    return "test" if share < 2 * options.valid else "train"


def _sizes(found: Iterable[Drawing]) -> dict[str | None, float]:
    """The size of each writer's hand: the median over their drawings."""
    sizes: dict[str | None, list[float]] = {}
    for drawing in found:
        sizes.setdefault(drawing.writer, []).append(clean.size(drawing.lines))
    return {writer: float(np.median(each)) for writer, each in sizes.items()}


def _reader(source: Source, options: Options) -> Callable[[Source, LeftOut], Iterator[Drawing]]:
    kind = content_suffix(source.path)
    if kind == ".npz":
        from rnngen_handwriting import arrays

        return partial(arrays.read, pickled=options.pickled)
    if kind in (".inkml", ".xml"):
        from rnngen_handwriting import ink

        return ink.read
    if kind in (".svg", ".svgz"):
        from rnngen_handwriting import svg

        return svg.read
    raise DataError(
        f"`{source.name}` is not a kind of file that drawings are read from",
        hint=f"use a file that ends in {', '.join(SUFFIXES)}",
    )
