"""The quadratic penalty that EWC, SI and MAS share; they differ in what they find important.

    L(θ) = L_task(θ) + λ/2 Σ_i Ω_i (θ_i − θ*_i)²

The loss is in nats per token, and so is the importance Ω: then λ means the same whatever the batch
size and the chunk length. λ = 1 weighs the old tasks as Laplace's approximation does if they had as
many tokens as the new one; since the approximation holds only near θ*, another λ is often better.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from rnngen import Run, hookimpl, warn_if_not_learned
from rnngen_continual.parameters import Named, copies, grown, trained, zeros
from rnngen_continual.unprotected import way_to_protect


class QuadraticPenalty:
    """Holds parameters near where they were, each by its importance.

    A subclass measures importance in `task_finished`, and calls `consolidate`.

    Args:
        name: of the strategy, for messages.
        lambda_: λ.
        default: the default λ.
    """

    keeps_data = False
    """Numbers for each parameter, from which no text can be read."""

    def __init__(self, name: str, lambda_: float, default: float) -> None:
        self.name = name
        self.lambda_ = lambda_
        self.default = default
        self.importance: Named = {}
        self.anchor: Named = {}

    @hookimpl
    def fit_started(self, run: Run) -> None:
        """Says whether there is anything to protect."""
        if len(run.tasks) == 1 and run.start is None:
            run.note(
                f"{self.name}: only one task so far, so there is nothing to protect yet; what is "
                "important for it is kept in the bundle, for `rnngen fit --from`"
            )

    @hookimpl
    def task_started(self, run: Run) -> None:
        """Brings what is remembered to the model's shapes and device."""
        if self.importance:
            self.importance = grown(self.importance, run.model, zeros(run.model))
            self.anchor = grown(self.anchor, run.model, copies(run.model))
        elif run.start is not None and run.position.task == 0:
            run.warn(
                f"{self.name}: `{run.start}` was trained without it, so what the model knows can't "
                f"be protected; from now on it is. {way_to_protect(run)}"
            )

    @hookimpl
    def loss_terms(self, run: Run) -> Mapping[str, Tensor] | None:
        """Adds the penalty."""
        if not self.importance or self.lambda_ == 0:
            return None
        parameters = trained(run.model)
        names = list(parameters)
        return {
            "penalty": quadratic(
                self.lambda_,
                [parameters[name] for name in names],
                [self.importance[name] for name in names],
                [self.anchor[name] for name in names],
            )
        }

    @hookimpl
    def tasks_measured(self, run: Run) -> None:
        """Warns if λ is so large that a task was not learned."""
        if self.importance:
            warn_if_not_learned(run, self.name, "lambda", self.lambda_, self.default)

    def consolidate(self, run: Run, importance: Named, decay: float = 1.0) -> None:
        """Adds the importance of a learned task, and anchors the parameters where they are."""
        old = grown(self.importance, run.model, zeros(run.model))
        self.importance = {
            name: decay * old[name] + value.float() for name, value in importance.items()
        }
        self.anchor = copies(run.model)

    def state_dict(self) -> dict[str, Any]:
        """The importance and anchor of each parameter, by name."""
        return {"importance": self.importance, "anchor": self.anchor}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restores what `state_dict` returned."""
        self.importance = dict(state["importance"])
        self.anchor = dict(state["anchor"])


class _Quadratic(torch.autograd.Function):
    """λ/2 Σ Ω (θ − θ*)² with its gradient λ Ω (θ − θ*), in few passes over the parameters."""

    @staticmethod
    def forward(ctx: Any, strength: float, count: int, *tensors: Tensor) -> Tensor:
        parameters, importance, anchor = (tensors[i * count : (i + 1) * count] for i in range(3))
        distance = torch._foreach_sub(parameters, anchor)
        gradient = torch._foreach_mul(distance, importance)
        torch._foreach_mul_(gradient, strength)
        ctx.gradient = gradient
        value = torch.zeros((), device=parameters[0].device)
        for g, d in zip(gradient, distance, strict=True):
            value += torch.dot(g.flatten(), d.flatten())
        return value / 2

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> Any:
        torch._foreach_mul_(ctx.gradient, outer[0])
        return (None, None, *ctx.gradient, *[None] * (2 * len(ctx.gradient)))


def quadratic(
    strength: float,
    parameters: Sequence[Tensor],
    importance: Sequence[Tensor],
    anchor: Sequence[Tensor],
) -> Tensor:
    """λ/2 Σ_i Ω_i (θ_i − θ*_i)², a scalar; its gradient goes to the parameters only."""
    apply: Callable[..., Tensor] = _Quadratic.apply
    return apply(strength, len(parameters), *parameters, *importance, *anchor)
