"""The engine `torch`: one step of a model over prepared weights, with an explicit state.

A step is a dozen tensor operations without autograd or module calls. A row's output and state are
the same bits for any number of other rows (`same_bits`).
"""

from __future__ import annotations

import copy
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor
from torch.nn import functional

from rnngen.contracts.cell import State, map_state, reset_lanes
from rnngen.contracts.engine import STEPPED
from rnngen.contracts.engine import Engine as EngineContract
from rnngen.contracts.steps import Boundary
from rnngen.engines.cuda_graph import Graphed
from rnngen.engines.prepared_step import PreparedStep
from rnngen.engines.same_bits import Probe, SameBits, Way, by_units, one_thread
from rnngen.model.model import Model

ONE_THREAD = 2**24
"""Most multiplications in a step for which a second thread costs more than it saves."""

BLOCK = 1024
"""Steps of a long prompt that the model reads at once, so that memory does not grow with it."""


class Engine(EngineContract):
    """Steps a model, whose weights must not change meanwhile.

    Steps are ids `[B]` int64, or vectors `[B,D]` float32, as the model's likelihood has them.

    The state is opaque: it may hold more rows than requested. Use `select` to choose some.

    Args:
        model: on the device to compute on. In training mode it is copied first, so that dropout
            is off here and stays on there.
        boundary: the step before which a sequence's state becomes the initial one; None: none.
        condition: `[U,...]`, what all sequences are conditioned on; None: nothing.
    """

    def __init__(
        self, model: Model, boundary: Boundary | None = None, condition: Tensor | None = None
    ) -> None:
        if model.training:
            model = copy.deepcopy(model).eval()
        self.size = model.likelihood.size
        self.likelihood = model.likelihood
        self.device = next(model.parameters()).device
        self._condition = condition
        self._model = model
        self._boundary = None if boundary is None else torch.tensor(boundary)
        probe = Probe(self.size, self.likelihood.step_shape, self.device)
        with torch.inference_mode(), one_thread():
            self._advance = PreparedStep(model)
            self._same = SameBits(self._advance, self._initial, probe, self._advance.widths)
        self._whole = Graphed(self._advance) if self.device.type == "cuda" else self._advance

    def start(self, batch: int) -> State:
        """The initial state for `batch` sequences."""
        with torch.inference_mode():
            return self._initial(self._same.padded(batch))

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """One step of `tokens [B]` int64 or `[B,D]` float32 to `(output [B,K], state)`."""
        with torch.inference_mode():
            batch = len(tokens)
            rows = self._same.padded(batch)
            begun = self._resets(tokens.unsqueeze(0))
            if begun is not None:
                state = self._reset(state, begun[0], rows)
            tokens = tokens.to(self.device)
            if rows != batch:
                tokens = functional.pad(tokens, (*[0] * (2 * tokens.dim() - 1), rows - batch))
            way = self._same.way(rows)
            if way is Way.WHOLE:
                output, state = self._whole(tokens, state)
            elif way is Way.ONE_THREAD:
                with one_thread():
                    output, state = self._advance(tokens, state)
            else:
                output, state = by_units(self._advance, tokens, state, self._same.unit)
            return output[:batch], state

    def read(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """Steps through `tokens [T,B,...]`, T > 0; the last output `[B,K]`, and the state."""
        return super().read(tokens.to(self.device), state)

    def read_prompt(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """A long prompt by the model's `forward`, block by block; see `Engine.read_prompt`.

        Always on one thread, and never beside other rows: so its bits depend on nothing else.
        """
        if len(tokens) <= STEPPED:
            return self.read(tokens, state)
        with torch.inference_mode(), one_thread():
            tokens = tokens.to(self.device)
            state = map_state(lambda part: part[:1].clone(), state)
            resets, condition = self._resets(tokens), self._given(1)
            for start in range(0, len(tokens), BLOCK):
                block = slice(start, start + BLOCK)
                begun = None if resets is None else resets[block]
                output, state = self._model.read(tokens[block], state, begun, condition)
            return output, self.select(state, torch.zeros(1, dtype=torch.int64))

    def select(self, state: State, rows: Tensor) -> State:
        """The state of the sequences `rows [B']` int64, in that order; one may come repeatedly."""
        with torch.inference_mode():
            padding = self._same.padded(len(rows)) - len(rows)
            chosen = functional.pad(rows.to(self.device), (0, padding))
            return map_state(lambda part: part.index_select(0, chosen), state)

    def threads(self, batch: int) -> AbstractContextManager[None]:
        """A context in which PyTorch uses one thread if a step is too small for more to pay off."""
        return one_thread() if self._advance.work * batch <= ONE_THREAD else nullcontext()

    def _resets(self, tokens: Tensor) -> Tensor | None:
        """Where in `tokens [T,B,...]` a sequence begins, `[T,B]`; None: nowhere."""
        if self._boundary is None:
            return None
        begun = tokens == self._boundary.to(tokens.device)
        begun = begun if tokens.dim() == 2 else begun.all(-1)
        return begun if bool(begun.any()) else None

    def _reset(self, state: State, lanes: Tensor, rows: int) -> State:
        lanes = functional.pad(lanes, (0, rows - len(lanes))).to(self.device)
        return reset_lanes(state, self._initial(rows), lanes)

    def _initial(self, rows: int) -> list[State]:
        return self._model.initial_state(rows, self._given(rows))

    def _given(self, rows: int) -> Tensor | None:
        """What `rows` sequences are conditioned on."""
        condition = self._condition
        if condition is None:
            return None
        return condition.to(self.device).expand(rows, *condition.shape)
