"""`rnngen plugins`: which there are, how they are, and why one failed."""

from __future__ import annotations

from typing import Any

import click

from rnngen.cli.complete import complete_plugins
from rnngen.cli.parameters import json_flag, pass_ui, verbosity
from rnngen.component import Plugin
from rnngen.errors import ExitCode, PluginError
from rnngen.options import suggest
from rnngen.ui import Ui


@click.command(name="plugins", short_help="List plugins, and why one failed.")
@click.argument("name", required=False, shell_complete=complete_plugins)
@json_flag
@verbosity
@pass_ui
def command(ui: Ui, name: str | None, as_json: bool) -> int:
    """List plugins and their status, or all about the plugin NAME.

    A plugin is a package with an entry point in the group `rnngen`, or a file named by
    `--plugin-path`. Installing a plugin means running its code; RNNGEN_PLUGINS, a list of names,
    says which may be loaded, and RNNGEN_DISABLE which may not.

    \b
    Examples:
      rnngen plugins
      rnngen plugins ewc
      RNNGEN_DISABLE=ewc rnngen plugins --json
    """
    from rnngen.catalog import get_catalog

    catalog = get_catalog()
    found = catalog.plugins if name is None else _named(catalog.plugins, name)
    for plugin in found:
        catalog.load_one(plugin, quiet=True)
    if as_json:
        ui.json([describe(plugin) for plugin in found])
    elif name is None:
        ui.table(
            ["name", "version", "status", "distribution", "what"],
            [
                [plugin.name, plugin.version, plugin.status, plugin.distribution, _what(plugin)]
                for plugin in found
            ],
        )
        if not found:
            ui.note("no plugin is installed; the built-in components work without")
    else:
        for plugin in found:
            ui.write(_all_about(plugin))
    failed = name is not None and any(plugin.status == "failed" for plugin in found)
    return ExitCode.PLUGIN if failed else ExitCode.OK


def describe(plugin: Plugin) -> dict[str, Any]:
    """One plugin for programs."""
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "source": plugin.source,
        "status": plugin.status,
        "reason": plugin.reason or None,
        "hooks": list(plugin.hooks),
        "components": [{"kind": part.kind, "name": part.name} for part in plugin.components],
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


def _all_about(plugin: Plugin) -> str:
    facts = [
        ("name", plugin.name),
        ("distribution", plugin.distribution),
        ("version", plugin.version),
        ("source", plugin.source),
        ("status", plugin.status),
        ("reason", plugin.reason),
        ("hooks", ", ".join(plugin.hooks)),
        *(("component", f"{part}  {part.summary}".rstrip()) for part in plugin.components),
    ]
    text = "".join(f"{key:12}  {value}\n" for key, value in facts if value)
    return text + (f"\n{plugin.traceback}" if plugin.traceback else "")
