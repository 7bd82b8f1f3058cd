"""The contract of an engine: executes one step of a model with an explicit state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from rnngen.contracts.likelihood import Likelihood


State = Any
"""A nested tuple, list or dict of tensors, batch dimension first."""


class Engine(ABC):
    """Executes one step of a model; the state is explicit, and only the engine knows its structure.

    An engine is built as `target(model, boundary, condition, options)`: `boundary` is the step
    before which a sequence's state becomes the initial one (None: no step), `condition` `[U,...]`
    is what all sequences are conditioned on (None: nothing). The model is on the device to compute
    on; the engine must not change it.

    The same row must get the same bits however many rows are beside it, so that a sequence does not
    depend on how many are drawn. `rnngen.testing.engines` checks this and the rest of the contract.
    """

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
        """One step.

        Args:
            tokens: `[B]` int64, or `[B,D]` float32 where steps are vectors, on any device.
            state: of B sequences; it is left as it is.

        Returns:
            output `[B,K]` on the engine's device, and the state after the step.
        """

    @abstractmethod
    def select(self, state: State, rows: torch.Tensor) -> State:
        """The state of the sequences `rows [B']` int64, in that order; one may come repeatedly."""

    def read(self, tokens: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """Steps through `tokens [T,B,...]`, T > 0; the last output `[B,K]`, and the state."""
        for row in tokens.unbind(0):
            output, state = self.step(row, state)
        return output, state

    def threads(self, batch: int) -> AbstractContextManager[None]:
        """Within it, the engine may use the number of threads that suits `batch` rows."""
        return nullcontext()
