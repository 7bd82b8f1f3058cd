"""Strategy and Run: the lifecycle hooks, and the view of a run they are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import torch
    from torch import nn


class Run(Protocol):
    """What a lifecycle hook sees of a run, as it is at that moment."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    device: torch.device
    generator: torch.Generator
    folder: Any
    start: Any
    """The bundle whose model goes on learning (`--from`), or None."""
    tasks: Sequence[Any]
    position: Any
    """Where the run stands: `step`, `tokens`, `seconds`."""
    lanes: int
    """How many rows of a batch are the task's own; those behind them are rehearsed."""
    rehearsed: Mapping[str, slice]
    """Which rows of a batch each strategy rehearses, by its name."""

    @property
    def task(self) -> Any:
        """The task being learned."""

    def note(self, text: str) -> None:
        """Tells the user a line worth reading."""

    def warn(self, text: str) -> None:
        """Tells the user a line that must be read."""
