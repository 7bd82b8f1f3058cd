"""`rnngen list`: the available components."""

from __future__ import annotations

from typing import Any

import click

from rnngen.cli.layout import cut
from rnngen.cli.parameters import json_flag, pass_ui, verbosity
from rnngen.cli.terminal import visible_line
from rnngen.cli.ui import Ui
from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import suggest
from rnngen.kernel.component import PLURALS, Component


@click.command(name="list", short_help="List the available components.")
@click.argument(
    "kind", required=False, shell_complete=lambda ctx, param, text: complete_kinds(text)
)
@json_flag
@verbosity
@pass_ui
def command(ui: Ui, kind: str | None, as_json: bool) -> None:
    """List the available components.

    KIND is cells, domains, likelihoods, conditioners, engines, decoders, strategies, constraints,
    trackers, exporters or optimizers; without it, all are listed.

    \b
    Examples:
      rnngen list
      rnngen list cells
      rnngen list decoders --json
    """
    from rnngen.kernel.catalog import get_catalog

    catalog = get_catalog()
    kinds = list(PLURALS) if kind is None else [read_kind(kind)]
    found = [(name, part) for kind in kinds for name, part in catalog.named(kind)]
    if as_json:
        ui.json([describe(name, component) for name, component in found])
        return
    if kind is None:
        rows = [[part.kind, cut(name, 40), _from(part), _summary(part)] for name, part in found]
        ui.table(["kind", "name", "plugin", "summary"], rows, cuts=["summary"])
    else:
        ui.table(
            ["name", "plugin", "summary"],
            [[cut(name, 40), _from(part), _summary(part)] for name, part in found],
            cuts=["summary"],
        )
    if not found:
        ui.note(f"no {PLURALS[kinds[0]]}: they come with plugins (see `rnngen plugins`)")


def read_kind(text: str) -> str:
    """The kind, from its singular or plural; UsageError with the nearest one otherwise."""
    for kind, plural in PLURALS.items():
        if text in {kind, plural}:
            return kind
    near = suggest(text, [*PLURALS.values(), *PLURALS])
    raise UsageError(
        f"there is no kind of component called `{text}`",
        hint=(f"did you mean `{near}`? " if near else "") + f"kinds: {', '.join(PLURALS.values())}",
    )


def describe(name: str, component: Component) -> dict[str, Any]:
    """One component for programs."""
    return {
        "kind": component.kind,
        "name": name,
        "summary": component.summary,
        "plugin": component.plugin.name,
        "distribution": component.plugin.distribution,
        "version": component.plugin.version,
    }


def complete_kinds(incomplete: str) -> list[str]:
    """Plurals of the kinds."""
    return [plural for plural in PLURALS.values() if plural.startswith(incomplete)]


def _summary(component: Component) -> str:
    return cut(visible_line(component.summary), 200)


def _from(component: Component) -> str:
    if component.plugin.source == "rnngen.kernel.builtin":
        return ""
    return cut(visible_line(component.plugin.name), 40)
