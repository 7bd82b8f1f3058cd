"""The engine: one step of a model over prepared weights, with an explicit state.

Weights are laid out once (`cells/linear.py`), the first layer's projection of every token is
read from a table, and a step is a dozen tensor operations without autograd or module calls.

**What is guaranteed.** A row's output and state are the same bits however many rows are computed
beside it, so that a seed gives the same sequence whether one or a hundred are drawn. Libraries do
not promise that, for two reasons. Matrix products add in another order for one row than for many.
And vector code leaves the last elements of an array, those that don't fill a pair of vector
registers, to other code: PyTorch's sigmoid rounds one in thirty of them differently. So:

- Batches are padded to a multiple of the *unit*, the number of rows that makes every array of the
  step a multiple of 32 numbers: 1 where the layers' sizes are, as they usually are.
- Nothing is trusted that can be compared. The unit grows until larger batches are exact repetitions
  of it on this machine, with these weights; where oneDNN multiplies, the first one already is. And
  before a number of rows is stepped for the first time, some steps of it are compared, bit by bit,
  with the same steps computed unit by unit on one thread. Where they differ, that number of rows is
  computed on one thread, or unit by unit: slower, but the same.

Other machines, library versions and devices round differently, and may write another sequence.
"""

from __future__ import annotations

import copy
import math
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional

from rnngen.components.cells.linear import Linear, prepare_linear
from rnngen.contracts.cell import Cell, State, map_state, reset_lanes, tensors
from rnngen.contracts.engine import Engine as EngineContract
from rnngen.engines.cuda_graph import GraphedStep, capture
from rnngen.engines.same_bits import (
    ACCELERATOR_UNITS,
    PROBED_STEPS,
    PROBED_UNITS,
    UNITS,
    VECTORS,
    _one_thread,
    _Way,
)
from rnngen.model.model import Model

TABLE_LIMIT = 2**24
"""Numbers (64 MiB) up to which the first layer's projections are kept as a table."""


ONE_THREAD = 2**24
"""Multiplications in a step up to which a second thread costs more than it gives."""


class Engine(EngineContract):
    """Steps a model; `size` is K, the numbers in an output. Weights changed later are not seen.

    Steps are ids `[B]` int64, or vectors `[B,D]` float32, as the model's likelihood has them.

    The state is opaque: it may hold more rows than were asked for. Use `select` to choose some.

    Args:
        model: on the device to compute on. In training mode it is copied first, so that dropout
            is off here and stays on there.
        boundary: the step before which a sequence's state becomes the initial one; None: none.
        condition: `[U]` int64, what all sequences hang on; None: nothing.
    """

    def __init__(
        self,
        model: Model,
        boundary: int | tuple[float, ...] | None = None,
        condition: Tensor | None = None,
    ) -> None:
        if model.training:
            model = copy.deepcopy(model).eval()
        self.size = model.likelihood.size
        self.likelihood = model.likelihood
        self._condition = condition
        self.device = next(model.parameters()).device
        self._model = model
        self._boundary = None if boundary is None else torch.tensor(boundary)
        self._work = sum(part.numel() for part in [*model.cells.parameters(), model.readout.weight])
        self._ways: dict[tuple[int, int], _Way] = {}
        self._graphs: dict[int, GraphedStep | None] = {}
        with torch.inference_mode(), _one_thread():
            self._prepare(model)
            self._unit, self._grows = self._choose_unit()

    def start(self, batch: int) -> State:
        """The initial state for `batch` sequences."""
        with torch.inference_mode():
            return self._initial(self._padded(batch))

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """One step.

        Args:
            tokens: `[B]` int64, or `[B,D]` float32, on any device.
            state: of B sequences.

        Returns:
            output `[B,K]` on the engine's device, and the state after it.
        """
        with torch.inference_mode():
            batch = len(tokens)
            rows = self._padded(batch)
            if self._boundary is not None:
                begun = tokens == self._boundary
                begun = begun if tokens.dim() == 1 else begun.all(-1)
                if bool(begun.any()):
                    state = self._reset(state, begun, rows)
            tokens = tokens.to(self.device)
            if rows != batch:
                tokens = functional.pad(tokens, (*[0] * (2 * tokens.dim() - 1), rows - batch))
            way = self._way(rows)
            if way is _Way.WHOLE:
                output, state = self._advance_graphed(tokens, state)
            elif way is _Way.ONE_THREAD:
                with _one_thread():
                    output, state = self._advance(tokens, state)
            else:
                output, state = self._advance_by_units(tokens, state, self._unit)
            return output[:batch], state

    def read(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """Steps through `tokens [T,B]`, T > 0; the output after the last `[B,K]`, and the state."""
        tokens = tokens.to(self.device)
        for row in tokens.unbind(0):
            output, state = self.step(row, state)
        return output, state

    def select(self, state: State, rows: Tensor) -> State:
        """The state of the sequences `rows [B']` int64, in that order; one may come repeatedly."""
        with torch.inference_mode():
            padding = self._padded(len(rows)) - len(rows)
            chosen = functional.pad(rows.to(self.device), (0, padding))
            return map_state(lambda part: part.index_select(0, chosen), state)

    def threads(self, batch: int) -> AbstractContextManager[None]:
        """Within it, PyTorch uses one thread where a step is too small for more to pay."""
        return _one_thread() if self._work * batch <= ONE_THREAD else nullcontext()

    def _reset(self, state: State, lanes: Tensor, rows: int) -> State:
        lanes = functional.pad(lanes, (0, rows - len(lanes))).to(self.device)
        return reset_lanes(state, self._initial(rows), lanes)

    def _initial(self, rows: int) -> list[State]:
        condition = self._condition
        if condition is not None:
            condition = condition.to(self.device).expand(rows, -1)
        return self._model.initial_state(rows, condition)

    # The step

    def _prepare(self, model: Model) -> None:
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

    def _prepare_input(self, embedding: torch.nn.Module) -> tuple[Linear, Tensor | None]:
        """What makes a vector of a step, and the projection of every token where that is small."""
        if not isinstance(embedding, torch.nn.Embedding):
            if isinstance(embedding, torch.nn.Linear):
                return prepare_linear(embedding.weight, embedding.bias), None
            return copy.deepcopy(embedding), None
        vectors = embedding.weight.detach().clone()
        project = self._halves[0][0]
        width = project(vectors[:1]).shape[-1]
        small = width * len(vectors) <= TABLE_LIMIT
        return partial(vectors.index_select, 0), project(vectors) if small else None

    def _advance(self, tokens: Tensor, state: list[State]) -> tuple[Tensor, list[State]]:
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

    def _advance_graphed(self, tokens: Tensor, state: list[State]) -> tuple[Tensor, list[State]]:
        """The step, on a CUDA device as a graph, where it can be recorded as one."""
        if self.device.type != "cuda":
            return self._advance(tokens, state)
        rows = len(tokens)
        if rows not in self._graphs:
            self._graphs[rows] = capture(self._advance, tokens, state)
        graphed = self._graphs[rows]
        return graphed(tokens, state) if graphed is not None else self._advance(tokens, state)

    def _advance_by_units(
        self, tokens: Tensor, state: list[State], unit: int
    ) -> tuple[Tensor, list[State]]:
        outputs, states = [], []
        with _one_thread():
            for start in range(0, len(tokens), unit):
                output, after = self._advance(*_rows(tokens, state, start, unit))
                outputs.append(output)
                states.append(after)
        return torch.cat(outputs), map_state(lambda *parts: torch.cat(parts), *states)

    # The guarantee

    def _padded(self, batch: int) -> int:
        return -(-batch // self._unit) * self._unit

    def _choose_unit(self) -> tuple[int, bool]:
        """The unit, and whether larger batches may be computed at once at all."""
        units = UNITS if self.device.type == "cpu" else ACCELERATOR_UNITS
        widths = [part.numel() for _, part in tensors(self._initial(1))]
        if self._table is not None:
            widths.append(self._table.shape[-1])
        smallest = VECTORS // math.gcd(VECTORS, *widths)
        for unit in units:
            if unit >= smallest and self._repeats(max(2 * unit, VECTORS), unit):
                return unit, True
        return (1, False) if self.device.type == "cpu" else (units[-1], False)

    def _way(self, rows: int) -> _Way:
        """How `rows` rows are computed so that each has the bits it has in a unit."""
        key = rows, torch.get_num_threads()
        if key not in self._ways:
            if rows == self._unit:
                same = True
            else:
                with _one_thread():
                    same = self._grows and self._repeats(rows, self._unit)
            if not same:
                self._ways[key] = _Way.UNITS
            else:
                self._ways[key] = _Way.WHOLE if self._threads_agree(rows) else _Way.ONE_THREAD
        return self._ways[key]

    def _repeats(self, rows: int, unit: int) -> bool:
        """Whether `rows` rows at once give the bits of `unit` rows at a time, in any order."""
        steps = self._probe(rows)
        outputs = self._run(steps)
        if not (self._places_agree(steps) and self._places_agree(steps[:, :unit])):
            return False
        starts = range(0, rows, unit)
        probed = {starts[i * (len(starts) - 1) // (PROBED_UNITS - 1)] for i in range(PROBED_UNITS)}
        parts = (slice(start, start + unit) for start in sorted(probed))
        return all(torch.equal(self._run(steps[:, part]), outputs[:, part]) for part in parts)

    def _places_agree(self, steps: Tensor) -> bool:
        """Whether every row has the same bits one place further."""
        return torch.equal(self._run(steps.roll(1, 1)).roll(-1, 1), self._run(steps))

    def _threads_agree(self, rows: int) -> bool:
        """Whether as many threads as there are now give the same bits as one."""
        if torch.get_num_threads() == 1 or self.device.type != "cpu":
            return True
        steps = self._probe(rows)
        several = self._run(steps)
        with _one_thread():
            return torch.equal(self._run(steps), several)

    def _probe(self, rows: int) -> Tensor:
        """Steps `[PROBED_STEPS, rows]` that look random; nobody's random state is touched."""
        shape = self.likelihood.step_shape
        numbers = torch.arange(PROBED_STEPS * rows * math.prod(shape), device=self.device)
        mixed = (numbers * 7919 + numbers // 3).view(PROBED_STEPS, rows, *shape)
        return mixed % self.size if not shape else (mixed % 997) / 499 - 1

    def _run(self, steps: Tensor) -> Tensor:
        """Outputs `[T,B,K]` for `steps [T,B]` from the initial state."""
        state: list[State] = self._initial(steps.shape[1])
        outputs = []
        for row in steps:
            output, state = self._advance(row, state)
            outputs.append(output)
        return torch.stack(outputs)


def _rows(tokens: Tensor, state: list[State], start: int, count: int) -> tuple[Tensor, list[State]]:
    """Some rows in memory of their own: what a product adds first may depend on the address."""
    part = slice(start, start + count)
    return tokens[part], map_state(lambda tensor: tensor[part].clone(), state)
