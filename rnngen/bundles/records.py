"""Reads the records of a run's folder, and changes nothing."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnngen.contracts.errors import BundleError, RnngenError, UsageError
from rnngen.files import schema
from rnngen.files.json import TEXT, load
from rnngen.files.regular import read_regular

RECORD = "run.json"
METRICS = "metrics.jsonl"
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Characters and sequences that command a terminal instead of being shown."""
LIMIT = 64 * 2**20
"""Bytes of `run.json` or a configuration; a larger one is not ours, and is not read."""
METRICS_LIMIT = 2**30
"""Bytes of `metrics.jsonl`, which has some hundred for each line."""
MARKS = (RECORD, "bundle.json", "checkpoint.json")
"""Any of these makes a folder a run."""


def is_run(path: str | Path) -> bool:
    """Whether a folder holds a run, however old."""
    return any((Path(path) / name).is_file() for name in MARKS)


def newest(root: str | Path = "runs") -> Path:
    """The run below `root` that was written last.

    Raises:
        UsageError: there is none.
    """
    runs = [path.parent for path in Path(root).rglob(RECORD)]
    if not runs:
        raise UsageError(
            f"there is no run in `{root}`",
            hint="name the run's folder, or make one with `rnngen fit FILE`",
        )
    return max(runs, key=_last_written)


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The lines of a run's `metrics.jsonl`, infinities and NaN as numbers again.

    A line that a killed process left half written, at the end, is left out.

    Raises:
        BundleError: a line before the last is not a JSON object.
    """
    file = path / METRICS
    try:
        lines = read_regular(file, METRICS_LIMIT).split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BundleError(f"`{file}` can't be read: {error.strerror or error}") from error
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = load(line, file, TEXT)
        except BundleError:
            row = None
        if isinstance(row, dict):
            rows.append(row)
        elif number < len(lines):
            raise BundleError(
                f"`{file}`, line {number}, is not a JSON object",
                hint="the file was changed; delete that line",
            )
    return rows


def read_record(path: Path) -> dict[str, Any]:
    """A run's `run.json`; empty where there is none.

    Raises:
        BundleError: it is not a JSON object.
    """
    file = path / RECORD
    try:
        record = load(read_regular(file, LIMIT), file)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BundleError(f"`{file}` can't be read: {error.strerror or error}") from error
    if not isinstance(record, dict):
        raise BundleError(f"`{file}` is not a JSON object", hint="delete it, or mend it")
    return record


def read_config(path: Path) -> dict[str, dict[str, Any]]:
    """The sections of a `config.toml`.

    Raises:
        BundleError: it is not one, or is missing.
    """
    try:
        sections = tomllib.loads(read_regular(path, LIMIT).decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError(f"`{path}` can't be read as TOML: {error}") from None
    schema.check(sections, schema.Each(dict), f"`{path}`:")
    return sections


def status(record: Mapping[str, Any]) -> str:
    """How a run stands, by its record: `running`, `finished`, `interrupted`, `failed`, `killed`."""
    said, pid = str(record.get("status") or "unknown"), record.get("pid")
    if said == "running" and isinstance(pid, int) and os.name == "posix" and pid > 0:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return "killed"
        except (OSError, OverflowError):
            pass
    return said


def _last_written(path: Path) -> tuple[str, float]:
    try:
        updated = read_record(path).get("updated")
    except RnngenError:
        updated = None
    return str(updated or ""), (path / RECORD).stat().st_mtime
