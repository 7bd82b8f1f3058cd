"""How a training ends before its time: Ctrl-C, and what is saved then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rnngen.contracts.errors import Interrupted
from rnngen.training.interrupts import GivenUp
from rnngen.training.parts import Parts
from rnngen.training.run import Run


@contextmanager
def running(run: Run, parts: Parts) -> Iterator[None]:
    """While a training runs; strategies are told how it ended, whatever happened."""
    run.model.train()
    status = "failed"
    try:
        with parts.watch.on():
            try:
                yield
            except GivenUp:
                save_and_stop(run, parts)
        status = "finished"
    except (Interrupted, KeyboardInterrupt):
        status = "interrupted"
        raise
    finally:
        if parts.pace is not None:
            parts.pace.stop()
        parts.strategies.fit_finished(run, status)


def save_and_stop(run: Run, parts: Parts) -> None:
    """Saves the run as it is, if it can be saved now.

    Raises:
        Interrupted: always; it says what is saved, and how to resume.
    """
    step = run.position.step
    if parts.checkpoints.whole:
        parts.checkpoints.save(run)
        if run.position.best is None:
            parts.save_model(run.position, None)
        raise Interrupted(f"stopped at step {step}; everything is saved", hint=_resume(run))
    saved = parts.checkpoints.last()
    if saved is None:
        raise Interrupted(
            "stopped before anything was learned",
            hint=f"delete `{run.folder}`, and start again",
        )
    raise Interrupted(
        f"stopped at step {step} in the middle of something that can't be saved; "
        f"everything up to step {saved[1]['position']['step']} is",
        hint=_resume(run),
    )


def _resume(run: Run) -> str:
    """After the last write, as the folder may have been moved."""
    return f"resume with `rnngen fit --resume {run.folder}`"
