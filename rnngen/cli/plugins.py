"""`rnngen plugins`: which are installed, their status, and why one failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from rnngen.cli.complete import complete_plugins
from rnngen.cli.layout import cut
from rnngen.cli.parameters import json_flag, pass_ui, verbosity
from rnngen.cli.terminal import visible_line
from rnngen.cli.ui import Ui
from rnngen.contracts.errors import ExitCode, PluginError, RnngenError
from rnngen.contracts.options import suggest
from rnngen.kernel.component import Plugin
from rnngen.kernel.discovery import GROUP
from rnngen.kernel.distributions import misplaced
from rnngen.kernel.importable import why_missing


@click.command(name="plugins", short_help="List plugins, and why one failed.")
@click.argument("name", required=False, shell_complete=complete_plugins)
@json_flag
@verbosity
@pass_ui
def command(ui: Ui, name: str | None, as_json: bool) -> int:
    """List plugins and their status, or everything about the plugin NAME.

    A plugin is a package with an entry point in the group `rnngen`, or a file named by
    `--plugin-path`. Installing a plugin means running its code; RNNGEN_PLUGINS, a list of names,
    says which may be loaded, and RNNGEN_DISABLE which may not.

    \b
    Examples:
      rnngen plugins
      rnngen plugins ewc
      RNNGEN_DISABLE=ewc rnngen plugins --json
    """
    from rnngen.kernel.catalog import get_catalog

    catalog = get_catalog()
    found = catalog.plugins if name is None else _named(catalog.plugins, name)
    for plugin in found:
        catalog.load_one(plugin, quiet=True)
    # Importing every component of every plugin would import whatever they need.
    look = _not_there if name is None else _not_imported
    missing = [look(plugin) for plugin in found]
    if as_json:
        ui.json([describe(*pair) for pair in zip(found, missing, strict=True)])
    elif name is None:
        ui.table(
            ["name", "version", "status", "distribution", "what"],
            [_row(*pair) for pair in zip(found, missing, strict=True)],
            cuts=["distribution", "what"],
        )
        if not found:
            ui.note("no plugin is installed; the built-in components work without one")
    else:
        for plugin, lacks in zip(found, missing, strict=True):
            ui.write(_all_about(plugin, lacks))
    if name is None:
        for line in _other_groups():
            ui.warn(line)
        return ExitCode.OK
    failed = any(plugin.status == "failed" for plugin in found)
    return ExitCode.PLUGIN if failed or any(missing) else ExitCode.OK


def describe(plugin: Plugin, missing: Mapping[str, str] | None = None) -> dict[str, Any]:
    """One plugin for programs; `missing` has the components that can't be used, and why."""
    missing = missing or {}
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "source": plugin.source,
        "status": _status(plugin, missing),
        "reason": plugin.reason or None,
        "hooks": list(plugin.hooks),
        "components": [
            {
                "kind": part.kind,
                "name": part.name,
                **({"missing": missing[str(part)]} if str(part) in missing else {}),
            }
            for part in plugin.components
        ],
        "traceback": plugin.traceback or None,
    }


def _named(plugins: list[Plugin], name: str) -> list[Plugin]:
    found = [plugin for plugin in plugins if plugin.answers_to(name)]
    if not found:
        names = sorted(plugin.name for plugin in plugins)
        near = suggest(name, names)
        available = f"installed: {', '.join(names)}" if names else "none is installed"
        raise PluginError(
            f"no plugin named `{name}`",
            hint=". ".join(
                [(f"did you mean `{near}`? " if near else "") + available, *_other_groups()]
            ),
        )
    return found


def _row(plugin: Plugin, missing: Mapping[str, str]) -> list[str]:
    """One line of the table; what its author wrote is cut, so that it leaves room for others."""
    return [
        cut(visible_line(plugin.name), 40),
        cut(visible_line(plugin.version), 20),
        _status(plugin, missing),
        cut(visible_line(plugin.distribution), 40),
        cut(visible_line(_what(plugin, missing)), 500),
    ]


def _status(plugin: Plugin, missing: Mapping[str, str]) -> str:
    return "missing" if missing else plugin.status


def _what(plugin: Plugin, missing: Mapping[str, str]) -> str:
    """Why it can't be used, or what it brings."""
    if plugin.reason:
        return plugin.reason
    lacks = [f"{part}: {reason}" for part, reason in missing.items()]
    whole = [f"{part.kind} {part.name}" for part in plugin.components if str(part) not in missing]
    return "; ".join([*lacks, *([", ".join(whole)] if whole else [])])


def _other_groups() -> list[str]:
    """What distributions register in groups that nobody reads, but whose names are near ours."""
    return [
        f"`{found.name}` has the entry point `{found.entry}` in the group `{found.group}`, where "
        f"it is not looked for: the group is `{GROUP}`"
        for found in misplaced(GROUP)
    ]


def _not_there(plugin: Plugin) -> dict[str, str]:
    """The components that can't be imported, as far as that is seen without importing them."""
    found = {str(part): why_missing(part) for part in plugin.components}
    return {name: reason for name, reason in found.items() if reason}


def _not_imported(plugin: Plugin) -> dict[str, str]:
    """The components whose code or options can't be imported, with the reason."""
    missing = {}
    for component in plugin.components:
        try:
            component.load()
            component.load_options()
        except RnngenError as error:
            missing[str(component)] = error.message
    return missing


def _all_about(plugin: Plugin, missing: Mapping[str, str]) -> str:
    facts = [
        ("name", plugin.name),
        ("distribution", plugin.distribution),
        ("version", plugin.version),
        ("source", plugin.source),
        ("status", _status(plugin, missing)),
        ("reason", plugin.reason),
        ("hooks", ", ".join(plugin.hooks)),
        *(
            ("component", f"{part}  {part.summary}".rstrip())
            for part in plugin.components
            if str(part) not in missing
        ),
        *(("missing", reason) for reason in missing.values()),
    ]
    text = "".join(f"{key:12}  {visible_line(value)}\n" for key, value in facts if value)
    return text + (f"\n{plugin.traceback}" if plugin.traceback else "")
