"""The contract of an engine: executes one step of a model with an explicit state."""

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

    It is built as `target(model, boundary, condition, options)`: `boundary` is the step before
    which a sequence's state becomes the initial one (None: no step), `condition` `[U,...]` is what
    all sequences are conditioned on (None: nothing). The model is on the device to compute on.

    A state is opaque: it may hold more rows than requested. `select` chooses some of them.

    A row has the same bits for any number of other rows, so that a sequence does not depend on
    how many are drawn. `rnngen.testing.engines` checks this and the rest of the contract.
    """

    component_kind: ClassVar[str] = "engine"

    size: int
    """K, the numbers in an output."""

    device: torch.device
    """The device of the outputs."""

    likelihood: Likelihood
    """The likelihood that interprets the outputs."""

    @abstractmethod
    def start(self, batch: int) -> State:
        """The initial state for `batch` sequences."""

    @abstractmethod
    def step(self, tokens: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """One step: `tokens [B]` int64 or `[B,D]` float32, to `(output [B,K], state)`."""

    @abstractmethod
    def select(self, state: State, rows: torch.Tensor) -> State:
        """The state of the sequences `rows [B']` int64, in that order; one may come repeatedly."""

    def read(self, tokens: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """Steps through `tokens [T,B,...]`, T > 0; the last output `[B,K]`, and the state."""
        for row in tokens.unbind(0):
            output, state = self.step(row, state)
        return output, state

    def threads(self, rows: int) -> AbstractContextManager[object]:
        """A context in which the number of threads suits this many rows."""
        return nullcontext()
