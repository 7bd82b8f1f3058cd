"""Learning without forgetting (Li and Hoiem 2016): on the new data, answer as the old model did.

    L(θ) = L_task(θ) + λ T² mean_t KL( softmax(f_old(x_t) / T) ‖ softmax(f_θ(x_t) / T) )

f_old is the model as it was when the task began; it reads the same text with its own state. This
needs no old data and nothing but the old model, so it can also protect a model that was trained
without it. It knows the old only where the new text leads to: what is far from it is forgotten.
(Equation 3 of the paper; the factor T² is that of Hinton et al. 2015.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from rnngen import Batch, Run, hookimpl, option, warn_if_not_learned, weighted_mean
from rnngen_continual.teacher import OldModel, divergence, own_rows
from rnngen_continual.tokens_only import require_tokens

LAMBDA = 1.0


@dataclass(frozen=True)
class Options:
    """Learning without forgetting.

    Needs nothing but the old model, and a third more time. Keeps about half where the new text is
    of the same kind as the old (another author), less where nothing like the old occurs in it.
    """

    lambda_: float = option(
        LAMBDA, "weight of the old model's answers relative to the new text", min=0
    )
    temperature: float = option(
        1.0, "above 1 also teaches what the old model finds improbable", min=0.1, max=100
    )


class LearningWithoutForgetting:
    """The old model teaches on the new data."""

    keeps_data = False

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self._old = OldModel()

    @hookimpl
    def fit_started(self, run: Run) -> None:
        """Warns if there is nothing to protect."""
        require_tokens(run, "lwf")
        if len(run.tasks) == 1 and run.start is None:
            run.note("lwf: only one task, so there is nothing to protect")

    @hookimpl
    def task_started(self, run: Run) -> None:
        """Makes the teacher, from the second task on or for a model that was trained before."""
        self._old.begin(run)

    @hookimpl
    def loss_terms(self, run: Run, batch: Batch, output: Tensor) -> Mapping[str, Tensor] | None:
        """How far the answers are from the teacher's, on the new text.

        What other strategies rehearse is theirs: with their rows in the mean, λ would mean
        something else beside each of them.
        """
        teacher = self._old.get(run)
        if teacher is None or self.options.lambda_ == 0:
            return None
        new = own_rows(batch, run.lanes)
        taught = teacher.output(run, new)
        apart = divergence(output[:, : run.lanes], taught, self.options.temperature)
        return {"distillation": self.options.lambda_ * weighted_mean(apart, new.weights)}

    @hookimpl
    def task_finished(self) -> None:
        """Drops the teacher."""
        self._old.end()

    @hookimpl
    def tasks_measured(self, run: Run) -> None:
        """Warns if λ is so large that a task was not learned."""
        warn_if_not_learned(run, "lwf", "lambda", self.options.lambda_, LAMBDA)

    def state_dict(self) -> dict[str, Any]:
        """The teacher, while a task is being learned."""
        return {"teacher": self._old.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restores what `state_dict` returned."""
        self._old.load_state_dict(state["teacher"])
