"""The folder of a comparison: a folder for each training, and `continual.json`, which is rewritten
whenever one is done. What its trainings have in common must stay as it was."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from filelock import FileLock, Timeout

from rnngen.contracts.errors import UsageError
from rnngen.files.atomic import saving, write_atomically
from rnngen.files.json import TEXT, dump, load
from rnngen.files.regular import read_regular

RESULT = "continual.json"
PICTURE = "continual.png"
LOCK = ".lock"
KIND = "rnngen comparison of strategies"
LARGEST = 2**28
"""Bytes of `continual.json`; a larger one is not ours."""
SHOWN = 4
"""Differences that a message names."""


class ComparisonFolder:
    """A context manager that holds the folder for this process.

    Args:
        path: new, empty, or one that an earlier call left.
        settings: what all trainings have in common, as JSON.

    Raises:
        UsageError: it holds something else, a comparison of other settings, or is in use.
        RunError: it can't be made.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        self.path = path
        self.settings = settings
        self._check()
        with saving(path, "nothing was started"):
            path.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(path / LOCK)
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                raise UsageError(
                    f"`{path}` is being written by another process",
                    hint="wait until it has ended, or choose another folder with `--run`",
                ) from None

    def __enter__(self) -> ComparisonFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()

    def write(self, document: Mapping[str, Any]) -> Path:
        """Replaces `continual.json`.

        Raises:
            RunError: it can't be written.
        """
        path = self.path / RESULT
        whole = {"kind": KIND, "format": 1, "settings": self.settings, **document}
        text = dump(whole, TEXT, indent=1, ascii_only=False) + "\n"
        with saving(path, "the finished trainings are whole"):
            write_atomically(path, text.encode("utf-8", "replace"))
        return path

    def _check(self) -> None:
        folder = self.path
        if not folder.exists():
            return
        if not folder.is_dir():
            raise UsageError(f"`{folder}` is a file, expected a folder for the comparison")
        file = folder / RESULT
        if not file.is_file():
            if any(path.name != LOCK for path in folder.iterdir()):
                raise UsageError(
                    f"`{folder}` is not empty and holds no comparison",
                    hint="choose a folder that does not exist yet",
                )
            return
        found = load(read_regular(file, LARGEST), file)
        before = found.get("settings") if isinstance(found, dict) else None
        if not isinstance(before, dict) or found.get("kind") != KIND:
            raise UsageError(
                f"`{file}` is not the result of a comparison",
                hint="choose a folder that does not exist yet",
            )
        lines = differing(before, self.settings)
        if lines:
            more = f" and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
            raise UsageError(
                f"`{folder}` holds another comparison: {'; '.join(lines[:SHOWN])}{more}",
                hint="give the settings it was started with, or choose another folder with `--run`",
            )


def differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What is not as it was, in words; an option that only one of both has is a new method's."""
    lines = _other_data(before, now)
    if before.get("domain") != now["domain"]:
        lines.append(f"domain was {_shown(before.get('domain'))}, now {now['domain']}")
    old = before.get("config")
    for section, options in now["config"].items():
        others = old.get(section, {}) if isinstance(old, dict) else {}
        lines += [
            f"`{section}.{name}` was {_shown(others[name])}, now {_shown(value)}"
            for name, value in options.items()
            if name in others and others[name] != value
        ]
    return lines


def _other_data(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What is not the same in the tasks; where they lie does not matter."""
    old, new = before.get("fingerprints"), now["fingerprints"]
    if old == new:
        return []
    if before.get("data") != now["data"] or not isinstance(old, list):
        return [f"data was {_shown(before.get('data'))}, now {_shown(now['data'])}"]
    pairs = zip(now["data"], old, new, strict=False)
    return [f"the content of `{name}` changed" for name, was, is_now in pairs if was != is_now]


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "none" if value is None else str(value)
