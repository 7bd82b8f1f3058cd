"""The lanes' state, carried from each batch to the next."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rnngen.contracts.cell import State, map_state
from rnngen.model.model import Model


class Carried:
    """Holds the state in which the next batch begins.

    Args:
        model: whose state it is.
        device: where the model is.
    """

    def __init__(self, model: Model, device: torch.device) -> None:
        self._model = model
        self._device = device
        self.state: list[State] | None = None
        """One of each layer, detached; None before the first batch of a task."""

    def begin(self, lanes: int, *, anew: bool) -> list[State]:
        """The state before a batch of this many lanes; the initial one where `anew`."""
        if self.state is None or anew or _width(self.state) != lanes:
            self.state = self._model.initial_state(lanes)
        return self.state

    def keep(self, state: list[State], lanes: int) -> None:
        """Keeps the state after a batch; rows beyond the lanes are not carried on."""
        self.state = map_state(lambda part: part[:lanes].detach(), state)

    def forget(self) -> None:
        """The next batch begins with the initial state."""
        self.state = None

    def state_dict(self) -> Any:
        """Nested tensors, or None."""
        return self.state

    def load_state_dict(self, state: Any) -> None:
        """Goes back to what `state_dict` gave."""
        self.state = None if state is None else map_state(lambda t: t.to(self._device), state)


def _width(state: Any) -> int:
    while not isinstance(state, Tensor):
        state = next(iter(state.values() if isinstance(state, dict) else state))
    return int(state.shape[0])
