"""The verb `runs`: every run of a folder in a row, read without building a model."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rnngen.bundles import manifest
from rnngen.bundles.manifest import BUNDLE
from rnngen.bundles.records import RECORD, is_run, read_record
from rnngen.contracts.errors import RnngenError, UsageError
from rnngen.verbs.compare import summarise

DEPTH = 3
"""How far below a folder runs are looked for: `runs/project/variant/run`."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One run; None where it does not say.

    Args:
        path: its folder.
        status: `running`, `finished`, `interrupted`, `failed`, `killed`; `damaged` where the run
            can't be read.
        domain: of its data.
        cell: by name.
        parameters: of the model.
        steps: optimizer steps.
        best_nats: lowest validation, nats per token.
        best_bits: the same in bits.
        updated: when it was last written, ISO 8601.
        bytes: of all its files.
        problem: why it can't be read.
    """

    path: str
    status: str | None
    domain: str | None = None
    cell: str | None = None
    parameters: int | None = None
    steps: int | None = None
    best_nats: float | None = None
    best_bits: float | None = None
    updated: str | None = None
    bytes: int = 0
    problem: str | None = None


ORDERS: dict[str, Callable[[Row], Any]] = {
    "age": lambda row: _reversed(row.updated or ""),
    "name": lambda row: row.path,
    "best": lambda row: math.inf if row.best_nats is None else row.best_nats,
    "steps": lambda row: -(row.steps or 0),
    "size": lambda row: -row.bytes,
}
"""How runs can be sorted: the newest, the best, the longest, the largest first."""


def runs(root: str | Path = "runs", *, order: str = "age") -> list[Row]:
    """The runs in a folder, or the folder itself if it is one.

    Args:
        root: the folder.
        order: a key of `ORDERS`.

    Raises:
        UsageError: there is no such folder.
    """
    root = Path(root)
    if not root.is_dir():
        raise UsageError(
            f"there is no folder `{root}`",
            hint="name the folder that your runs are in; `rnngen fit FILE` makes `runs/`",
        )
    rows = [_row(path) for path in _found(root, DEPTH)]
    return sorted(sorted(rows, key=lambda row: row.path), key=ORDERS[order])


def _found(folder: Path, depth: int) -> Iterator[Path]:
    if is_run(folder):
        yield folder
        return
    try:
        below = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return
    for path in below:
        if is_run(path):
            yield path
        elif depth > 1 and not path.is_symlink() and not path.name.startswith("."):
            yield from _found(path, depth - 1)


def _row(path: Path) -> Row:
    row = Row(path=str(path), status="damaged", updated=_updated(path), bytes=_size(path))
    try:
        summary = summarise(path, path.name)
        domain = manifest.read(path).domain.name if (path / BUNDLE).exists() else None
    except RnngenError as error:
        return replace(row, problem=error.message)
    best = summary.best_valid
    return replace(
        row,
        status=summary.status,
        domain=domain or _text(summary.config, "fit.domain"),
        cell=_text(summary.config, "model.cell"),
        parameters=summary.parameters,
        steps=summary.steps,
        best_nats=best,
        best_bits=None if best is None else best / math.log(2),
    )


def _text(config: Mapping[str, Any], key: str) -> str | None:
    value = config.get(key)
    return value if isinstance(value, str) else None


def _updated(path: Path) -> str | None:
    """When a run was last written, by its record, else by its file's time."""
    try:
        said = read_record(path).get("updated")
        if isinstance(said, str):
            return datetime.fromisoformat(said).astimezone(UTC).isoformat(timespec="seconds")
    except (RnngenError, ValueError, OverflowError):
        pass
    for name in (RECORD, BUNDLE, "."):
        try:
            seconds = (path / name).stat().st_mtime
        except OSError:
            continue
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    return None


def _size(path: Path) -> int:
    total = 0
    for parent, _, files in os.walk(path):
        for file in files:
            try:
                total += os.lstat(os.path.join(parent, file)).st_size
            except OSError:  # deleted while we look
                continue
    return total


def _reversed(text: str) -> list[int]:
    """A key that sorts later texts first."""
    return [-ord(character) for character in text]
