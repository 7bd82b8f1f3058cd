"""The contracts of trackers, which receive metrics, and of exporters, which convert bundles."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from rnngen.contracts.contract import Contract


class Tracker(Contract, ABC):
    """Receives metrics, in addition to `metrics.jsonl`; built as `target(folder, options)`.

    `folder` is the run's, a `Path`, where it may write files of its own. `options` is an instance
    of its options' dataclass; without such a parameter, each field is passed by name, and a tracker
    that has no options is built as `target(folder)`. It is built when training begins, also when a
    run is resumed. Whatever it raises switches it off with one warning; training continues.
    """

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
