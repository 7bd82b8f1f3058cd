"""Synaptic intelligence (Zenke, Poole and Ganguli 2017).

    ω_i  = −Σ_t g_i(t) Δθ_i(t)                          the drop in loss due to parameter i
    Ω_i ← Ω_i + 2 max(0, ω_i) / ((θ_i − θ_i^start)² + ξ)                          after each task
    L(θ) = L_task(θ) + λ/2 Σ_i Ω_i (θ_i − θ*_i)²

Equations 3 to 5 of the paper, whose strength c is λ here: for a quadratic loss h/2 θ² that was
descended to its minimum, ω / Δθ² is h/2, so 2 ω / Δθ² is its curvature, as the Fisher information
of EWC is. All it needs is gathered while training: there is no pass over the data afterwards.

`gradient = loss` takes the gradient of the task's loss alone, as the paper does: before clipping,
without this penalty, and without what other strategies add (another penalty, a teacher,
rehearsed rows) or take away (a projection). `applied` takes the one that the optimizer used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rnngen import Run, hookimpl, option
from rnngen_continual.parameters import Named, copies, gradients, trained, zeros
from rnngen_continual.penalty import QuadraticPenalty

LAMBDA = 0.1


@dataclass(frozen=True)
class Options:
    """Synaptic intelligence.

    Like EWC, without a pass over the data; what it finds important depends on the path of
    training, so its strength needs tuning more often.
    """

    lambda_: float = option(
        LAMBDA, "strength per token: more keeps more of the old, and learns less of the new", min=0
    )
    damping: float = option(1e-3, "ξ, keeps the importance finite", min=0)
    ceiling: float | None = option(None, "highest importance of a parameter; none: no limit", min=0)
    gradient: Literal["loss", "applied"] = option(
        "loss", "of the task's loss alone, or as the optimizer gets it: clipped, with all penalties"
    )


class SynapticIntelligence(QuadraticPenalty):
    """Holds each parameter by what it contributed to learning."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        super().__init__("si", self.options.lambda_, LAMBDA)
        self.gained: Named = {}
        """ω, since the task began."""
        self.begun: Named = {}
        self.task_gradient = self.options.gradient == "loss"
        """Asks the run for it."""
        self._before: Named = {}

    @hookimpl
    def task_started(self, run: Run) -> None:
        """Starts the path of a task here."""
        super().task_started(run)
        self.gained, self.begun = zeros(run.model), copies(run.model)

    @hookimpl
    def gradients_ready(self, run: Run) -> None:
        """Notes where the step begins."""
        self._before = copies(run.model)

    @hookimpl
    def step_finished(self, run: Run) -> None:
        """Adds −g Δθ to ω."""
        gradient = run.task_gradient if self.task_gradient else gradients(run.model)
        for name, parameter in trained(run.model).items():
            moved = parameter.detach() - self._before[name]
            self.gained[name].addcmul_(gradient[name], moved, value=-1.0)

    @hookimpl
    def task_finished(self, run: Run) -> None:
        """Adds the importance for this task."""
        importance = {}
        for name, parameter in trained(run.model).items():
            way = (parameter.detach() - self.begun[name]).square() + self.options.damping
            importance[name] = 2 * self.gained[name].clamp(min=0) / way
        self.consolidate(run, importance)
        if self.options.ceiling is not None:
            for value in self.importance.values():
                value.clamp_(max=self.options.ceiling)

    def state_dict(self) -> dict[str, Any]:
        """Importance, anchor and the path so far, so that a run can resume inside a task."""
        return {**super().state_dict(), "gained": self.gained, "begun": self.begun}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restores what `state_dict` returned."""
        super().load_state_dict(state)
        self.gained, self.begun = dict(state["gained"]), dict(state["begun"])
