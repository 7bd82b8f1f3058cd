"""Engine: executes one step of a model with an explicit state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, ClassVar

from rnngen.contracts.contract import Contract
from rnngen.contracts.steps import State as State

if TYPE_CHECKING:
    import torch

    from rnngen.contracts.likelihood import Likelihood


class Engine(Contract, ABC):
    """Executes one step of a model; the state is explicit, and never changed.

    A state is opaque: it may hold more rows than were asked for. `select` chooses some of them.
    """

    component_kind: ClassVar[str] = "engine"

    size: int
    """K, the numbers in an output."""

    device: torch.device
    """Where outputs are."""

    likelihood: Likelihood
    """What the outputs stand for."""

    @abstractmethod
    def start(self, batch: int) -> State:
        """The initial state for `batch` sequences."""

    @abstractmethod
    def step(self, tokens: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """One step: `tokens [B]` int64 or `[B,D]` float32, to `(output [B,K], state)`."""

    @abstractmethod
    def read(self, tokens: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """`tokens [T,B,...]` to the output after the last one, `[B,K]`, and the state."""

    @abstractmethod
    def select(self, state: State, rows: torch.Tensor) -> State:
        """The state of some rows (beam search reorders with it)."""

    def threads(self, rows: int) -> AbstractContextManager[object]:
        """While it is open, as many threads compute as suit so many rows."""
        return nullcontext()
