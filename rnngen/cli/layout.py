"""Tables as text: a row is a line where it fits, and else a list of fields; no number is cut.

    laid_out(["name", "summary"], rows, width=40, cuts=["summary"]).lines

Where a table is wider than the terminal:

1. The columns that hold sentences become narrower, the widest first, down to `NARROWEST`; of
   `cuts`, what is left out is shown as `…`, and `wraps` take several lines.
2. If that is not enough, each row becomes a list: its first cell, and below it a line for each of
   the others, `column  cell`. Long cells are wrapped between words.

Pipes and files have no width: there, a table has all of its columns, whole.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

GAP = "  "
"""Between two columns."""

NARROWEST = 12
"""The narrowest that a column of sentences may become."""

LONGEST = 100
"""The most characters of a cell that stands before another column."""

ELLIPSIS = "…"


@dataclass(frozen=True)
class Layout:
    """A table as lines.

    Args:
        heading: the names of the columns; None where each row is a list of its fields.
        lines: of the rows.
    """

    heading: str | None
    lines: Sequence[str]


def laid_out(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    width: int | None = None,
    cuts: Collection[str] = (),
    wraps: Collection[str] = (),
    ellipsis: str = ELLIPSIS,
) -> Layout:
    """The lines of a table.

    Args:
        columns: their names.
        rows: cells, each of one line.
        width: of the terminal; None: there is none.
        cuts: names of the columns that hold sentences, which may be cut.
        wraps: names of the columns whose cells may take several lines.
        ellipsis: what stands for a part that is left out.
    """
    rows = [[*(cut(cell, LONGEST, ellipsis) for cell in row[:-1]), *row[-1:]] for row in rows]
    widths = [max(map(cells, column)) for column in zip(columns, *rows, strict=True)]
    if width is not None and not _fit(columns, widths, width, {*cuts, *wraps}):
        return Layout(None, as_lists(columns, rows, width))
    heading, *lines = (
        _line(
            [cut(name, most, ellipsis) for name, most in zip(columns, widths, strict=True)], widths
        ),
        *(
            _line(part, widths)
            for row in rows
            for part in _parts(columns, row, widths, cuts, wraps, ellipsis)
        ),
    )
    return Layout(heading, lines)


def _fit(columns: Sequence[str], widths: list[int], width: int, flexible: Collection[str]) -> bool:
    """Makes the widest of the flexible columns narrower until all fit; whether they do."""
    over = sum(widths) + len(GAP) * (len(widths) - 1) - width
    for at in sorted(range(len(widths)), key=lambda at: widths[at], reverse=True):
        if over > 0 and columns[at] in flexible:
            narrower = max(widths[at] - over, min(NARROWEST, widths[at]))
            over -= widths[at] - narrower
            widths[at] = narrower
    return over <= 0


def _parts(
    columns: Sequence[str],
    row: Sequence[str],
    widths: Sequence[int],
    cuts: Collection[str],
    wraps: Collection[str],
    ellipsis: str,
) -> Iterator[Sequence[str]]:
    """The lines of one row, cell by cell; one, unless a cell is wrapped."""
    stacks = [
        [cut(cell, most, ellipsis)]
        if name in cuts
        else wrapped(cell, most) or [""]
        if name in wraps
        else [cell]
        for name, cell, most in zip(columns, row, widths, strict=True)
    ]
    yield from zip_longest(*stacks, fillvalue="")


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - cells(cell)) for cell, width in zip(row, widths, strict=True))
    return GAP.join(padded).rstrip()


def as_lists(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Each row as a list of its fields; empty ones are left out."""
    lines = []
    label = max(map(cells, columns[1:]), default=0)
    for row in rows:
        lines += wrapped(row[0] or "-", width)
        for name, cell in zip(columns[1:], row[1:], strict=True):
            if not cell:
                continue
            beside = label + len(GAP)
            if 2 + beside + cells(cell) <= width:
                lines.append(f"  {name}{' ' * (beside - cells(name))}{cell}")
            elif 2 + cells(name) + len(GAP) + cells(cell) <= width:
                lines.append(f"  {name}{GAP}{cell}")
            else:
                lines += wrapped(name, width, "  ") + wrapped(cell, width, "    ")
    return lines


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """`text` in lines that break between words; a word, such as a number, stays whole."""
    return textwrap.wrap(
        text,
        max(width, len(indent) + 1),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def cut(text: str, width: int, ellipsis: str = ELLIPSIS) -> str:
    """The beginning of `text` that fits, with what says that there is more."""
    if cells(text) <= width:
        return text
    left = max(width - len(ellipsis), 0)
    kept = ""
    for character in text:
        left -= cells(character)
        if left < 0:
            break
        kept += character
    return kept.rstrip() + ellipsis


def cells(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
