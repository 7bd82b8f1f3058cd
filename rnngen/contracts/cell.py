"""The contract of a recurrent cell, and the loops that follow from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from rnngen.contracts.steps import State as State

Project = Callable[[Tensor], Tensor]
Recur = Callable[[Tensor, State], tuple[Tensor, State]]


class Cell(nn.Module):
    """One recurrent layer.

    A subclass defines `initial_state`, and either `step`, or its two halves `project` and `recur`.
    The halves are faster: all projections of a chunk are one matrix product, and in generation the
    projection of a token is read from a table.

    Args:
        input_size: I, numbers in one input.
        hidden_size: H, numbers in one output.
    """

    recurrent_weights: tuple[str, ...] = ()
    """Names of the parameters that act on the state, of which `model.weight_dropout` drops some."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size

    def initial_state(self, batch_size: int) -> State:
        """The state before the first step; every tensor in it begins with the batch dimension."""
        raise NotImplementedError

    def project(self, x: Tensor) -> Tensor:
        """What a step needs of its input alone: `[..., I]` to `[..., Z]`."""
        return x

    def recur(self, z: Tensor, state: State) -> tuple[Tensor, State]:
        """What a step does with its state: `z [B,Z]` to `(y [B,H], state)`."""
        raise NotImplementedError

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """One step: `x [B,I]` to `(y [B,H], state)`."""
        return self.recur(self.project(x), state)

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """A sequence of steps: `x [T,B,I]` to `(y [T,B,H], state)`, as the loop over `step`."""
        project, recur = self._halves()
        z = project(x)
        outputs = []
        for z_t in z.unbind(0):
            y, state = recur(z_t, state)
            outputs.append(y)
        return torch.stack(outputs), state

    def prepare(self) -> tuple[Project, Recur]:
        """`project` and `recur` for inference, over weights laid out once for speed.

        Weights that change afterwards are not seen. The default is the cell's own halves.
        """
        return self._halves()

    def _halves(self) -> tuple[Project, Recur]:
        if type(self).step is not Cell.step:
            return (lambda x: x), self.step
        return self.project, self.recur


def map_state(function: Callable[..., Tensor], *states: State) -> State:
    """Applies `function` to the tensors that stand at the same place in each state."""
    first = states[0]
    if isinstance(first, Tensor):
        return function(*states)
    if isinstance(first, dict):
        return {key: map_state(function, *(state[key] for state in states)) for key in first}
    return type(first)(map_state(function, *parts) for parts in zip(*states, strict=True))


def tensors(state: State, path: str = "") -> Iterator[tuple[str, Tensor]]:
    """The tensors of a state with the path of each: `0.1`, `cache.keys`."""
    if isinstance(state, Tensor):
        yield path, state
        return
    items = state.items() if isinstance(state, dict) else enumerate(state)
    for key, part in items:
        yield from tensors(part, f"{path}.{key}" if path else str(key))


def reset_lanes(state: State, fresh: State, lanes: Tensor) -> State:
    """`state` with the lanes marked in `lanes [B]` bool taken from `fresh`."""

    def choose(old: Tensor, new: Tensor) -> Tensor:
        # [B] -> [B, 1, ..., 1]
        mask = lanes.reshape(-1, *[1] * (old.dim() - 1))
        return torch.where(mask, new.to(old.dtype), old)

    return map_state(choose, state, fresh)
