"""The random states that a training draws from."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


class Randomness:
    """The global states of the processor and of the device, and the run's own generator.

    Args:
        generator: of the run; on the processor.
        device: where the model is.
    """

    def __init__(self, generator: torch.Generator, device: torch.device) -> None:
        self._generator = generator
        self._device = device

    def state_dict(self) -> dict[str, Tensor]:
        """The states, as tensors of bytes."""
        state = {"cpu": torch.get_rng_state(), "generator": self._generator.get_state()}
        if self._device.type == "cuda":
            state["device"] = torch.cuda.get_rng_state(self._device)
        return state

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Goes back to what `state_dict` gave."""
        torch.set_rng_state(state["cpu"])
        self._generator.set_state(state["generator"])
        if "device" in state and self._device.type == "cuda":
            torch.cuda.set_rng_state(state["device"], self._device)
