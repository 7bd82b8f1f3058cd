"""Experience replay: a little old text along with the new (Robins 1995; Chaudhry et al. 2019).

Besides the lanes of the task, every batch has rows from the memory. They begin with the initial
state; the state of the lanes is carried on as if they were not there.

    L(θ) = (mean_new nll + w mean_old nll) / (1 + w)

How many rows there are is a matter of time and noise, and does not change the objective. A large w
learns a small memory by heart: after three old tasks, a memory of 2 % kept 60 % of what is lost
with w = 3, which would weigh all tasks the same, 71 % with w = 1, and 75 % with w = 1/2.

With `teach = both`, the model as it was before the task also teaches on what is rehearsed:

    L(θ) ← L(θ) + w mean_old KL(old model ‖ new model)

It says at every step what else might stand there, which a small memory alone can't (Buzzega et al.
2020, dark experience replay, where the answers are stored with the text; here they are those of a
copy of the model, which reads a memory that is drawn from often only once a task).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from rnngen import Batch, Run, hookimpl, option, weighted_mean
from rnngen_continual.answers import Answers
from rnngen_continual.keeps_data import KeepsData
from rnngen_continual.teacher import OldModel, divergence


@dataclass(frozen=True)
class Options:
    """Experience replay.

    The first thing to try where some old text may be kept: 5 % of it usually brings back three
    quarters of what fine-tuning loses or more, for a little time. Much smaller memories are learned
    by heart: lower `weight`, or add `--plugin ewc -o ewc.lambda=0.2`.
    """

    memory: str = option(
        "5%", "how much is kept: a share of the old text (5%), tokens (20000) or bytes (64kB)"
    )
    share: float = option(
        0.5, "rehearsed rows for each row of the task; they cost time", min=0, max=8
    )
    weight: float = option(0.5, "weight of the old text relative to the new", min=0)
    teach: Literal["text", "both"] = option(
        "both", "learn the old text only, or also the old model's probabilities at every step of it"
    )


class Replay(KeepsData):
    """Keeps a little of every task and rehearses it."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        super().__init__("replay", self.options.memory)
        self._old = OldModel()
        self._said: Answers | None = None
        """By the old model, of the task that is being learned."""
        self._answers: Tensor | None = None

    @hookimpl
    def task_started(self, run: Run) -> None:
        """Makes the old model a teacher, if it teaches, from the second task on."""
        super().task_started(run)
        self._said = None
        if self.options.teach == "both":
            self._old.begin(run)

    @hookimpl
    def rehearse(self, run: Run, batch: Batch) -> Batch | None:
        """Rows drawn from the memory."""
        self._answers = None
        memory = self.memory
        if memory is None or not self.options.share:
            return None
        steps, lanes = batch.inputs.shape[:2]
        rows = max(1, round(self.options.share * lanes))
        seed, turn = run.options.seed, run.position.batch
        drawn = memory.draw(steps, rows, seed, turn)
        weights = torch.ones(steps, rows) if drawn.weights is None else drawn.weights
        drawn = drawn._replace(weights=weights * (self.options.weight * lanes / rows)).to(
            run.device
        )
        teacher = self._old.get(run)
        if teacher is not None:
            self._said = self._said or Answers(teacher, memory)
            self._answers = self._said.to(run, memory.chosen(rows, seed, turn), drawn)
        return drawn

    @hookimpl
    def loss_terms(self, run: Run, batch: Batch, output: Tensor) -> Mapping[str, Tensor] | None:
        """The distance of the answers from the old model's, on the rows of the memory."""
        if self._answers is None:
            return None
        mine = run.rehearsed["replay"]
        assert batch.weights is not None
        apart = divergence(output[:, mine], self._answers)
        return {"answers": self.options.weight * weighted_mean(apart, batch.weights[:, mine])}

    @hookimpl
    def task_finished(self, run: Run) -> None:
        """Adds the task to the memory."""
        super().task_finished(run)
        self._old.end()
        self._said = None

    def state_dict(self) -> dict[str, Any]:
        """The memory, and the old model while a task is being learned."""
        return {**super().state_dict(), "teacher": self._old.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restores what `state_dict` returned."""
        super().load_state_dict(state)
        self._old.load_state_dict(state["teacher"])
        self._said = None
