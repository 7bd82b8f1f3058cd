"""The strategies of a run whose model goes on learning (`--from`): they go on, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rnngen.bundles.bundle import Bundle
from rnngen.bundles.manifest import CONFIG
from rnngen.contracts.errors import PluginError, UsageError
from rnngen.contracts.options import coerce, describe
from rnngen.kernel.catalog import Component, get_catalog
from rnngen.kernel.config_file import Config, read_config
from rnngen.training.wanted import Wanted


def with_strategies(wanted: Wanted, start: Bundle | None) -> Wanted:
    """Takes the strategies of the run that is continued where none is named.

    What can't be found any more is left out; `left_behind` says so.
    """
    if start is None or wanted.plugins:
        return wanted
    return replace(wanted, plugins=[name for name in _named(start) if _is_there(name)])


def options_of(start: Bundle, strategy: Component) -> Mapping[str, Any]:
    """The options that a strategy had in the run that is continued, by name."""
    recorded = recorded_config(start)
    table = {} if recorded is None else recorded.sections.get(strategy.name, {})
    options = strategy.load_options()
    found = {}
    for option in describe(options) if options is not None else ():
        if option.name in table:
            try:
                found[option.name] = coerce(option, table[option.name], "")
            except UsageError:  # another version had other values
                continue
    return found


def recorded_config(start: Bundle) -> Config | None:
    """The `config.toml` of the bundle's run; a bundle may come without."""
    path = start.path / CONFIG
    if not path.is_file():  # it may also be a pipe, which is not waited for
        return None
    try:
        return read_config(path)
    except UsageError:
        return None


def _named(start: Bundle) -> list[str]:
    recorded = recorded_config(start)
    if recorded is not None:
        return list(recorded.command("fit").get("plugins", ()))
    return [used.name for used in start.manifest.components if used.kind == "strategy"]


def _is_there(name: str) -> bool:
    try:
        get_catalog().find_active(name)
    except PluginError:
        return False
    return True
