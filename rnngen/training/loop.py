"""The training loop, from the first step of the first task to the last checkpoint."""

from __future__ import annotations

from collections.abc import Callable

from rnngen.contracts.errors import BundleError, RnngenError
from rnngen.kernel.blame import blamed, one_line
from rnngen.training.checkpoints import Saved
from rnngen.training.guard import Exploded
from rnngen.training.parts import Parts
from rnngen.training.run import Run
from rnngen.training.step import step
from rnngen.training.stopping import running, save_and_stop


def train(
    run: Run, parts: Parts, saved: Saved | None = None, begin: Callable[[], None] = lambda: None
) -> None:
    """Trains until the budget of every task is used.

    Args:
        run: the model and where it stands; it moves.
        parts: what each owns one worry of the training.
        saved: a checkpoint to resume from.
        begin: called before anything is written: a run that can't be resumed stays as it is.

    Raises:
        Interrupted: the user pressed Ctrl-C; everything is saved.
        RunError: the loss exploded too often, or saving failed.
    """
    with running(run, parts):
        _begin(run, parts, saved, begin)
        while run.position.task < len(run.tasks):
            while run.position.owed or not _is_over(run, parts):
                if parts.watch.interrupted:
                    save_and_stop(run, parts)
                if not run.position.begun:
                    _begin_task(run, parts)
                if run.position.owed:
                    _validate(run, parts)
                    continue
                try:
                    took = step(run, parts)
                except Exploded as reason:
                    parts.guard.roll_back(run, str(reason))
                    parts.progress.restart()
                    continue
                parts.undo.add_step(took.seconds)
                parts.limits.time.add_step(took.seconds, took.tokens)
                if parts.pace is not None:
                    parts.pace.step(took.seconds)
                parts.progress.tell(run, took.tokens, took.metrics)
                if parts.validation.due(run):
                    _validate(run, parts)
                elif parts.checkpoints.due(run):
                    parts.checkpoints.save(run)
            if parts.validation.stale(run):
                _validate(run, parts)
            _finish_task(run, parts)
            _next_task(run, parts)


def _begin(run: Run, parts: Parts, saved: Saved | None, begin: Callable[[], None]) -> None:
    """From the first step on, or from where it was saved."""
    if saved is None:
        begin()
    with parts.watch.part("the start of the strategies"):
        parts.strategies.fit_started(run)
    if saved is not None:
        parts.checkpoints.restore(saved)
        parts.limits.reopen(run)
        begin()
        return
    _remember(run, parts)
    if parts.history:
        parts.history.measure(run, None)
    parts.save_model(run.position, None)
    parts.checkpoints.save(run)


def _remember(run: Run, parts: Parts) -> None:
    """Gives the strategies what the bundle that the run began from holds of them.

    Raises:
        BundleError: it is damaged.
    """
    try:
        parts.strategies.load_state_dict(parts.inherited, strict=False)
    except RnngenError:
        raise
    except Exception as error:
        if blamed(error) is not None:  # a plugin's own code, which is named
            raise
        raise BundleError(
            f"what the strategies of `{run.start}` remember can't be read: {one_line(error)}",
            hint="the bundle is damaged; use an earlier copy, or leave them out: `--plugin none`",
        ) from error


def _is_over(run: Run, parts: Parts) -> bool:
    """Whether a task's budget, or the patience with it, is used up."""
    return (
        parts.limits.out_of_time(run)
        or parts.limits.used_up(run)
        or parts.validation.out_of_patience(run)
    )


def _begin_task(run: Run, parts: Parts) -> None:
    begin = parts.clock()
    parts.checkpoints.whole = False
    if run.position.task > 0 and run.options.reset_optimizer:
        run.optimizer.state.clear()
    if parts.strategies:
        with parts.watch.part("what the strategies do before a task"):
            parts.strategies.task_started(run, run.task)
    run.position.begun = True
    parts.checkpoints.whole = True
    run.position.seconds += parts.clock() - begin


def _validate(run: Run, parts: Parts) -> None:
    parts.validation.measure(run)
    parts.checkpoints.save(run)


def _finish_task(run: Run, parts: Parts) -> None:
    if parts.strategies or parts.history:
        # From here to the next checkpoint the run is not whole: what is given up is repeated.
        parts.checkpoints.whole = False
    if parts.strategies:
        begin, task = parts.clock(), run.task
        with parts.watch.part("what the strategies do after a task"):
            parts.strategies.task_finished(run, task, task.batches)
        run.position.seconds += parts.clock() - begin
    if parts.history:
        parts.history.measure(run, run.position.task)


def _next_task(run: Run, parts: Parts) -> None:
    position = run.position
    position.task += 1
    if len(run.tasks) > 1 or parts.history:
        parts.save_model(position, None if parts.history else position.best)
    if position.task < len(run.tasks):
        position.start_task()
        parts.carried.forget()
        parts.history.start_task()
    parts.checkpoints.save(run)
