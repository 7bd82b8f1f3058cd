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


STEPPED = 64
"""Most steps of a prompt that are read one by one; longer ones may be read in blocks."""


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

    def read_prompt(self, tokens: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """Reads a prompt of one sequence, `[T,1,...]`, T > 0: its last output `[1,K]`, and state.

        It equals `read` for up to `STEPPED` steps. A longer prompt may be read in blocks, which
        rounds differently: outputs that follow agree within 1e-4. The result depends on the prompt
        and the state alone, not on threads or earlier calls.
        """
        return self.read(tokens, state)

    def threads(self, rows: int) -> AbstractContextManager[object]:
        """A context in which the number of threads suits this many rows."""
        return nullcontext()
