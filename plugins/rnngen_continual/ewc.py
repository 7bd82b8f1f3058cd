"""Elastic weight consolidation.

    F_i  = E[(∂ log p(x_t | x_<t) / ∂θ_i)²]               Fisher information, per token
    L(θ) = L_task(θ) + λ/2 Σ_i Ω_i (θ_i − θ*_i)²

    online   (Schwarz et al. 2018, eq. 9)     Ω ← γ Ω + F,  θ* = the parameters after the last task
    separate (Kirkpatrick et al. 2017, eq. 3) a term Σ_i F_i (θ_i − θ*_i)² for every task

The terms of all tasks are together one such term and a constant: Ω = Σ F, and θ* is the mean of
their θ* weighted by F. So `separate` needs no more memory or time than `online`.

F is estimated from gradients of the mean loss of batches: for N independent tokens, the squared
gradient of their mean is F / N on average. With `labels = sampled` the targets are drawn from the
model, which is what the Fisher information is defined by; with `data` they are those of the text
(the empirical Fisher, in which what is not yet learned counts as important, and the more so the
larger the batches are).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from rnngen import Batches, Run, hookimpl, option
from rnngen_continual.gradients import spread, whole_gradient
from rnngen_continual.parameters import Named, copies, grown, trained, zeros
from rnngen_continual.penalty import QuadraticPenalty

LAMBDA = 0.4


@dataclass(frozen=True)
class Options:
    """Elastic weight consolidation.

    Needs no old data and hardly any extra time, but recovers little: a fifth to a third of what
    fine-tuning loses. Add it to a small replay, or use it where old data may not be kept. It holds
    on to the weights, so the more it keeps, the less well the new is learned.
    """

    lambda_: float = option(
        LAMBDA,
        "strength per token: 1 weighs old tasks as if they had as many tokens as the new one; "
        "more keeps more of the old and learns less of the new",
        min=0,
    )
    mode: Literal["online", "separate"] = option(
        "online", "one anchor at the last task (Schwarz 2018), or one at each (Kirkpatrick 2017)"
    )
    decay: float = option(1.0, "share of the older importance kept at each task", min=0, max=1)
    labels: Literal["sampled", "data"] = option(
        "sampled", "targets of the Fisher information: drawn from the model, or taken from the text"
    )
    batches: int | None = option(
        100, "batches for the estimate, evenly spread over the task; none: all of them", min=1
    )


class EWC(QuadraticPenalty):
    """Holds each parameter by its Fisher information."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        super().__init__("ewc", self.options.lambda_, LAMBDA)

    @hookimpl
    def task_finished(self, run: Run, batches: Batches) -> None:
        """Estimates the Fisher information of the task."""
        fisher = self._fisher(run, batches)
        if self.options.mode == "online" or not self.importance:
            self.consolidate(run, fisher, self.options.decay)
            return
        old = grown(self.importance, run.model, zeros(run.model))
        before = grown(self.anchor, run.model, copies(run.model))
        self.consolidate(run, fisher, self.options.decay)
        for name, anchor in self.anchor.items():
            kept = self.options.decay * old[name]
            share = torch.nan_to_num(kept / (kept + fisher[name]))
            self.anchor[name] = torch.lerp(anchor, before[name], share)

    def _fisher(self, run: Run, batches: Batches) -> Named:
        """The Fisher information F, per token."""
        total = zeros(run.model)
        generator = torch.Generator().manual_seed(run.options.seed + run.position.task)
        chosen = spread(len(batches), self.options.batches)
        for index in chosen:
            batch = batches.batch(0, index).to(run.device)
            tokens = whole_gradient(
                run, batch, generator if self.options.labels == "sampled" else None
            )
            for name, parameter in trained(run.model).items():
                if parameter.grad is not None:
                    total[name].addcmul_(parameter.grad, parameter.grad, value=tokens)
        run.optimizer.zero_grad(set_to_none=True)
        return {name: value / len(chosen) for name, value in total.items()}
