"""Self-replay: the old model writes what it remembers, and the new one rehearses it.

No data is stored (Robins 1995, pseudo-rehearsal; Shin et al. 2017, deep generative replay; for
language models Sun et al. 2020, LAMOL). Before each task the model is copied. While the task is
learned, the copy writes text from its own distribution, always new, and the learner is taught on it
along with the task's own:

    L(θ) = mean_new nll + w mean_written d

With `teach = answers`, d is how far the learner's distribution is from the copy's at every step of
what it wrote, KL(old ‖ new): the old model is the teacher, and each step says all that it knows
there (Hinton et al. 2015). With `text`, d is the negative log-likelihood of what was written, as if
it were data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import torch
from torch import Tensor

from rnngen import Batch, Run, hookimpl, option
from rnngen_continual.teacher import divergence
from rnngen_continual.tokens_only import require_tokens
from rnngen_continual.writer import Writer


@dataclass(frozen=True)
class Options:
    """Self-replay.

    Keeps no data: the model before a task writes text, and the learner must answer as it does
    there. Usually nearly as good as replay of 5 %, for somewhat more time. What the old model never
    writes is forgotten.
    """

    share: float = option(
        0.5, "rehearsed rows for each row of the task; they cost time", min=0, max=8
    )
    weight: float = option(1.0, "weight of the rehearsed text relative to the new", min=0)
    teach: Literal["answers", "text"] = option(
        "answers", "the old model's probabilities at what it wrote, or only what it wrote"
    )
    temperature: float = option(
        1.0, "temperature at which the old model writes; above 1 it strays further", min=0.1, max=10
    )


class SelfReplay:
    """Rehearses what the model before the task writes."""

    keeps_data = False
    """What it holds while a task is learned, the old model wrote."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self._writer: Writer | None = None
        self._saved: Mapping[str, Any] | None = None
        self._answers: Tensor | None = None

    @hookimpl
    def fit_started(self, run: Run) -> None:
        """Warns if there is nothing to rehearse."""
        require_tokens(run, "self-replay")
        if len(run.tasks) == 1 and run.start is None:
            run.note("self-replay: only one task, so there is nothing to rehearse")

    @hookimpl
    def task_started(self, run: Run) -> None:
        """Makes the writer, from the second task on or for a model that was trained before."""
        known = run.position.task > 0 or run.start is not None
        self._writer = self._make(run) if known else None
        self._saved = None

    @hookimpl
    def rehearse(self, run: Run, batch: Batch) -> Batch | None:
        """Rows that the old model wrote; its answers count, or the text itself."""
        writer = self._restored(run)
        if writer is None or not self.options.share:
            return None
        steps, lanes = batch.inputs.shape
        rows = max(1, round(self.options.share * lanes))
        written = writer.rows(steps, rows).to(run.device)
        self._answers = writer.answers(run, written) if self.options.teach == "answers" else None
        return written._replace(weights=torch.zeros(steps, rows, device=run.device))

    @hookimpl
    def loss_terms(self, run: Run, batch: Batch, output: Tensor) -> Mapping[str, Tensor] | None:
        """The loss on rehearsed rows, apart from the new text's loss."""
        mine = run.rehearsed.get("self-replay")
        if mine is None:
            return None
        if self._answers is not None:
            apart = divergence(output[:, mine], self._answers)
        else:
            apart = run.model.likelihood.nll(output[:, mine], batch.targets[:, mine])
        return {"written": self.options.weight * apart.mean()}

    @hookimpl
    def task_finished(self) -> None:
        """Drops the old model: the next one is the model as it is now."""
        self._writer = None

    def _make(self, run: Run) -> Writer:
        return Writer(
            run.model,
            run.options.chunk,
            cast(int, run.task.train.boundary),
            run.options.seed,
            self.options.temperature,
        )

    def _restored(self, run: Run) -> Writer | None:
        if self._saved is not None:
            self._writer = self._make(run)
            self._writer.load_state_dict(self._saved)
            self._saved = None
        return self._writer

    def state_dict(self) -> dict[str, Any]:
        """The old model, while a task is being learned."""
        writer = self._saved
        if writer is None and self._writer is not None:
            writer = self._writer.state_dict()
        return {"writer": writer}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restores what `state_dict` returned; the old model is rebuilt when it is first needed."""
        self._saved, self._writer = state["writer"], None
