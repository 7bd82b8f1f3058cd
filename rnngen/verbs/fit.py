"""The verb `fit`: from files to a trained bundle.

import rnngen

bundle = rnngen.fit(["book.txt"], cell="gru", time=60, run="runs/book")
print(bundle.generate("Once", length=200)[0].text)
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, nullcontext, suppress
from pathlib import Path
from typing import Unpack

import torch

from rnngen.bundles.checkpoint import load_checkpoint
from rnngen.bundles.manifest import CONFIG
from rnngen.bundles.rebuild import missing
from rnngen.bundles.records import read_record
from rnngen.bundles.run_folder import RunFolder, environment
from rnngen.contracts.errors import Interrupted, RnngenError, RunError
from rnngen.contracts.reporter import Reporter, Silent
from rnngen.kernel.blame import attributed
from rnngen.kernel.catalog import get_catalog
from rnngen.kernel.config_file import read_config
from rnngen.training.checkpoints import Saved
from rnngen.training.foreign_optimizer import build_optimizer
from rnngen.training.loop import train
from rnngen.training.parts import assemble
from rnngen.training.plan import Plan, make
from rnngen.training.restored import check_state
from rnngen.training.resumed import (
    check_alone,
    not_as_before,
    not_read,
    nothing_to_resume,
    recorded,
    trackers_again,
    why_over,
)
from rnngen.training.run import Position, Run
from rnngen.training.summary import describe, tell_result
from rnngen.training.tracking import Trackers, named
from rnngen.training.wanted import Wanted, WantedArguments, check_keywords
from rnngen.verbs.trained import Trained, load


def fit(
    data: Sequence[str] | str = (),
    *,
    reporter: Reporter | None = None,
    **wanted: Unpack[WantedArguments],
) -> Trained:
    """Trains a model and returns its bundle; the same as the command `rnngen fit`.

    Args:
        data: files, folders, patterns, `-`, `corpus:NAME`; none: the default corpus.
        reporter: who is told how it goes; nobody by default.
        run: the folder to make; none: `runs/DATE-TIME-NAME`.
        start: a bundle whose model goes on learning, on new data (`--from`).
        resume: a stopped run to resume; takes nothing else but `time`, `steps` or `epochs`, to go
            on for longer.
        valid: files to validate on, instead of the last tenth of the data.
        domain: what kind of data it is.
        cell, layers, hidden: shape of the model.
        tokens: what a step of text is: `char`, `byte`, `word`, `bpe:2000`, `unigram:2000`.
        time: stop after this many seconds.
        steps: stop after this many optimizer steps.
        epochs: stop after this many passes over the data. The limit that comes first ends the run.
        seed: of initial weights, data order and dropout.
        device: `auto`, `cpu`, `cuda`, `mps`.
        precision: `auto`, `fp32`, `bf16`.
        plugins: learning strategies, in order; several data arguments are then tasks in a row.
        arrangement: which data arguments are learned together, by number, task by task:
            `[[1], [0]]` one after the other, the second first; `[[0, 1]]` both together. With it,
            and with plugins, every argument is measured after every task.
        trackers: where metrics go besides `metrics.jsonl`.
        options: all other options, `["train.learning_rate=0.003"]` or a mapping of such names.
        config: a configuration file.

    Raises:
        UsageError: what was asked for makes no sense.
        DataError: the data can't be used.
        RunError: the run failed; the last checkpoint is whole.
        PluginError: a plugin's code failed; it is named, with the place.
        Interrupted: Ctrl-C; everything is saved.
    """
    check_keywords("fit", wanted, WantedArguments)
    return fit_wanted(Wanted.of(data, **wanted), reporter or Silent())


@attributed()
def fit_wanted(wanted: Wanted, reporter: Reporter) -> Trained:
    """Trains what is wanted; see `fit`."""
    if wanted.resume is not None:
        check_alone(wanted)
        with closing(RunFolder.open(wanted.resume)) as folder:
            return _resume(folder, wanted, reporter)
    plan = make(wanted, reporter.note)
    run = _run(plan, reporter)
    with closing(RunFolder.create(plan.wanted.run, plan.name)) as folder:
        return _execute(plan, run, folder, None, reporter)


def _resume(folder: RunFolder, asked: Wanted, reporter: Reporter) -> Trained:
    """Trains a stopped run to its end; of `asked` only limits and trackers count.

    Until everything is known to be there, nothing of the run changes.
    """
    path = folder.path
    saved = load_checkpoint(path)
    if saved is None:
        raise nothing_to_resume(path)
    bundle = load(path)
    for error in missing(bundle.manifest):
        raise error
    before = read_record(path)
    check_state(saved[1], path)
    config = read_config(path / CONFIG)
    wanted = recorded(config, bundle.data_record, asked)
    plan = make(wanted, reporter.note, resumed=bundle)
    run = _run(plan, reporter)
    run.folder = path
    over = why_over(plan, run, saved, asked)
    if over is not None:
        reporter.warn(over)
        return bundle
    lines = [*not_read(plan, config, asked), *not_as_before(plan, before)]
    for line in lines:
        reporter.warn(line)
        folder.log(line)
    for line in trackers_again(plan, asked):
        reporter.note(line)
        folder.log(line)
    reporter.note(f"resuming at step {run.position.step}")
    return _execute(plan, run, folder, saved, reporter, changed=bool(asked.given() - {"resume"}))


def _execute(
    plan: Plan,
    run: Run,
    folder: RunFolder,
    saved: Saved | None,
    reporter: Reporter,
    *,
    changed: bool = True,
) -> Trained:
    """Carries out a plan, and records how it ended.

    Args:
        plan: what is done.
        run: before its first step.
        folder: of the run.
        saved: the checkpoint that the run resumes from.
        reporter: who is told.
        changed: whether `config.toml` is not the plan's yet.
    """
    _follow(run, folder, reporter)
    _tell_plan(plan, folder, reporter)
    trackers = Trackers(named(plan.wanted.trackers), plan.settings, run.device, reporter.warn)

    def begin() -> None:
        if saved is not None:
            folder.resume(saved[1]["position"]["step"])
        if changed:
            folder.write_config(plan.toml())
        _record_plan(plan, folder)
        trackers.start(folder.path)

    status = "failed"
    try:
        with attributed():
            train(run, assemble(run, plan, folder, trackers.log, reporter), saved, begin)
        tell_result(plan, run.position, folder, reporter)
        status = "finished"
    except (Interrupted, KeyboardInterrupt):
        status = "interrupted"
        raise
    except RnngenError as error:
        with suppress(RunError):  # the disk may be full, or the folder gone
            folder.log(f"error: {error.message}")
        raise
    finally:
        trackers.close()
        at = run.position
        with suppress(RunError) if status == "failed" else nullcontext():
            folder.finish(status, step=at.step, tokens=at.tokens, seconds=round(at.seconds, 3))
    return load(folder.path)


def _follow(run: Run, folder: RunFolder, reporter: Reporter) -> None:
    """The run is where its folder is, even where that is moved."""

    def moved(path: Path) -> None:
        run.folder = path
        reporter.warn(f"the run's folder was moved: it is written to `{path}` now")

    run.folder = folder.path
    folder.moved = moved


def _tell_plan(plan: Plan, folder: RunFolder, reporter: Reporter) -> None:
    for text in plan.notes:
        reporter.note(text)
        folder.log(text)
    describe(plan, folder, reporter)


def _record_plan(plan: Plan, folder: RunFolder) -> None:
    """What a reader of `run.json` needs to know of machine and data."""
    folder.record(
        {
            **environment(),
            "seed": plan.train.seed,
            "device": str(plan.place.device),
            "device_reason": plan.place.device_reason,
            "precision": plan.place.precision_reason,
            "threads": plan.place.threads,
            "data": {"fingerprint": plan.fingerprint, "sources": plan.sources},
            "parameters": plan.model.parameter_count,
        }
    )


def _run(plan: Plan, reporter: Reporter) -> Run:
    """The run before its first step; where its folder is, is not known yet."""
    return Run(
        model=plan.model,
        options=plan.train,
        device=plan.place.device,
        tasks=plan.tasks,
        position=Position(),
        folder=Path(),
        optimizer=build_optimizer(
            get_catalog().find("optimizer", plan.train.optimizer),
            plan.model,
            plan.train.learning_rate,
            plan.options(plan.train.optimizer),
        ),
        generator=torch.Generator().manual_seed(plan.train.seed),
        dtype=plan.place.dtype,
        start=plan.start,
        strategies=tuple(plan.lifecycle.names),
        note=reporter.note,
        warn=reporter.warn,
    )
