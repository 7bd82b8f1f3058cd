"""TensorBoard: `rnngen fit ... --tracker tensorboard`, then `tensorboard --logdir runs`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from rnngen.contracts.errors import PluginError, RunError
from rnngen.contracts.output import Tracker

try:
    from torch.utils.tensorboard import SummaryWriter
except Exception as error:
    # Not only ImportError: its own dependencies (protobuf) fail in other ways, too.
    raise PluginError(
        f"tracker `tensorboard` could not be loaded: {type(error).__name__}: {error}",
        hint='`pip install "rnngen[tensorboard]"`',
    ) from error

FOLDER = "tensorboard"


class TensorBoard(Tracker):
    """Writes event files to `tensorboard/` in the run's folder.

    Args:
        folder: of the run.

    Raises:
        RunError: the folder can't be written.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._writer = SummaryWriter(str(Path(folder) / FOLDER))
        except OSError as error:
            raise RunError(f"tracker `tensorboard` can't write `{folder}`: {error}") from error

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Numbers of one step, by name; `train/loss` and `train/speed` are drawn together."""
        for name, value in metrics.items():
            if math.isfinite(value):
                self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Flushes buffered events."""
        self._writer.close()
