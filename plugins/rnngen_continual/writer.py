"""The model as it was before a task, writing ever new text from its own distribution."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from rnngen import Batch, Model, Run, TorchEngine, batch_nll, seeded

WRITERS = 128
"""Sequences that are written side by side."""

WINDOWS = 4
"""Windows that each of them is cut into."""


class Writer:
    """Writes windows of text, and computes its probabilities for them.

    Args:
        model: is copied as it is.
        window: steps of a window, W.
        boundary: the step that every sequence begins with.
        seed: of sampling.
        temperature: of sampling.
    """

    def __init__(
        self, model: Model, window: int, boundary: int, seed: int, temperature: float
    ) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.window = window
        self.boundary = boundary
        self.seed = seed
        self.temperature = temperature
        self._engine: TorchEngine | None = None
        self._turn = 0
        self._pool = torch.zeros(0, window + 1, dtype=torch.int64)

    def rows(self, steps: int, count: int) -> Batch:
        """This many windows not returned before, cut or padded to T steps."""
        while len(self._pool) < count:
            self._pool = torch.cat([self._pool, self._write()])
        chosen, self._pool = self._pool[:count].T, self._pool[count:]  # [W+1,b]
        if steps > self.window:
            filling = chosen.new_full((steps - self.window, count), self.boundary)
            chosen = torch.cat([chosen, filling])
        inputs, targets = chosen[:steps], chosen[1 : steps + 1]
        resets = inputs == self.boundary
        resets[0] = True
        return Batch(inputs, targets, None, resets)

    def answers(self, run: Run, batch: Batch) -> Tensor:
        """The output `[T,b,K]` for rows that begin with the initial state."""
        state = self.model.initial_state(batch.inputs.shape[1])
        with torch.no_grad():
            _, output, _ = batch_nll(self.model, batch, state, run.device, run.dtype)
        return output

    def _write(self) -> Tensor:
        """Windows `[n, W+1]` of freshly written sequences, shuffled."""
        if self._engine is None:
            self._engine = TorchEngine(self.model, self.boundary)
        engine = self._engine
        seed = int(seeded(self.seed, self._turn, 10).integers(2**62))
        source = torch.Generator().manual_seed(seed)
        self._turn += 1
        steps = torch.full((WRITERS,), self.boundary)
        written = [steps]
        state = engine.start(WRITERS)
        with engine.threads(1):
            for _ in range(WINDOWS * self.window):
                output, state = engine.step(steps, state)
                steps = self.model.likelihood.sample(output.cpu() / self.temperature, source)
                written.append(steps)
        whole = torch.stack(written, 1)  # [n, WINDOWS·W + 1]
        cut = whole.unfold(1, self.window + 1, self.window).flatten(0, 1)
        return cut[torch.randperm(len(cut), generator=source)].clone()

    def state_dict(self) -> dict[str, Any]:
        """Weights, and windows that were written but not yet returned."""
        return {"weights": dict(self.model.tensors()), "turn": self._turn, "pool": self._pool}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restores what `state_dict` returned, for a copy of the same model."""
        self.model.load_tensors(state["weights"])
        self._engine, self._turn, self._pool = None, int(state["turn"]), state["pool"]
