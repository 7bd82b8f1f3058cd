"""Drawings as SVG, animated SVG or PNG files: stacked on one sheet, or one file each."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from rnngen import DataError, PluginError, UsageError, Written, saving, write_atomically
from rnngen_handwriting.strokes import Line, to_lines

UNIT = 14.0
"""Size of the usual offset in pixels."""
MARGIN = 20.0
THICK = 2.4
INK = "#1a2a4a"
SPEED = 900.0
"""Speed of the animated pen in pixels per second."""
LARGEST = 16384
"""Longest side of a PNG in pixels."""
FINER = 3
"""Oversampling factor of a PNG, for smooth edges."""

SUFFIXES = (".svg", ".anim.svg", ".png")


@dataclass(frozen=True)
class Sheet:
    """Drawings placed on a page, in pixels.

    Args:
        drawings: title and lines of each.
        width: page width.
        height: page height.
    """

    drawings: Sequence[tuple[str, Sequence[Line]]]
    width: float
    height: float


def sheet(written: Sequence[Written]) -> Sheet:
    """Stacks sequences on a page, each with the drawing it continues, if any.

    Raises:
        DataError: there are no sequences.
    """
    if not written:
        raise DataError("there is nothing to draw")
    top, width = MARGIN, 0.0
    drawings = []
    for part in written:
        lines = [line * UNIT for line in _drawn(part)]
        points = np.concatenate(lines)
        low, high = points.min(0), points.max(0)
        drawings.append((part.prompt, [line - low + (MARGIN, top) for line in lines]))
        width = max(width, float(high[0] - low[0]))
        top += float(high[1] - low[1]) + MARGIN
    return Sheet(drawings, width + 2 * MARGIN, top)


def _drawn(part: Written) -> list[Line]:
    """The lines of a sequence, without the primer strokes that set the handwriting style."""
    begun = part.beginning.steps
    lines = to_lines([*begun, *part.steps])
    if part.beginning.condition is None or not len(begun):
        return lines
    return lines[len(to_lines(begun)) :] or [np.zeros((1, 2))]


def svg(page: Sheet, *, animated: bool = False) -> str:
    """The page as SVG: one group per drawing, with its text as `title`, and one path per line.

    Args:
        page: what to draw.
        animated: whether lines appear as the pen draws them, one drawing after another.
    """
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {page.width:.0f} '
        f'{page.height:.0f}" width="{page.width:.0f}" height="{page.height:.0f}">',
    ]
    time = 0.0
    for title, lines in page.drawings:
        out.append(
            f'<g fill="none" stroke="{INK}" stroke-width="{THICK}" stroke-linecap="round" '
            'stroke-linejoin="round">'
        )
        if title:
            out.append(f"<title>{escape(_printable(title))}</title>")
        for line in lines:
            path = _path(line)
            if not animated:
                out.append(f'<path d="{path}"/>')
                continue
            seconds = max(0.05, _length(line) / SPEED)
            out.append(
                f'<path d="{path}" pathLength="1" stroke-dasharray="1 2" stroke-dashoffset="1.01">'
                f'<animate attributeName="stroke-dashoffset" from="1.01" to="0" '
                f'begin="{time:.2f}s" dur="{seconds:.2f}s" fill="freeze"/></path>'
            )
            time += seconds + 0.08
        out.append("</g>")
    return "\n".join([*out, "</svg>", ""])


def png(page: Sheet) -> bytes:
    """The page as PNG.

    Raises:
        PluginError: Pillow is not installed.
        DataError: the page is too large for a PNG.
    """
    try:
        from PIL import Image, ImageDraw
    except ImportError:
        raise PluginError(
            "PNG files are drawn with `pillow`, which is not installed",
            hint='pip install "rnngen[handwriting]", or write `.svg`',
        ) from None
    size = int(np.ceil(page.width)), int(np.ceil(page.height))
    if max(size) > LARGEST:
        raise DataError(
            f"the drawing is {size[0]} x {size[1]} pixels, expected at most {LARGEST} per side",
            hint="write `.svg`, or generate fewer or shorter sequences",
        )
    # Wide pages get less oversampling, so that the picture fits into memory.
    finer = max(1, min(FINER, LARGEST // max(size)))
    image = Image.new("RGB", (size[0] * finer, size[1] * finer), "white")
    pen = ImageDraw.Draw(image)
    radius = THICK * finer / 2
    for _, lines in page.drawings:
        for line in lines:
            points = [(float(x), float(y)) for x, y in line * finer]
            pen.line(points, fill=INK, width=round(2 * radius), joint="curve")
            for x, y in (points[0], points[-1]):
                pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=INK)
    stream = io.BytesIO()
    image.resize(size, Image.Resampling.LANCZOS).save(stream, "PNG")
    return stream.getvalue()


def write(written: Sequence[Written], path: Path) -> list[Path]:
    """Writes one sheet with all sequences, or a folder with an SVG file for each.

    Raises:
        DataError: there is nothing to draw.
        UsageError: the suffix is not in `SUFFIXES`, or the folder does not exist.
        RunError: it can't be written.
    """
    if not written:
        raise DataError("there is nothing to draw")
    with saving(path):
        if path.suffix and not path.is_dir():
            write_atomically(path, _content(sheet(written), path))
            return [path]
        path.mkdir(parents=True, exist_ok=True)
        digits = max(4, len(str(len(written))))
        files = [path / f"{number:0{digits}}.svg" for number in range(1, len(written) + 1)]
        for file, part in zip(files, written, strict=True):
            write_atomically(file, svg(sheet([part])).encode())
        return files


def _content(page: Sheet, path: Path) -> bytes:
    name = path.name.lower()
    if name.endswith(".png"):
        return png(page)
    if name.endswith(".svg"):
        return svg(page, animated=name.endswith(".anim.svg")).encode()
    raise UsageError(
        f"`{path.name}` does not end in a drawing format",
        hint=f"use a name that ends in {', '.join(SUFFIXES)}, or a folder",
    )


def _path(line: Line) -> str:
    # A single point is a line of zero length, which round caps turn into a dot.
    points = line if len(line) > 1 else np.repeat(line, 2, axis=0)
    return "M" + " L".join(f"{x:.2f} {y:.2f}" for x, y in points)


def _length(line: NDArray[np.float64]) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum()) if len(line) > 1 else 0.0


def _printable(text: str) -> str:
    """Without the control characters that XML can't hold."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
