"""Engine: executes one step of a model with an explicit state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import torch

    from rnngen.contracts.likelihood import Likelihood


State = Any
"""A nested tuple, list or dict of tensors, batch dimension first."""


class Engine(Protocol):
    """Executes one step of a model; the state is explicit."""

    size: int
    device: torch.device

    @property
    def likelihood(self) -> Likelihood:
        """What the outputs stand for."""

    def start(self, batch: int) -> State:
        """The initial state for `batch` sequences."""

    def step(self, tokens: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """`tokens [B]` int64 or `[B,D]` float32 to `(output [B,K], state)`."""

    def read(self, tokens: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """`tokens [T,B,...]` to the output after the last one, `[B,K]`, and the state."""

    def select(self, state: State, rows: torch.Tensor) -> State:
        """The state of some rows (beam search reorders with it)."""
