"""`rnngen plugins`: which are installed, their status, and why one failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from rnngen.cli.complete import complete_plugins
from rnngen.cli.parameters import json_flag, pass_ui, verbosity
from rnngen.cli.ui import Ui
from rnngen.contracts.errors import ExitCode, PluginError, RnngenError
from rnngen.contracts.options import suggest
from rnngen.kernel.component import Plugin


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
    # Trying every component of every plugin would import whatever they need.
    missing = {} if name is None else {plugin.name: _missing(plugin) for plugin in found}
    if as_json:
        ui.json([describe(plugin, missing.get(plugin.name, {})) for plugin in found])
    elif name is None:
        ui.table(
            ["name", "version", "status", "distribution", "what"],
            [
                [plugin.name, plugin.version, plugin.status, plugin.distribution, _what(plugin)]
                for plugin in found
            ],
        )
        if not found:
            ui.note("no plugin is installed; the built-in components work without one")
    else:
        for plugin in found:
            ui.write(_all_about(plugin, missing.get(plugin.name, {})))
    failed = name is not None and any(plugin.status == "failed" for plugin in found)
    return ExitCode.PLUGIN if failed or any(missing.values()) else ExitCode.OK


def describe(plugin: Plugin, missing: Mapping[str, str] | None = None) -> dict[str, Any]:
    """One plugin for programs; `missing` has the components that can't be used, and why."""
    missing = missing or {}
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "source": plugin.source,
        "status": plugin.status,
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
            hint=(f"did you mean `{near}`? " if near else "") + available,
        )
    return found


def _what(plugin: Plugin) -> str:
    if plugin.reason:
        return plugin.reason
    return ", ".join(f"{part.kind} {part.name}" for part in plugin.components)


def _missing(plugin: Plugin) -> dict[str, str]:
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
        ("status", plugin.status),
        ("reason", plugin.reason),
        ("hooks", ", ".join(plugin.hooks)),
        *(
            ("component", f"{part}  {part.summary}".rstrip())
            for part in plugin.components
            if str(part) not in missing
        ),
        *(("missing", reason) for reason in missing.values()),
    ]
    text = "".join(f"{key:12}  {value}\n" for key, value in facts if value)
    return text + (f"\n{plugin.traceback}" if plugin.traceback else "")
