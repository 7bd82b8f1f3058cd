"""Taking back a step that was given up in its middle.

Until the optimizer's update a step changes no weight: only where the data is, the lanes' state, the
random states, and what strategies and the model's buffers remember. The first three cost nothing to
keep. The others are copied only before steps that are slow, which are those that are given up.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from rnngen.kernel.strategies import Lifecycle
from rnngen.model.model import Model
from rnngen.training.run import Position


@dataclass(frozen=True)
class Before:
    """A run as it was before a step.

    Args:
        position: where it stood.
        lanes: their state, whose tensors are replaced and never changed.
        random: the random states.
        strategies: what they remembered, copied; None: not copied.
        buffers: of the model, the same.
    """

    position: Position
    lanes: Any
    random: Mapping[str, Tensor]
    strategies: Any
    buffers: Mapping[str, Tensor] | None

    @classmethod
    def of(
        cls,
        position: Position,
        lanes: Any,
        random: Mapping[str, Tensor],
        model: Model,
        lifecycle: Lifecycle,
        *,
        copied: bool,
    ) -> Before:
        """The run as it is; with `copied`, all of it."""
        strategies, buffers = None, None
        if copied or (not lifecycle and next(model.buffers(), None) is None):
            strategies = copy.deepcopy(lifecycle.state_dict()) if lifecycle else {}
            buffers = {name: tensor.clone() for name, tensor in model.named_buffers()}
        return cls(replace(position), lanes, random, strategies, buffers)

    def restore(self, model: Model, lifecycle: Lifecycle) -> bool:
        """Puts back what model and strategies remembered; False where that was not copied."""
        if self.buffers is None:
            return False
        for name, tensor in model.named_buffers():
            tensor.copy_(self.buffers[name])
        if lifecycle:
            lifecycle.load_state_dict(self.strategies)
        return True
