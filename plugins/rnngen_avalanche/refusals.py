"""What the bridge refuses before anything is learned, with the reason."""

from __future__ import annotations

from collections.abc import Sequence

from rnngen import Run, UsageError
from rnngen_avalanche.options import Options

WEIGHED = {"ewc", "ewc-online", "si", "lwf", "mas", "rwalk"}
"""They have a strength."""

KEEPING = {"replay", "agem", "gem"}
"""They keep old text."""

DRAWING = {"replay", "agem"}
"""They draw some of it at each step; GEM reads all."""


def check_options(options: Options, names: Sequence[str]) -> None:
    """Checks that each given option is used by some plugin.

    Raises:
        UsageError: one is not.
    """
    given = (
        ("lambda", options.lambda_, WEIGHED),
        ("memory", options.memory, KEEPING),
        ("rows", options.rows, DRAWING),
    )
    for option, value, users in given:
        if value is not None and users.isdisjoint(names):
            raise UsageError(
                f"`avalanche.{option}` is {value:g}, but `{options.strategy}` does not use it",
                hint=f"it is for {', '.join(sorted(users))}",
            )


def check_run(run: Run) -> None:
    """Checks that plugins can see the run's batches.

    Raises:
        UsageError: they can't.
    """
    if run.options.accumulate > 1:
        raise UsageError(
            f"strategy `avalanche` can't be used with `train.accumulate` "
            f"({run.options.accumulate}): Avalanche's plugins see one batch at each step",
            hint="leave it out, and use more `train.lanes`",
        )
    if run.tasks[0].train.steps.dtype.kind == "f":
        raise UsageError(
            "strategy `avalanche` learns tokens, but these data are real-valued vectors",
            hint="leave it out; rnngen's own `ewc`, `si`, `mas`, `replay` and `agem` learn vectors",
        )
    if run.tasks[0].train.conditions is not None:
        raise UsageError(
            "strategy `avalanche` can't see what a sequence is conditioned on, such as the text to "
            "write",
            hint="leave it out; rnngen's own `ewc`, `si` and `mas` can",
        )


def check_memory(kept: int, memory: int | None, window: int) -> None:
    """Checks that a memory holds at least one window.

    Args:
        kept: windows that it holds.
        memory: tokens, as the user gave them.
        window: tokens of a window.

    Raises:
        UsageError: not even one window.
    """
    if kept < 1:
        shown = "smaller" if memory is None else f"{memory} tokens, less"
        raise UsageError(
            f"`avalanche.memory` is {shown} than one window of {window}",
            hint=f"keep at least one, `-o avalanche.memory={window}`, or use shorter windows: "
            f"`train.chunk` is {window}",
        )
