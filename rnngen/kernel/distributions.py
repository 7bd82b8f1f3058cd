"""Reads the metadata of installed distributions to find plugins, each guarded by itself.

A package whose metadata is damaged is named with its damage and does not hide others. Nothing is
imported.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, DistributionFinder, EntryPoint
from pathlib import Path

from rnngen.contracts.options import suggest
from rnngen.kernel.blame import Refused, one_line
from rnngen.kernel.component import normalized

LARGEST = 1_000_000
"""The largest metadata file to read, in bytes; real ones have a few thousand."""


@dataclass(frozen=True)
class Found:
    """A distribution with plugins, or one that can't say whether it has some.

    Args:
        name: of the distribution, as far as that is known.
        version: the same.
        entries: its entry points in the group; none where it is damaged.
        damage: what is wrong with it; empty if nothing is.
    """

    name: str
    version: str
    entries: tuple[EntryPoint, ...] = ()
    damage: str = ""


def find(group: str) -> Iterator[Found]:
    """What each distribution adds to the group; of two with one name, the first on the path."""
    seen = set()
    for distribution in distributions():
        name, version = folder_name(distribution)
        key = normalized(name) if name else id(distribution)
        if key in seen:
            continue
        seen.add(key)
        name = name or "a distribution without a name"
        try:
            _check_file(distribution, "entry_points.txt")
            entries = tuple(distribution.entry_points.select(group=group))
        except Exception as error:
            yield Found(
                name, version, damage=f"its `entry_points.txt` is damaged: {one_line(error)}"
            )
            continue
        if entries:
            yield _described(distribution, Found(name, version, entries))


@dataclass(frozen=True)
class Misplaced:
    """An entry point in a group that nobody reads.

    Args:
        name: of the distribution.
        entry: the entry point's name.
        group: where it is.
    """

    name: str
    entry: str
    group: str


def misplaced(group: str) -> list[Misplaced]:
    """Entry points in a group that is nearly called so, or whose name goes on: `rnngen.plugins`."""
    found = {}
    for distribution in distributions():
        name, _ = folder_name(distribution)
        try:
            _check_file(distribution, "entry_points.txt")
            entries = list(distribution.entry_points)
        except Exception:  # `find` tells what is damaged
            continue
        for entry in entries:
            if entry.group != group and _is_near(entry.group, group):
                found[name, entry.group, entry.name] = Misplaced(name, entry.name, entry.group)
    return list(found.values())


def _is_near(other: str, group: str) -> bool:
    letters = "".join(filter(str.isalnum, other.lower()))
    return letters.startswith(group) or suggest(letters, [group]) is not None


def distributions() -> Iterator[Distribution]:
    """Every installed distribution; a finder that fails loses only what it would have found."""
    for finder in sys.meta_path:
        search = getattr(finder, "find_distributions", None)
        if search is None:
            continue
        try:
            yield from search(DistributionFinder.Context())
        except Exception:  # somebody's import hook
            continue


def _described(distribution: Distribution, found: Found) -> Found:
    """`found` with the name and version of its METADATA, which must have both."""
    try:
        _check_file(distribution, "METADATA")
        metadata = distribution.metadata
        fields = {key: metadata[key] for key in metadata}
    except Exception as error:
        return Found(
            found.name, found.version, damage=f"its METADATA is damaged: {one_line(error)}"
        )
    name, version = fields.get("Name"), fields.get("Version")
    if not name or not version:
        lacks = "lacks its name or version" if fields else "is missing"
        return Found(found.name, found.version, damage=f"its METADATA {lacks}")
    return Found(name, version, found.entries)


def folder_name(distribution: Distribution) -> tuple[str, str]:
    """Name and version as the folder of the metadata has them, which is there without METADATA."""
    folder = Path(str(getattr(distribution, "_path", ""))).name
    match = re.fullmatch(r"([^-]+)(?:-([^-]+).*?)?\.(?:dist|egg)-info", folder)
    if match:
        return normalized(match[1]), match[2] or ""
    try:  # a finder of its own
        return str(distribution.name or ""), str(distribution.version or "")
    except Exception:
        return folder, ""


def _check_file(distribution: Distribution, name: str) -> None:
    """Refuses a file that would take very long, or forever, to read."""
    path = getattr(distribution, "_path", None)
    if not isinstance(path, Path):
        return
    try:
        status = os.stat(path / name)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(status.st_mode):
        raise Refused("it is not a file")
    if status.st_size > LARGEST:
        raise Refused(f"it has {status.st_size:,} bytes")
    # importlib takes a file that it may not read for one that is not there.
    (path / name).open("rb").close()
