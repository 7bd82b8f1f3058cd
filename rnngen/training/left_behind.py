"""What a run does not take over from the model it starts with (`--from`), in a line each."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from rnngen.bundles.bundle import Bundle
from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import OptionField, coerce, describe
from rnngen.kernel.settings import Settings
from rnngen.metrics.task_history import size_of
from rnngen.training.going_on import recorded_config

OWN = ("time", "steps", "epochs", "seed", "device", "precision", "threads")
"""Options of `train` that belong to one run or machine, and mean nothing to the next."""


def left_behind(start: Bundle, settings: Settings, strategies: Collection[str]) -> list[str]:
    """What the user should know.

    Args:
        start: the bundle whose model goes on learning.
        settings: of the new run.
        strategies: names of those that the new run learns with.
    """
    lines = []
    lost = [
        name
        for name, state in start.strategy_state.items()
        if name not in strategies and size_of({name: state})
    ]
    if lost:
        plugins = " ".join(f"--plugin {name}" for name in sorted(lost))
        lines.append(
            f"`{start.path}` keeps what {' and '.join(f'`{name}`' for name in sorted(lost))} "
            f"remembered; this run leaves it behind: add `{plugins}` to keep it"
        )
    if start.manifest.left_out:
        names = " and ".join(f"`{name}`" for name in start.manifest.left_out)
        lines.append(
            f"`{start.path}` was exported without what {names} kept of its data: the memory is "
            "missing, so the old can't be rehearsed from it"
        )
    others = list(_other_settings(start, settings))
    if others:
        lines.append(
            f"set for `{start.path}`, but not for this run: {', '.join(others)}; give them with "
            "`-o` to keep them"
        )
    return lines


def _other_settings(start: Bundle, settings: Settings) -> Iterator[str]:
    """`train.clip=0.5` for what was not the default there, and is another value here by default."""
    recorded = recorded_config(start)
    if recorded is None:
        return
    for section, instance in settings.items():
        table = recorded.sections.get(section, {})
        for option in describe(type(instance)):
            if option.name not in table or (section == "train" and option.name in OWN):
                continue
            silent = settings.origin(section, option.name) in ("default", "inherited")
            there = _read(option, table[option.name])
            if silent and there not in (option.default, getattr(instance, option.attribute)):
                yield f"{section}.{option.name}={there}"


def _read(option: OptionField, raw: object) -> object:
    """The value; the default where another version knew other values."""
    try:
        return coerce(option, raw, "")
    except UsageError:
        return option.default
