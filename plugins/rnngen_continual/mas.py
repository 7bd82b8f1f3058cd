"""Memory aware synapses (Aljundi et al. 2018).

    S_i  = E |∂ ‖f(x)‖² / ∂θ_i|                        how much the output moves with parameter i
    Ω_i ← α Ω_i + (1 − α) S_i                           after each task; the first one's is S_i
    L(θ) = L_task(θ) + λ/2 Σ_i Ω_i (θ_i − θ*_i)²

f is the model's output before the softmax (equation 3 of the paper). The expectation is over
batches, whose tokens are averaged within the absolute value, so that one backward pass serves all.
No targets are needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from rnngen import Batches, Run, batch_nll, hookimpl, option
from rnngen_continual.gradients import spread, without_dropout
from rnngen_continual.parameters import Named, trained, zeros
from rnngen_continual.penalty import QuadraticPenalty

LAMBDA = 0.02


@dataclass(frozen=True)
class Options:
    """Memory aware synapses.

    Like EWC, but needs inputs only. Usually keeps less than EWC at the same loss on
    the new; its strength has a scale of its own.
    """

    lambda_: float = option(
        LAMBDA,
        "strength: more keeps more of the old, and learns less of the new; its scale is that of "
        "the squared output, not of a loss",
        min=0,
    )
    alpha: float = option(0.5, "share of the older importance in the mean", min=0, max=1)
    batches: int | None = option(
        100, "batches for the estimate, evenly spread over the task; none: all of them", min=1
    )


class MemoryAwareSynapses(QuadraticPenalty):
    """Holds each parameter by how much it moves the output."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        super().__init__("mas", self.options.lambda_, LAMBDA)

    @hookimpl
    def task_finished(self, run: Run, batches: Batches) -> None:
        """Measures the sensitivity on the task's inputs."""
        sensitivity = self._sensitivity(run, batches)
        if self.importance:
            share = 1.0 - self.options.alpha
            sensitivity = {name: share * value for name, value in sensitivity.items()}
        self.consolidate(run, sensitivity, decay=self.options.alpha)

    def _sensitivity(self, run: Run, batches: Batches) -> Named:
        total = zeros(run.model)
        chosen = spread(len(batches), self.options.batches)
        for index in chosen:
            batch = batches.batch(0, index).to(run.device)
            run.optimizer.zero_grad(set_to_none=True)
            state = run.model.initial_state(batch.inputs.shape[1])
            with without_dropout(run.model):
                _, output, _ = batch_nll(run.model, batch, state, run.device, run.dtype)
            squares = output.float().square().sum(-1)  # [T,B]
            if batch.weights is not None:
                squares = squares[batch.weights > 0]
            torch.autograd.backward(squares.mean())
            for name, parameter in trained(run.model).items():
                if parameter.grad is not None:
                    total[name] += parameter.grad.abs()
        run.optimizer.zero_grad(set_to_none=True)
        return {name: value / len(chosen) for name, value in total.items()}
