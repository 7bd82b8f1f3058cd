"""Takes back a step that was given up in its middle.

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
from rnngen.training.carried import Carried
from rnngen.training.interrupts import MOMENT
from rnngen.training.randomness import Randomness
from rnngen.training.run import Position, Run


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


class Undo:
    """Keeps what a step changes.

    Args:
        strategies: their hooks are called in a step.
        carried: the lanes' state.
        random: the random states.
    """

    def __init__(self, strategies: Lifecycle, carried: Carried, random: Randomness) -> None:
        self._strategies = strategies
        self._carried = carried
        self._random = random
        self._slow = False

    def add_step(self, seconds: float) -> None:
        """A step took this long; the next one probably will, too."""
        self._slow = seconds > MOMENT

    def before(self, run: Run) -> Before:
        """The run as it is; all of it where steps are slow."""
        strategies, buffers = None, None
        if self._slow or (not self._strategies and next(run.model.buffers(), None) is None):
            strategies = copy.deepcopy(self._strategies.state_dict()) if self._strategies else {}
            buffers = {name: tensor.clone() for name, tensor in run.model.named_buffers()}
        return Before(
            replace(run.position),
            self._carried.state,
            self._random.state_dict(),
            strategies,
            buffers,
        )

    def take_back(self, run: Run, before: Before) -> bool:
        """Goes back as far as was kept; whether that is all of it."""
        run.position.load_state_dict(vars(before.position))
        self._carried.state = before.lanes
        self._random.load_state_dict(before.random)
        if before.buffers is None:
            return False
        for name, tensor in run.model.named_buffers():
            tensor.copy_(before.buffers[name])
        if self._strategies:
            self._strategies.load_state_dict(before.strategies)
        return True
