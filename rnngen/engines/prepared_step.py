"""One step of a model over weights laid out for speed.

Weights are laid out once (`rnngen.components.cells.linear`), the first layer's projection of every
token is a table where that is small, and cells step through their prepared halves.
"""

from __future__ import annotations

import copy
from functools import partial
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional

from rnngen.components.cells.linear import Linear, prepare_linear
from rnngen.contracts.cell import Cell, State
from rnngen.model.model import Model

TABLE_LIMIT = 2**24
"""Most numbers (64 MiB) for which the first layer's projections are kept as a table."""


class PreparedStep:
    """Steps a model in evaluation mode. Weights changed later are not seen.

    Args:
        model: on the device to compute on.
    """

    def __init__(self, model: Model) -> None:
        self.work = sum(part.numel() for part in [*model.cells.parameters(), model.readout.weight])
        """Multiplications for one row."""
        self._halves = [cast(Cell, cell).prepare() for cell in model.cells]
        self._norms = [
            (norm.normalized_shape, norm.weight, norm.bias, norm.eps)
            if isinstance(norm, torch.nn.LayerNorm)
            else None
            for norm in model.norms
        ]
        self._adds_input = [model.adds_input(layer) for layer in range(len(model.cells))]
        self._readout = prepare_linear(model.readout.weight, model.readout.bias)
        self._embed, self._table = self._prepare_input(model.embedding)

    @property
    def widths(self) -> list[int]:
        """Numbers in a row of the arrays that are neither input nor state."""
        return [] if self._table is None else [self._table.shape[-1]]

    def _prepare_input(self, embedding: torch.nn.Module) -> tuple[Linear, Tensor | None]:
        """How a step becomes a vector, and the projection of every token if that table is small."""
        if not isinstance(embedding, torch.nn.Embedding):
            if isinstance(embedding, torch.nn.Linear):
                return prepare_linear(embedding.weight, embedding.bias), None
            return copy.deepcopy(embedding), None
        vectors = embedding.weight.detach().clone()
        project = self._halves[0][0]
        width = project(vectors[:1]).shape[-1]
        small = width * len(vectors) <= TABLE_LIMIT
        return partial(vectors.index_select, 0), project(vectors) if small else None

    def __call__(self, tokens: Tensor, state: list[State]) -> tuple[Tensor, list[State]]:
        """`tokens [B,...]` and the state of every layer to output `[B,K]` and the state after."""
        project, recur = self._halves[0]
        x = None
        if self._table is None or self._adds_input[0]:
            x = self._embed(tokens)
        if self._table is None:
            assert x is not None
            z = project(x)
        else:
            z = self._table.index_select(0, tokens)
        after = []
        for layer, (project, recur) in enumerate(self._halves):
            if layer:
                assert x is not None
                z = project(x)
            y, layer_state = recur(z, state[layer])
            after.append(layer_state)
            norm = self._norms[layer]
            if norm is not None:
                y = functional.layer_norm(y, *norm)
            if self._adds_input[layer]:
                assert x is not None
                y = y + x
            x = y
        assert x is not None
        return self._readout(x), after
