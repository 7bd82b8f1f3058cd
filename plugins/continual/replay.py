"""Experience replay: a little old text beside the new (Robins 1995; Chaudhry et al. 2019).

Beside the lanes of the task, every batch has some rows of the memory. They begin with the initial
state; the state of the lanes is carried on as if they were not there.

    L(θ) = (mean_new nll + w mean_old nll) / (1 + w)

How many rows there are is a matter of time and noise, and does not change the objective. A larger w
learns a small memory by heart: with three old tasks, w = 3, which would weigh all tasks the same,
kept less than w = 1 did, of a memory of 5 % as of one of 2 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

import rnngen
from rnngen.data import Batch
from rnngen.options import option
from rnngen.position import Run
from rnngen_continual.keeps_data import KeepsData


@dataclass(frozen=True)
class Options:
    """Experience replay.

    The first thing to try where some old text may be kept: 5 % of it usually brings back three
    quarters of what fine-tuning loses or more, for a little time. Much smaller memories are learned
    by heart: lower `weight`, or add `--plugin ewc`.
    """

    memory: str = option(
        "5%", "how much is kept: a share of the old text (5%), tokens (20000) or bytes (64kB)"
    )
    share: float = option(
        0.25, "rehearsed rows beside each of the task's own; they cost time", min=0, max=8
    )
    weight: float = option(1.0, "of the old text beside the new", min=0)


class Replay(KeepsData):
    """Keeps a little of every task and rehearses it; options as in `Options`."""

    def __init__(self, memory: str = "5%", share: float = 0.25, weight: float = 1.0) -> None:
        super().__init__("replay", memory)
        self.share = share
        self.weight = weight

    @rnngen.hookimpl
    def rehearse(self, run: Run, batch: Batch) -> Batch | None:
        """Some rows of the memory."""
        if self.memory is None or not self.share:
            return None
        steps, lanes = batch.inputs.shape[:2]
        rows = max(1, round(self.share * lanes))
        drawn = self.memory.draw(steps, rows, run.options.seed, run.position.batch)
        weights = torch.ones(steps, rows) if drawn.weights is None else drawn.weights
        return drawn._replace(weights=weights * (self.weight * lanes / rows)).to(run.device)
