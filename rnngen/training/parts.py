"""The parts of a training: each owns one worry, and its own state."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from rnngen.bundles.run_folder import RunFolder
from rnngen.contracts.reporter import Reporter
from rnngen.engines.cores import Contention
from rnngen.kernel.strategies import Lifecycle
from rnngen.training.carried import Carried
from rnngen.training.checkpoints import Checkpoints
from rnngen.training.guard import Guard
from rnngen.training.history import History
from rnngen.training.limits import Limits
from rnngen.training.pace import Pace
from rnngen.training.plan import Plan
from rnngen.training.preview import preview
from rnngen.training.progress import Log, Progress
from rnngen.training.randomness import Randomness
from rnngen.training.run import Run
from rnngen.training.run_record import save_model
from rnngen.training.undo import Undo
from rnngen.training.validation import SaveModel, Validation
from rnngen.training.watch import Watch


@dataclass(frozen=True)
class Parts:
    """What the loop is made of."""

    strategies: Lifecycle
    inherited: Mapping[str, Any]
    """What strategies remembered in the run that is continued (`--from`), by name."""
    carried: Carried
    checkpoints: Checkpoints
    guard: Guard
    history: History
    limits: Limits
    pace: Pace | None
    """Chooses the number of threads; None: the number stays."""
    progress: Progress
    save_model: SaveModel
    undo: Undo
    validation: Validation
    watch: Watch
    clock: Callable[[], float] = field(default=time.monotonic)
    """The clock that measures everything, in seconds."""


def assemble(run: Run, plan: Plan, folder: RunFolder, log: Log, reporter: Reporter) -> Parts:
    """The parts of a run.

    Args:
        run: before its first step.
        plan: what it was made of.
        folder: where metrics, checkpoints and samples go.
        log: hands numbers to the trackers.
        reporter: who is told.
    """
    strategies, watch = plan.lifecycle, Watch(reporter)
    carried, random = Carried(run.model, run.device), Randomness(run.generator, run.device)
    history = History(plan.measured, strategies, watch, run.device)
    checkpoints = Checkpoints(
        folder,
        run.model,
        {
            "position": run.position,
            "optimizer": run.optimizer,
            "lanes": carried,
            "strategies": strategies,
            "stream": history,
            "random": random,  # the last one, as the others may draw
        },
    )
    limits = Limits(run.options, len(run.tasks))
    progress = Progress(limits, folder, log, reporter, plan.codec.steps_are)
    save: SaveModel = lambda position, valid: save_model(plan, folder, position, valid)  # noqa: E731
    return Parts(
        strategies=strategies,
        inherited=plan.inherited,
        carried=carried,
        checkpoints=checkpoints,
        guard=Guard(checkpoints, folder, reporter),
        history=history,
        limits=limits,
        pace=_pace(run, reporter),
        progress=progress,
        save_model=save,
        undo=Undo(strategies, carried, random),
        validation=Validation(
            limits,
            progress,
            strategies,
            watch,
            steps_are=plan.codec.steps_are,
            save_model=save,
            preview=lambda step: preview(
                plan.model, plan.domain, plan.codec, run.options.sample, step, plan.documents
            ),
            folder=folder,
            reporter=reporter,
        ),
        watch=watch,
    )


def _pace(run: Run, reporter: Reporter) -> Pace | None:
    """Where the clock decides how the run goes, it may decide on the threads, too."""
    options, threads = run.options, torch.get_num_threads()
    asked = options.threads is not None or "OMP_NUM_THREADS" in os.environ
    if run.device.type != "cpu" or options.time is None or asked or threads == 1:
        return None
    return Pace(threads, Contention().share, torch.set_num_threads, reporter.note)
