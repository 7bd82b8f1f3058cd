"""A resumed run keeps its own settings: others are refused, or reported as ignored."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from rnngen.contracts.errors import UsageError
from rnngen.kernel.config_file import Config, find_config
from rnngen.kernel.settings import ignored
from rnngen.training.plan import Plan
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


def not_read(plan: Plan, recorded: Config, limits: Mapping[str, Any]) -> list[str]:
    """A line on variables and the working folder's file, if they differ from the run's settings.

    Args:
        plan: of the resumed run.
        recorded: its `config.toml`.
        limits: `time`, `steps` and `epochs` as they were given.
    """
    given = {("train", name) for name, value in limits.items() if value is not None}
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
        for name in ("data", "domain", "plugins", "arrangement")
        if name in table and said[name] != own.get(name)
    ]


def _first_word(value: Any) -> str:
    return str(value).split(" ")[0]
