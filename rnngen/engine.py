"""The engine: one step of a model over prepared weights, with an explicit state.

Weights are laid out once (`rnngen.cells.linear`), the first layer's projection of every token is
read from a table, and a step is a dozen tensor operations without autograd or module calls.

**What is guaranteed.** A row's output and state are the same bits however many rows are computed
beside it, so that a seed gives the same sequence whether one or a hundred are drawn. Matrix
libraries do not promise that: they add in another order for one row than for many, and vector code
rounds the last elements of an array differently. So the engine does not trust, it compares:

- The *unit* is the smallest number of rows of which a larger batch is an exact repetition, on this
  machine and with these weights: 1 where oneDNN multiplies. Batches are padded to a multiple of it.
- Before a number of rows is stepped for the first time, a few steps of it are compared, bit by bit,
  with the same steps computed unit by unit on one thread. Where they differ, that number of rows is
  computed unit by unit from then on: slower, but the same.

Other machines, library versions and devices round differently, and may write another sequence.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional

from rnngen.cells.cell import Cell, State, map_state, reset_lanes
from rnngen.cells.linear import prepare_linear
from rnngen.cuda_graph import GraphedStep, capture
from rnngen.model import Model

TABLE_LIMIT = 2**24
"""Numbers (64 MiB) up to which the first layer's projections are kept as a table."""
ONE_THREAD = 2**24
"""Multiplications in a step up to which a second thread costs more than it gives."""
UNITS = (1, 2, 4, 8, 16)
ACCELERATOR_UNITS = (16, 64)
PROBE_STEPS = 3
PROBED_BLOCKS = 8


class Engine:
    """Steps a model; `size` is K, the numbers in an output. Weights changed later are not seen.

    The state is opaque: it may hold more rows than were asked for. Use `select` to choose some.

    Args:
        model: on the device to compute on. In training mode it is copied first, so that dropout
            is off here and stays on there.
        boundary: the token before which a sequence's state becomes the initial one; None: none.
    """

    def __init__(self, model: Model, boundary: int | None = None) -> None:
        if model.training:
            model = copy.deepcopy(model).eval()
        self.size = model.likelihood.size
        self.device = next(model.parameters()).device
        self._model = model
        self._boundary = boundary
        self._work = sum(part.numel() for part in [*model.cells.parameters(), model.readout.weight])
        self._whole: dict[int, bool] = {}
        self._graphs: dict[int, GraphedStep | None] = {}
        with torch.inference_mode(), _one_thread():
            self._prepare(model)
            self._unit = self._choose_unit()

    def start(self, batch: int) -> State:
        """The initial state for `batch` sequences."""
        with torch.inference_mode():
            return self._model.initial_state(self._padded(batch))

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """One step.

        Args:
            tokens: `[B]` int64, on any device.
            state: of B sequences.

        Returns:
            output `[B,K]` on the engine's device, and the state after it.
        """
        with torch.inference_mode():
            batch = len(tokens)
            rows = self._padded(batch)
            if self._boundary is not None and bool((tokens == self._boundary).any()):
                state = self._reset(state, tokens == self._boundary, rows)
            tokens = tokens.to(self.device)
            if rows != batch:
                tokens = functional.pad(tokens, (0, rows - batch))
            if rows not in self._whole:
                self._whole[rows] = self._repeats(rows, self._unit)
            if not self._whole[rows]:
                output, state = self._advance_by_units(tokens, state, self._unit)
            elif self.device.type == "cuda":
                output, state = self._advance_graphed(tokens, state)
            else:
                output, state = self._advance(tokens, state)
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
        return reset_lanes(state, self._model.initial_state(rows), lanes)

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
        self._embedding = model.embedding.weight.detach().clone()
        project = self._halves[0][0]
        width = project(self._embedding[:1]).shape[-1]
        small = width * len(self._embedding) <= TABLE_LIMIT
        self._table = project(self._embedding) if small else None

    def _advance(self, tokens: Tensor, state: list[State]) -> tuple[Tensor, list[State]]:
        project, recur = self._halves[0]
        x = None
        if self._table is None or self._adds_input[0]:
            x = self._embedding.index_select(0, tokens)
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

    def _choose_unit(self) -> int:
        units = UNITS if self.device.type == "cpu" else ACCELERATOR_UNITS
        for unit in units:
            if self._repeats(2 * units[-1], unit):
                return unit
        return units[0] if self.device.type == "cpu" else units[-1]

    def _repeats(self, rows: int, unit: int) -> bool:
        """Whether `rows` rows at once give the same bits as `unit` rows at a time."""
        if rows == unit and torch.get_num_threads() == 1:
            return True
        # Numbers without a generator: nobody else's random state is touched.
        tokens = torch.arange(PROBE_STEPS * rows, device=self.device).view(PROBE_STEPS, rows)
        tokens = (tokens * 7919 + tokens // 3) % self.size
        blocks = range(0, rows, unit)
        probed = sorted({blocks[i * (len(blocks) - 1) // PROBED_BLOCKS] for i in range(9)})
        outputs, states = [], [self._model.initial_state(rows)]
        for step in tokens:
            output, state = self._advance(step, states[-1])
            outputs.append(output)
            states.append(state)
        with _one_thread():
            for start in probed:
                state = _rows(tokens[0], states[0], start, unit)[1]
                for step, output in zip(tokens, outputs, strict=True):
                    own, state = self._advance(step[start : start + unit], state)
                    if not torch.equal(own, output[start : start + unit]):
                        return False
        return True


def _rows(tokens: Tensor, state: list[State], start: int, count: int) -> tuple[Tensor, list[State]]:
    return (
        tokens[start : start + count],
        map_state(lambda part: part[start : start + count], state),
    )


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    if before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
