"""Several files: parts of the same series, or series of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import PurePath

import numpy as np

from rnngen import DataError
from rnngen_series.moments import show_local
from rnngen_series.options import Options
from rnngen_series.order import Duplicates
from rnngen_series.pieces import Piece

SUFFIXES = re.compile(r"(\.(csv|tsv|txt|dat|parquet|pq|gz|zst|bz2|xz))+$", re.IGNORECASE)
NEXT = 0.1
"""Share of their time that may lie between files that follow each other."""


def joined(
    files: Sequence[tuple[str, list[Piece]]], options: Options, remark: Callable[[str], None]
) -> list[tuple[str, Piece]]:
    """All pieces with the label of their file, empty where files are joined.

    Args:
        files: name and pieces of each file.
        options: `files` and `duplicates`.
        remark: told that files were joined where this is a guess.

    Raises:
        DataError: joined files have the same time stamp.
    """
    if len(files) == 1:
        return [("", piece) for piece in files[0][1]]
    guessed = options.files == "auto" and _follow(files)
    if options.files == "join" or guessed:
        if guessed and not all(piece.name for _, own in files for piece in own):
            remark(
                f"{len(files)} files follow each other in time and are joined; "
                "`-o series.files=separate` reads a series from each"
            )
        groups: dict[tuple[str, tuple[str, ...]], list[Piece]] = {}
        for _, own in files:
            for piece in own:
                groups.setdefault((piece.name, tuple(piece.values)), []).append(piece)
        return [("", _one(group, options.duplicates)) for group in groups.values()]
    labels = file_labels([name for name, _ in files])
    return [(label, piece) for label, (_, own) in zip(labels, files, strict=True) for piece in own]


def file_labels(names: Sequence[str]) -> list[str]:
    """A short name for each file, different for all: without suffix, with folders if need be."""
    paths = [PurePath(name) for name in names]
    for depth in range(1, max(len(path.parts) for path in paths) + 1):
        labels = [SUFFIXES.sub("", "/".join(path.parts[-depth:])) for path in paths]
        if len(set(labels)) == len(labels):
            return labels
    whole = [path.name for path in paths]
    if len(set(whole)) == len(whole):
        return whole
    seen: dict[str, int] = {}
    made = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        made.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return made


def _follow(files: Sequence[tuple[str, list[Piece]]]) -> bool:
    """Whether series of the same name are in several files, each file later than another."""
    groups: dict[tuple[str, tuple[str, ...]], list[Piece]] = {}
    for _, own in files:
        for piece in own:
            groups.setdefault((piece.name, tuple(piece.values)), []).append(piece)
    named = all(name for name, _ in groups)
    for group in groups.values():
        if not all(len(piece) and piece.stamps.dtype.kind == "M" for piece in group):
            return False
        group.sort(key=lambda piece: piece.stamps[0])
        covered = sum(int((p.stamps[-1] - p.stamps[0]).astype(np.int64)) for p in group)
        for before, after in pairwise(group):
            between = int((after.stamps[0] - before.stamps[-1]).astype(np.int64))
            if between <= 0 or (between > NEXT * covered and not named):
                return False
    return named or any(len(group) > 1 for group in groups.values())


def _one(group: Sequence[Piece], duplicates: Duplicates) -> Piece:
    """One piece of several, in order of time."""
    if len(group) == 1:
        return group[0]
    if not group[0].time:
        after = np.cumsum([0, *(len(piece) for piece in group)])
        group = [
            replace(piece, stamps=piece.stamps + start)
            for piece, start in zip(group, after, strict=False)
        ]
    if len({piece.stamps.dtype.kind for piece in group}) > 1:
        raise DataError(
            f"{group[0].at(0)} and {group[1].at(0)}: time stamps are dates in one file and numbers "
            "in another",
            hint="`-o series.files=separate`, or write all of them the same way",
        )
    columns = list(dict.fromkeys(column for piece in group for column in piece.columns))
    stamps = np.concatenate([piece.stamps for piece in group])
    order = np.argsort(stamps, kind="stable")
    if duplicates == "first":
        order = np.lexsort((-np.arange(len(stamps)), stamps))
    rows = [row for piece in group for row in piece.rows]
    ordered = stamps[order]
    same = np.flatnonzero(ordered[1:] == ordered[:-1])
    if len(same) and duplicates not in ("first", "last"):
        one, other = (rows[order[place]] for place in (same[0], same[0] + 1))
        (stamp,) = show_local(ordered[same[:1]], group[0].zone)
        raise DataError(
            f"{other[0].at(other[1])}: the time stamp {stamp} appears twice, also in "
            f"{one[0].at(one[1])}" + (f" ({len(same)} such rows)" if len(same) > 1 else ""),
            hint="`-o series.files=separate` reads a series from each file; "
            "`-o series.duplicates=last` takes the row of the later file",
        )
    kept = order[np.append(ordered[1:] != ordered[:-1], True)]
    return replace(
        group[0],
        stamps=stamps[kept],
        values={
            target: np.concatenate([piece.values[target] for piece in group])[kept]
            for target in group[0].values
        },
        known=np.concatenate([aligned(piece, columns) for piece in group])[kept],
        columns=columns,
        rows=[rows[place] for place in kept],
    )


def aligned(
    piece: Piece, columns: Sequence[str]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Covariates in this order; 0 for a category that the piece does not have."""
    made = np.zeros((len(piece), len(columns)))
    for place, column in enumerate(columns):
        if column in piece.columns:
            made[:, place] = piece.known[:, list(piece.columns).index(column)]
    return made
