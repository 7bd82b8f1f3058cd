"""When a run ends, where the user did not say.

A small text is soon learnt by heart: of one of 150 kB, a schedule of 12 passes brought the held-out
part to 1.31 nats per character, one of 34 passes to 1.35 at its best moment, on the way to much
worse; of one of 430 kB, 8 passes were better than 12. So a limit of time alone also ends after
`PASSES` passes, but not before `STEPS` steps, which very small texts need.
"""

from __future__ import annotations

from dataclasses import replace

from rnngen.kernel.core_options import TrainOptions

SECONDS = 180.0
PASSES = 10.0
STEPS = 600


def with_time(options: TrainOptions) -> TrainOptions:
    """The options, with a limit of time where there is no limit at all."""
    if options.time is None and options.steps is None and options.epochs is None:
        return replace(options, time=SECONDS)
    return options


def with_passes(options: TrainOptions, batches: int) -> TrainOptions:
    """The options, with a limit of passes where time is the only limit.

    Args:
        options: section `train`.
        batches: batches in a pass over the smallest task.
    """
    if options.steps is not None or options.epochs is not None:
        return options
    return replace(options, epochs=max(PASSES, STEPS * options.accumulate / batches))
