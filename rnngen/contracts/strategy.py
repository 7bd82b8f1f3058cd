"""Strategy and Run: what has lifecycle hooks, and the view of a run they are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from rnngen.contracts.contract import Contract, default

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


class Strategy(Contract):
    """A way of learning tasks in a row: any of the lifecycle hooks as methods, and what is here.

    Hooks are decorated with `rnngen.hookimpl`; `rnngen/kernel/hookspecs.py` has an example of each.
    """

    component_kind: ClassVar[str] = "strategy"

    @default
    def task_gradient(self) -> bool:
        """Whether it reads `Run.task_gradient`, which is computed for those who do."""
        return False

    @default
    def memory_tokens(self) -> int:
        """Steps of the data that it keeps."""
        return 0

    @default
    def remembers(self) -> bool:
        """Whether it has a state to be saved with a checkpoint: a `state_dict` of its own."""
        return type(self).state_dict is not Strategy.state_dict

    def state_dict(self) -> Mapping[str, Any]:
        """What it remembers: tensors and JSON."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes back what `state_dict` gave."""
        return
