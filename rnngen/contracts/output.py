"""Tracker and Exporter: where metrics go, and what a bundle can be turned into."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol


class Tracker(Protocol):
    """Where metrics go, besides `metrics.jsonl`."""

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Numbers of one step."""

    def close(self) -> None:
        """After the last step."""


class Exporter(Protocol):
    """Writes a bundle in another system's format."""

    def export(self, bundle: Any, path: Path) -> None:
        """Writes `path` (a file or a folder)."""
