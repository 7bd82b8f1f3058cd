"""The verb `fit`: from files to a trained bundle.

import rnngen

bundle = rnngen.fit(["book.txt"], cell="gru", time=60, run="runs/book")
print(bundle.generate("Once", length=200)[0].text)
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from torch import Tensor

from rnngen.bundles.bundle import load
from rnngen.bundles.checkpoint import load_checkpoint
from rnngen.bundles.records import read_record
from rnngen.bundles.run_folder import RunFolder, environment
from rnngen.contracts.errors import Interrupted, RnngenError, UsageError
from rnngen.contracts.reporter import Reporter, Silent
from rnngen.kernel.blame import attributed
from rnngen.kernel.catalog import Component, get_catalog
from rnngen.kernel.config_file import read_config
from rnngen.training.loop import Trainer
from rnngen.training.plan import Plan, make
from rnngen.training.preview import preview
from rnngen.training.resumed import check_alone, not_as_before, not_read
from rnngen.training.run_record import _options, _save
from rnngen.training.settle import Wanted
from rnngen.training.summary import _describe, _tell_result
from rnngen.training.tracking import Trackers
from rnngen.verbs.trained import Trained

Saved = tuple[dict[str, Tensor], dict[str, Any]]


@attributed()
def fit(
    data: Sequence[str] | str = (),
    *,
    run: str | Path | None = None,
    start: str | Path | None = None,
    resume: str | Path | None = None,
    valid: Sequence[str] | str = (),
    domain: str | None = None,
    cell: str | None = None,
    layers: int | None = None,
    hidden: int | None = None,
    tokens: str | None = None,
    time: float | None = None,
    steps: int | None = None,
    epochs: float | None = None,
    seed: int | None = None,
    device: str | None = None,
    precision: str | None = None,
    plugins: Sequence[str] = (),
    arrangement: Sequence[Sequence[int]] | None = None,
    trackers: Sequence[str] = (),
    options: Sequence[str] | Mapping[str, Any] = (),
    config: str | Path | None = None,
    reporter: Reporter | None = None,
) -> Trained:
    """Trains a model and returns its bundle; the same as the command `rnngen fit`.

    Args:
        data: files, folders, patterns, `-`, `corpus:NAME`; none: the default corpus.
        run: the folder to make; none: `runs/DATE-TIME-NAME`.
        start: a bundle whose model goes on learning, on new data (`--from`).
        resume: a run that was stopped and goes on where it stopped; takes nothing else but
            `time`, `steps` or `epochs`, to go on for longer.
        valid: files to validate on, instead of the last tenth of the data.
        domain: what kind of data it is.
        cell, layers, hidden: shape of the model.
        tokens: what a step of text is: `char`, `byte`, `word`, `bpe:2000`, `unigram:2000`.
        time: stop after so many seconds.
        steps: stop after so many optimizer steps.
        epochs: stop after so many passes over the data. Whichever limit comes first ends the run.
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
        reporter: who is told how it goes; nobody by default.

    Raises:
        UsageError: what was asked for makes no sense.
        DataError: the data can't be used.
        RunError: the run failed; the last checkpoint is whole.
        PluginError: a plugin's code failed; it is named, with the place.
        Interrupted: Ctrl-C; everything is saved.
    """
    reporter = reporter or Silent()
    limits = {"time": time, "steps": steps, "epochs": epochs}
    if resume is not None:
        others = {
            "data": data,
            "run": run,
            "start": start,
            "valid": valid,
            "domain": domain,
            "cell": cell,
            "layers": layers,
            "hidden": hidden,
            "tokens": tokens,
            "seed": seed,
            "device": device,
            "precision": precision,
            "plugins": plugins,
            "arrangement": arrangement,
            "options": options,
            "config": config,
        }
        check_alone({name for name, value in others.items() if value not in (None, "", (), [])})
        return _resume(Path(resume), limits, trackers, reporter)
    wanted = Wanted(
        data=_listed(data),
        valid=_listed(valid),
        domain=domain,
        plugins=tuple(plugins),
        arrangement=arrangement,
        flags=flags(
            cell=cell,
            layers=layers,
            hidden=hidden,
            tokens=tokens,
            seed=seed,
            device=device,
            precision=precision,
            **limits,
        ),
        options=_assignments(options),
        config=None if config is None else Path(config),
        start=None if start is None else Path(start),
    )
    plan = make(wanted, reporter.note)
    chosen = [get_catalog().find("tracker", name) for name in trackers]
    folder = RunFolder.create(run, plan.name)
    with closing(folder):
        return _execute(plan, folder, None, chosen, reporter)


def flags(
    *,
    cell: str | None = None,
    layers: int | None = None,
    hidden: int | None = None,
    tokens: str | None = None,
    **train: Any,
) -> dict[str, dict[str, Any]]:
    """Flags of the command as values of their sections; None is not given."""
    return {
        "model": {"cell": cell, "layers": layers, "hidden": hidden},
        "text": {"tokens": tokens},
        "train": train,
    }


def _resume(
    path: Path, limits: Mapping[str, Any], trackers: Sequence[str], reporter: Reporter
) -> Trained:
    folder = RunFolder.open(path)
    with closing(folder):
        saved = load_checkpoint(path)
        if saved is None:
            raise UsageError(
                f"`{path}` has no checkpoint: it was stopped before anything was learned",
                hint="delete the folder, and begin again",
            )
        bundle = load(path)
        before = read_record(path)
        config = read_config(path / "config.toml")
        command = config.command("fit")
        wanted = Wanted(
            data=command["data"],
            valid=bundle.data_record.valid,
            domain=command["domain"],
            plugins=command.get("plugins", ()),
            flags={"train": dict(limits)},
            config=path / "config.toml",
        )
        plan = make(wanted, reporter.note, resumed=bundle)
        if any(value is not None for value in limits.values()):
            folder.write_config(plan.toml())
        for line in [*not_read(plan, config, limits), *not_as_before(plan, before)]:
            reporter.warn(line)
            folder.log(line)
        folder.truncate_metrics(saved[1]["position"]["step"])
        reporter.note(f"going on at step {saved[1]['position']['step']}")
        chosen = [get_catalog().find("tracker", name) for name in trackers]
        return _execute(plan, folder, saved, chosen, reporter)


def _execute(
    plan: Plan,
    folder: RunFolder,
    saved: Saved | None,
    trackers: Sequence[Component],
    reporter: Reporter,
) -> Trained:
    for text in plan.notes:
        reporter.note(text)
        folder.log(text)
    _describe(plan, folder, reporter)
    if saved is None:
        folder.write_config(plan.toml())
    folder.record(
        {
            **environment(),
            "seed": plan.train.seed,
            "device": str(plan.device),
            "device_reason": plan.device_reason,
            "precision": plan.precision_reason,
            "threads": plan.threads,
            "data": {"fingerprint": plan.fingerprint, "sources": plan.sources},
            "parameters": plan.model.parameter_count,
        }
    )
    optimizer = (
        get_catalog()
        .find("optimizer", plan.train.optimizer)
        .build(
            list(plan.model.named_parameters()),
            plan.train.learning_rate,
            **_options(plan, plan.train.optimizer),
        )
    )
    followers = Trackers(trackers, folder.path, plan.device, reporter.warn)
    trainer = Trainer(
        plan.model,
        plan.tasks,
        plan.train,
        optimizer,
        folder,
        plan.lifecycle,
        plan.device,
        plan.dtype,
        save_model=lambda position, valid: _save(plan, folder, position, valid),
        preview=lambda step: preview(
            plan.model, plan.domain, plan.codec, plan.train.sample, step, plan.documents
        ),
        log_metrics=followers.log,
        reporter=reporter,
        saved=saved,
        measured=plan.measured,
        start=plan.start,
        inherited=plan.inherited,
    )
    status = "failed"
    try:
        with attributed():
            position = trainer.run()
        _tell_result(plan, position, folder, reporter)
        status = "finished"
    except (Interrupted, KeyboardInterrupt):
        status = "interrupted"
        raise
    except RnngenError as error:
        folder.log(f"error: {error.message}")
        raise
    finally:
        followers.close()
        at = trainer.position
        folder.finish(status, step=at.step, tokens=at.tokens, seconds=round(at.seconds, 3))
    return Trained(folder.path)


def _listed(value: Sequence[str] | str) -> tuple[str, ...]:
    return (value,) if isinstance(value, str | os.PathLike) else tuple(str(part) for part in value)


def _assignments(options: Sequence[str] | Mapping[str, Any]) -> tuple[str, ...]:
    if isinstance(options, Mapping):
        return tuple(f"{name}={value}" for name, value in options.items())
    return tuple(options)
