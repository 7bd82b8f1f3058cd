"""A resumed run keeps its own settings: others are refused, or reported as ignored."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnngen.bundles.manifest import BUNDLE, CONFIG
from rnngen.contracts.errors import BundleError, RnngenError, UsageError
from rnngen.data.record import DataRecord
from rnngen.kernel.config_file import Config, find_config
from rnngen.kernel.settings import ignored
from rnngen.training.checkpoints import Saved
from rnngen.training.limits import Limits
from rnngen.training.plan import Plan
from rnngen.training.run import Run
from rnngen.training.tracking import named
from rnngen.training.wanted import LIMITS, Wanted, absolute


def check_alone(wanted: Wanted) -> None:
    """Refuses what was given beside `resume`.

    Raises:
        UsageError: something was.
    """
    others = wanted.given() - {"resume", "trackers", *LIMITS}
    if others:
        raise UsageError(
            f"`--resume` takes everything from the run, but {', '.join(sorted(others))} was given "
            "too",
            hint="only --time, --steps and --epochs may change; for the rest use `--from`",
        )


def nothing_to_resume(path: Path) -> UsageError:
    """The error for a run without a checkpoint: what is there instead."""
    if (path / BUNDLE).exists():
        return UsageError(
            f"`{path}` has a model, but no checkpoint to resume from",
            hint=f"train the model on with `rnngen fit --from {path} FILE`",
        )
    return UsageError(
        f"`{path}` has no checkpoint: it was stopped before anything was learned",
        hint="start it again, in another folder (`--run`)",
    )


def recorded(config: Config, data: DataRecord, asked: Wanted) -> Wanted:
    """What a run wanted when it began, with the limits and trackers that are asked for now."""
    command = config.command("fit")
    for needed in ("data", "domain"):
        if needed not in command:
            raise BundleError(
                f"`config.toml` of `{asked.resume}` does not say what `fit.{needed}` was",
                hint=f"train the model on with `rnngen fit --from {asked.resume} FILE`",
            )
    assert asked.resume is not None
    return Wanted.of(
        command["data"],
        valid=data.valid,
        domain=command["domain"],
        plugins=command.get("plugins", ()),
        trackers=asked.trackers or _still_there(command.get("trackers", ())),
        config=asked.resume / CONFIG,
        **asked.limits,
    )


def _still_there(trackers: Sequence[str]) -> Sequence[str]:
    """The trackers that the run had."""
    try:
        named(trackers)
    except RnngenError as error:
        raise type(error)(
            f"{error.message}, to which this run's metrics went",
            hint="install it again, or resume without it: `--tracker none`",
        ) from error
    return trackers


def trackers_again(plan: Plan, asked: Wanted) -> list[str]:
    """A line on the trackers that a run has from before."""
    names = plan.wanted.trackers
    if not names or asked.trackers:
        return []
    return [
        f"metrics also go to {', '.join(names)}, as before (`--tracker none` switches that off)"
    ]


def why_over(plan: Plan, run: Run, saved: Saved, asked: Wanted) -> str | None:
    """Why nothing is left to train, with what would change that; None where something is.

    Args:
        plan: of the resumed run.
        run: moves to where the checkpoint is.
        saved: the checkpoint.
        asked: what the user gave.

    Raises:
        UsageError: tasks that are finished can't go on for longer.
    """
    position, path = run.position, run.folder
    position.load_state_dict(saved[1]["position"])
    if position.task < len(run.tasks):
        return None
    patience, waited = run.options.patience, position.waiting
    longer = any(value is not None for value in asked.limits.values())
    limits = Limits(run.options, len(run.tasks))
    reopened = limits.reopen(run)
    if reopened and longer and plan.measured:
        raise UsageError(
            f"`{path}` learned all its tasks, and its strategy has finished with them",
            hint=f"train it on new data: `rnngen fit --from {path} FILE`",
        )
    if reopened and longer:
        return None
    if plan.measured:
        return (
            f"nothing to train: all tasks are learned; `rnngen fit --from {path} FILE` goes on "
            "with new data"
        )
    if reopened and patience is not None and waited >= patience:
        return (
            f"nothing to train: the run stopped early, after {waited} validations without a "
            "better one; `--steps`, `--epochs` or `--time` above what it had give it another try"
        )
    return _used_up(limits, run, path)


def _used_up(limits: Limits, run: Run, path: Path) -> str:
    """Which limit ended a run, and how to give it more."""
    position, options = run.position, run.options
    used = [name for name, share in limits.shares(run).items() if share >= 1.0] or ["time"]
    said = {
        "steps": f"all {options.steps:,} steps are done" if options.steps else "",
        "epochs": f"all {options.epochs:g} passes over the data are done" if options.epochs else "",
        "time": f"its {options.time:g} seconds are used" if options.time else "",
    }
    reasons = " and ".join(filter(None, (said[name] for name in used)))
    more = " and ".join(f"`--{name}`" for name in used)
    return (
        f"nothing to train: at step {position.step:,}, {reasons or 'its limit is reached'}; give a "
        f"larger {more}: `rnngen fit --resume {path} --{used[0]} ...`"
    )


def not_read(plan: Plan, recorded: Config, asked: Wanted) -> list[str]:
    """A line on variables and the working folder's file, if they differ from the run's settings.

    Args:
        plan: of the resumed run.
        recorded: its `config.toml`.
        asked: what the user gave.
    """
    given = {("train", name) for name, value in asked.limits.items() if value is not None}
    try:
        file = find_config(None)
    except UsageError as error:
        found = [*ignored(plan.settings, os.environ, None, given), f"a file ({error.message})"]
    else:
        found = [
            *ignored(plan.settings, os.environ, file, given),
            *_other_command(file, recorded),
        ]
    if not found:
        return []
    return [
        f"ignored: {', '.join(found)}; a resumed run keeps its own settings, and only --time, "
        "--steps and --epochs may change"
    ]


def not_as_before(plan: Plan, record: Mapping[str, Any]) -> list[str]:
    """A line on the machine, if it is not the one in `run.json`: sums are rounded differently.

    Args:
        plan: of the resumed run.
        record: of the run, as the last sitting left it.
    """
    place = plan.place
    now = {
        "device": place.device,
        "precision": place.precision_reason,
        "threads": place.threads,
    }
    changed = [
        f"{name} {_first_word(record[name])} (now {_first_word(value)})"
        for name, value in now.items()
        if name in record and _first_word(record[name]) != _first_word(value)
    ]
    if not changed:
        return []
    return [
        f"the run was trained with {', '.join(changed)}: the same steps give slightly different "
        "weights"
    ]


def _other_command(file: Config | None, recorded: Config) -> list[str]:
    """Where a file's `[fit]` differs from the run's own."""
    table, own = {} if file is None else file.command("fit"), recorded.command("fit")
    said = {**table, "data": [absolute(argument) for argument in table.get("data", [])]}
    return [
        f"fit.{name} of {file.label if file else ''}"
        for name in ("data", "domain", "plugins", "arrangement", "trackers")
        if name in table and said[name] != own.get(name)
    ]


def _first_word(value: Any) -> str:
    return str(value).split(" ")[0]
