"""The model as Avalanche's plugins see it: `model(x) -> logits`, without a state.

They call it either with the training loop's current chunk, which is read with the state
carried from the chunk before, or anything else: windows of an importance pass, a memory. Those
begin with the initial state.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from rnngen import Model, State, autocast, extended, map_state, tensors
from rnngen_avalanche.chunk import PADDING, Chunk


class PluginView(nn.Module):
    """A model behind the signature that plugins expect.

    A copy, as a teacher is, has dropout off, isn't trained, and carries a state of its own over the
    chunks that the loop reads.

    Args:
        net: the model.
        chunk: what the loop reads.
        boundary: the token before which the state is reset.
        dtype: of matrix products; None is float32.
    """

    def __init__(
        self, net: Model, chunk: Chunk, boundary: int, dtype: torch.dtype | None = None
    ) -> None:
        super().__init__()
        self.net = net
        self.chunk = chunk
        self.boundary = boundary
        self.dtype = dtype
        self.carried: list[State] | None = None
        """Of the lanes, after the last chunk that was read."""
        self._before: list[State] | None = None
        self._number = -1
        self._quiet = False

    @property
    def units(self) -> int:
        """How many different tokens the model knows."""
        return self.net.likelihood.size

    def forward(self, x: Tensor, *ignored: Any) -> Tensor:
        """`[B,T]` ids to `[B·T, K]` outputs, row by row; further arguments are task labels."""
        device = next(self.net.parameters()).device
        with autocast(device, self.dtype):
            output = self._current() if x is self.chunk.x else self._fresh(x)
        return output.float().transpose(0, 1).flatten(0, 1)

    def _fresh(self, x: Tensor) -> Tensor:
        steps = x.t()
        resets = steps == self.boundary
        steps = steps.masked_fill(steps == PADDING, self.boundary)
        state = self.net.initial_state(steps.shape[1])
        output: Tensor
        output, _ = self.net(steps, state, resets if bool(resets.any()) else None)
        return output

    def _current(self) -> Tensor:
        chunk, batch = self.chunk, self.chunk.batch
        assert batch is not None
        if self._number != chunk.number:
            # A second pass over a chunk starts where the first one did.
            self._number, self._before = chunk.number, self.carried
        state = self._before
        if state is None or _width(state) != chunk.lanes:
            state = self.net.initial_state(chunk.lanes)
        state = extended(self.net, state, batch.inputs.shape[1] - chunk.lanes)
        output: Tensor
        output, state = self.net(batch.inputs, state, batch.resets)
        self.carried = [
            map_state(lambda part: part[: chunk.lanes].detach(), layer) for layer in state
        ]
        return output

    def forget(self) -> None:
        """Resets the lanes."""
        self.carried = self._before = None

    def train(self, mode: bool = True) -> PluginView:
        """Sets the mode as in every module, but recurrent layers on a GPU never evaluate.

        cuDNN has no backward pass for them there; Avalanche's own guard against that compares a
        `torch.device` with a text, and never acts (Avalanche issue 736).
        """
        super().train(mode)
        for part in self.net.modules():
            if self._quiet and "Dropout" in type(part).__name__:
                part.training = False
            if isinstance(part, nn.RNNBase) and next(part.parameters()).is_cuda:
                part.training = True
        return self

    @contextmanager
    def without_dropout(self) -> Iterator[None]:
        """Within, dropout stays off, whatever mode a plugin asks for."""
        self._quiet = True
        self.train(self.training)
        try:
            yield
        finally:
            self._quiet = False
            self.train()

    def __deepcopy__(self, memo: dict[int, Any]) -> PluginView:
        copied = PluginView(copy.deepcopy(self.net, memo), self.chunk, self.boundary, self.dtype)
        copied.requires_grad_(False)
        return copied.eval()


def _width(state: list[State]) -> int:
    return next(tensors(state))[1].shape[0]
