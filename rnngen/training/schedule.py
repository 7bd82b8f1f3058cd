"""The learning rate over a budget.

    warmup   rises linearly from 0 to 1 over the first `warmup` of the budget
    hold     stays at 1
    decay    falls over the last `decay` of the budget, by a cosine or a line, to `final_rate`

Progress is a number from 0 to 1: the largest of the shares used of steps, epochs and time, so that
the same schedule works for whichever limit ends the run.
"""

from __future__ import annotations

import math

from rnngen.kernel.core_options import TrainOptions


def rate(progress: float, options: TrainOptions) -> float:
    """The learning rate, as a share of the highest, when `progress` of the budget is used."""
    progress = min(max(progress, 0.0), 1.0)
    rising = min(progress / options.warmup, 1.0) if options.warmup > 0 else 1.0
    return rising * _falling(progress, options)


def _falling(progress: float, options: TrainOptions) -> float:
    if options.schedule == "constant" or options.decay == 0:
        return 1.0
    start = max(options.warmup, 1.0 - options.decay)
    if progress <= start:
        return 1.0
    share = (progress - start) / (1.0 - start)
    if options.schedule == "cosine":
        remaining = (1.0 + math.cos(math.pi * share)) / 2.0
    else:
        remaining = 1.0 - share
    return options.final_rate + (1.0 - options.final_rate) * remaining
