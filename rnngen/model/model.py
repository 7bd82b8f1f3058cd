"""The model: embedding, a stack of cells, readout.

x = E[step], dropped out
for each layer: y = cell(x), normalised, x added back, dropped out
output = V y + b

Three things can be dropped while training: numbers of x, numbers of every y (Zaremba et al. 2014),
and recurrent weights of the cells (DropConnect of Wan et al. 2013, as Merity et al. 2018 use it).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.func import functional_call

from rnngen.contracts.cell import Cell, State, reset_lanes
from rnngen.contracts.condition import Conditioner
from rnngen.contracts.errors import BundleError, UsageError
from rnngen.contracts.likelihood import Likelihood
from rnngen.contracts.steps import ConditionShape
from rnngen.kernel.catalog import get_catalog
from rnngen.kernel.core_options import DROPOUTS, ModelOptions
from rnngen.model.dropout import Dropout
from rnngen.model.foreign_cell import build_cell, build_conditioner

Layer = Callable[[Tensor, State], tuple[Tensor, State]]


class Model(nn.Module):
    """A stack of cells between an embedding and a readout.

    Args:
        likelihood: what the output stands for; its `size` is K.
        options: shape of the stack.
        cell_options: options of the cell, by name.
        condition: what documents are conditioned on: then the lowest cell reads it through the
            conditioner `options.conditioner`.
        conditioner_options: options of that, by name.
    """

    def __init__(
        self,
        likelihood: Likelihood,
        options: ModelOptions,
        cell_options: Mapping[str, Any],
        condition: ConditionShape | None = None,
        conditioner_options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.likelihood = likelihood
        self.cell_options = dict(cell_options)
        self.condition = condition
        self.conditioner_options = dict(conditioner_options or {})
        if options.tied and likelihood.step_shape:
            raise UsageError(
                "`model.tied` shares embedding and readout, but the steps of this domain are "
                "vectors, which have no embedding",
                hint="leave out `model.tied`",
            )
        if options.tied and options.embedding not in (None, options.hidden):
            raise UsageError(
                f"`model.tied` shares embedding and readout, but the embedding has "
                f"{options.embedding} numbers and the cell {options.hidden}",
                hint="leave out `model.embedding`, or `model.tied`",
            )
        width = options.embedding or embedding_width(likelihood.size, options)
        # Kept as a number: a vocabulary that grows must not change it.
        self.options = options = replace(options, embedding=width)
        self.embedding: Any = likelihood.embedding(width)
        self.cells = nn.ModuleList(self._make_cells(width))
        self.norms = nn.ModuleList(
            nn.LayerNorm(options.hidden) if options.layer_norm else nn.Identity()
            for _ in range(options.layers)
        )
        self.input_dropout = Dropout(options.input_dropout)
        self.dropout = Dropout(options.dropout)
        self.weight_dropout = Dropout(options.weight_dropout)
        self.set_dropout(options)
        self.readout = nn.Linear(options.hidden, likelihood.size)
        nn.init.zeros_(self.readout.bias)
        if options.tied:
            # Small rows, so that the readout starts near the uniform distribution.
            vectors = cast(nn.Embedding, self.embedding).weight
            nn.init.normal_(vectors, std=options.hidden**-0.5)
            self.readout.weight = vectors

    def _make_cells(self, width: int) -> list[Cell]:
        """The stack; the lowest cell reads steps of `width` numbers, and the condition."""
        options, catalog = self.options, get_catalog()
        component = catalog.find("cell", options.cell)

        def cell(inputs: int) -> Cell:
            return build_cell(component, inputs, options.hidden, self.cell_options)

        # Drawn also with a condition, so that a seed gives the same weights as in 0.1.0.
        lowest = cell(width)
        if self.condition is not None:
            lowest = build_conditioner(
                catalog.find("conditioner", options.conditioner),
                cell,
                width,
                self.condition,
                options.window,
                self.conditioner_options,
            )
        return [lowest, *(cell(options.hidden) for _ in range(options.layers - 1))]

    @property
    def parameter_count(self) -> int:
        """The number of trained parameters; tied ones are counted once."""
        return sum(parameter.numel() for parameter in self.parameters())

    def adds_input(self, layer: int) -> bool:
        """Whether this layer's input is added to its output (`model.residual`)."""
        cell = self.cells[layer]
        return self.options.residual and cell.input_size == cell.hidden_size

    def set_dropout(self, options: ModelOptions) -> None:
        """Sets the shares that are dropped from now on; they are not part of the model's shape.

        Raises:
            UsageError: recurrent weights are to be dropped of a cell that does not name them.
        """
        if options.weight_dropout and not _cell(self.cells[0]).recurrent_weights:
            raise UsageError(
                f"`model.weight_dropout` drops recurrent weights, but the cell `{options.cell}` "
                "does not name any",
                hint="leave out the option, or name them in the cell's `recurrent_weights`",
            )
        shares = {name: getattr(options, name) for name in DROPOUTS}
        for name, share in shares.items():
            getattr(self, name).share = share
        self.options = replace(self.options, **shares)

    def initial_state(self, batch_size: int, condition: Tensor | None = None) -> list[State]:
        """The state of every layer before the first step.

        Args:
            batch_size: B.
            condition: `[B,U,...]`, what each sequence is conditioned on; 0 pads. None: nothing.
        """
        lowest = self.cells[0]
        if condition is not None and isinstance(lowest, Conditioner):
            first = lowest.conditioned(condition)
        else:
            first = _cell(lowest).initial_state(batch_size)
        return [first, *(_cell(cell).initial_state(batch_size) for cell in self.cells[1:])]

    def forward(
        self,
        steps: Tensor,
        state: list[State],
        resets: Tensor | None = None,
        condition: Tensor | None = None,
    ) -> tuple[Tensor, list[State]]:
        """Outputs for a chunk of steps.

        Args:
            steps: `[T,B]` int64 ids, or `[T,B,D]` float32 vectors.
            state: of every layer, for B lanes.
            resets: `[T,B]` bool; where True, the lane's state is the initial one before that row.
            condition: `[B,U,...]`, what the sequences that begin here are conditioned on.

        Returns:
            output `[T,B,K]` and the state after the last row.
        """
        y, state = self._run(steps, state, resets, condition)
        return self.readout(y), state

    def read(
        self,
        steps: Tensor,
        state: list[State],
        resets: Tensor | None = None,
        condition: Tensor | None = None,
    ) -> tuple[Tensor, list[State]]:
        """The last output `[B,K]` alone, and the state; arguments as for `forward`."""
        y, state = self._run(steps, state, resets, condition)
        return self.readout(y[-1]), state

    def _run(
        self,
        steps: Tensor,
        state: list[State],
        resets: Tensor | None,
        condition: Tensor | None,
    ) -> tuple[Tensor, list[State]]:
        """What the readout sees, `[T,B,H]`, and the state after the last row."""
        x = self.input_dropout(self.embedding(steps))
        cells = [self._thinned(_cell(cell)) for cell in self.cells]
        if resets is None:
            return self._stack(cells, x, state)
        fresh = self.initial_state(steps.shape[1], condition)
        # Fused layers can't reset inside a chunk: cut it at the rows where a lane starts again.
        cuts = sorted({0, len(steps), *resets.any(1).nonzero().flatten().tolist()})
        parts = []
        for start, stop in pairwise(cuts):
            if resets[start].any():
                state = reset_lanes(state, fresh, resets[start])
            y, state = self._stack(cells, x[start:stop], state)
            parts.append(y)
        return torch.cat(parts), state

    def _thinned(self, cell: Cell) -> Layer:
        """The cell; while training, with a share of its recurrent weights dropped."""
        drop = self.weight_dropout
        if not drop.share or not drop.training:
            return cell
        weights = {name: drop(cell.get_parameter(name)) for name in cell.recurrent_weights}
        return lambda x, state: functional_call(cell, weights, (x, state))

    def _stack(
        self, cells: Sequence[Layer], x: Tensor, state: list[State]
    ) -> tuple[Tensor, list[State]]:
        after = []
        for layer, cell in enumerate(cells):
            y, cell_state = cell(x, state[layer])
            y = self.norms[layer](y)
            if self.adds_input(layer):
                y = y + x
            x = self.dropout(y)
            after.append(cell_state)
        return x, after

    def tensors(self) -> dict[str, Tensor]:
        """The tensors to save, by name: parameters (tied ones once) and buffers."""
        return {
            name: tensor.detach()
            for name, tensor in (*self.named_parameters(), *self.named_buffers())
        }

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Loads what `tensors` returned.

        Raises:
            BundleError: a tensor is missing, unknown, or of another shape; names it.
        """
        own = self.tensors()
        for name in own.keys() ^ tensors.keys():
            lacks = "lacks" if name in own else "has, unexpectedly,"
            raise BundleError(f"the saved model {lacks} the tensor `{name}`")
        for name, tensor in own.items():
            saved = tensors[name]
            if saved.shape != tensor.shape:
                raise BundleError(
                    f"the saved tensor `{name}` is {list(saved.shape)}, but the description of the "
                    f"model makes it {list(tensor.shape)}"
                )
            tensor.copy_(saved)

    def describe(self) -> dict[str, Any]:
        """The description from which `from_manifest` rebuilds the model; JSON only."""
        return {
            **asdict(self.options),
            "cell_options": self.cell_options,
            "conditioner_options": self.conditioner_options,
            "size": self.likelihood.size,
            "condition": None if self.condition is None else asdict(self.condition),
            "parameters": self.parameter_count,
        }


def embedding_width(size: int, options: ModelOptions) -> int:
    """The default width of a token's vector: 64, or 4 times the square root of many tokens."""
    if options.tied:
        return options.hidden
    return min(options.hidden, max(64, 16 * math.ceil(math.sqrt(size) / 4)))


def _cell(module: nn.Module) -> Cell:
    assert isinstance(module, Cell)
    return module
