"""The contracts of trackers, which receive metrics, and of exporters, which convert bundles."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from rnngen.contracts.contract import Contract


class Tracker(Contract, ABC):
    """Receives metrics, in addition to `metrics.jsonl`; built as `target(folder, **options)`."""

    __slots__ = ()

    component_kind: ClassVar[str] = "tracker"

    @abstractmethod
    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Receives the metrics of one step."""

    def close(self) -> None:
        """Called after the last step."""
        return


class Exporter(Contract, ABC):
    """Writes a bundle in another system's format."""

    __slots__ = ()

    component_kind: ClassVar[str] = "exporter"

    @abstractmethod
    def export(self, bundle: Any, path: Path) -> Any:
        """Writes `path` (a file or a folder)."""
