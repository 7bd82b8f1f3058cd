"""The contract of a strategy, which has lifecycle hooks, and the view of a run they get."""

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
    """The bundle whose model is fine-tuned (`--from`), or None."""
    tasks: Sequence[Any]
    position: Any
    """The run's progress: `step`, `tokens`, `seconds`."""
    strategies: Sequence[str]
    """Names of all strategies of the run, in order."""
    lanes: int
    """How many rows of a batch are the task's own; those behind them are rehearsed."""
    rehearsed: Mapping[str, slice]
    """Which rows of a batch each strategy rehearses, by its name."""

    @property
    def task(self) -> Any:
        """The task being learned."""

    def note(self, text: str) -> None:
        """Tells the user something useful."""

    def warn(self, text: str) -> None:
        """Warns the user."""


class Strategy(Contract):
    """A way of learning tasks in sequence; any lifecycle hook can be a method, besides those below.

    Hooks are decorated with `rnngen.hookimpl`; `rnngen/kernel/hookspecs.py` has an example of each.
    """

    component_kind: ClassVar[str] = "strategy"

    @default
    def task_gradient(self) -> bool:
        """Whether it reads `Run.task_gradient`, which is computed only on demand."""
        return False

    @default
    def memory_tokens(self) -> int:
        """Number of data steps it stores."""
        return 0

    @default
    def keeps_data(self) -> bool | None:
        """Whether its state holds steps of the data as they are, so that they can be read from it.

        None: it does not say. `rnngen show` tells the user, and `rnngen export --format bundle`
        leaves the state out unless this is False.
        """
        return None

    @default
    def remembers(self) -> bool:
        """Whether checkpoints save its state: it defines `state_dict`."""
        return type(self).state_dict is not Strategy.state_dict

    def state_dict(self) -> Mapping[str, Any]:
        """Its state: tensors and JSON."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restores what `state_dict` returned."""
        return
