"""`rnngen show`: the model card of a run, or a component and its options."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import click

from rnngen.cli.complete import complete_shown
from rnngen.cli.list import describe, read_kind
from rnngen.cli.parameters import json_flag, pass_ui, verbosity
from rnngen.cli.terminal import visible_line
from rnngen.cli.ui import Ui
from rnngen.contracts.absent import absent
from rnngen.contracts.errors import RnngenError, UsageError
from rnngen.contracts.options import OptionField, suggest
from rnngen.contracts.options import describe as describe_options
from rnngen.kernel.component import PLURALS, Component


@click.command(name="show", short_help="Show a run's model card, or a component and its options.")
@click.argument("names", nargs=-1, metavar="[RUN | [KIND] NAME]", shell_complete=complete_shown)
@json_flag
@verbosity
@pass_ui
def command(ui: Ui, names: tuple[str, ...], as_json: bool) -> None:
    """Show a run's model card, or a component and its options.

    Without an argument, the newest run is shown. A word that is both a folder and a component is
    the folder; write its kind before it for the component.

    \b
    Examples:
      rnngen show
      rnngen show runs/2026-05-02-book-gru
      rnngen show cell gru
      rnngen show sample --json
    """
    if len(names) == 2:
        from rnngen.kernel.catalog import get_catalog

        components = [get_catalog().find(read_kind(names[0]), names[1])]
    elif len(names) > 2:
        raise UsageError("too much to show at once", hint="name a run, or a kind and a name")
    elif not names or Path(names[0]).exists() or "/" in names[0]:
        from rnngen.cli import card_page

        card_page.show(Path(names[0]) if names else None, ui, json=as_json)
        return
    else:
        components = find_anywhere(names[0])
    if as_json:
        ui.json([_for_programs(component) for component in components])
    else:
        ui.write("\n".join(map(_page, components)))


def find_anywhere(name: str) -> list[Component]:
    """The components of any kind with that name; built-in ones are found without plugins.

    Raises:
        UsageError: there is none, and no such folder either.
    """
    from rnngen.kernel.catalog import get_catalog

    catalog = get_catalog()
    found = [part for part in catalog.builtin.components if part.name == name]
    if found:
        return found
    everything = {other: part for kind in PLURALS for other, part in catalog.named(kind)}
    found = [part for kind in PLURALS for other, part in catalog.named(kind) if other == name]
    if found:
        return found
    near = suggest(name, everything)
    if Path(name).is_symlink():
        raise absent(Path(name))
    raise UsageError(
        f"there is no run and no component called `{name}`",
        hint=(f"did you mean `{near}`? " if near else "")
        + "`rnngen list` shows the components; a run is the path of a folder",
    )


def _for_programs(component: Component) -> dict[str, Any]:
    try:
        options = component.load_options()
        component.load()
        error = None
    except RnngenError as problem:
        options, error = None, problem.message
    return {
        **describe(component.name, component),
        "target": _address(component),
        "file": _file(component),
        "options": [_option(option) for option in describe_options(options)] if options else [],
        "advice": _advice(options),
        "error": error,
    }


def _option(option: OptionField) -> dict[str, Any]:
    default = option.default
    return {
        "name": option.name,
        "type": option.type_name,
        "default": str(default) if isinstance(default, Path) else default,
        "min": option.min,
        "max": option.max,
        "help": option.help,
    }


def _page(component: Component) -> str:
    """What people read: whatever its author wrote, a line stays a line."""
    return "".join(f"{visible_line(line)}\n" for line in _for_people(component))


def _for_people(component: Component) -> list[str]:
    plugin = component.plugin
    lines = [f"{component.kind} {component.name}"]
    if component.summary:
        lines.append(f"  {component.summary}")
    try:
        options = component.load_options()
        component.load()
        error = None
    except RnngenError as problem:
        options, error = None, problem
    lines += [
        f"  plugin   {plugin.name} ({plugin.distribution} {plugin.version})".replace(" )", ")"),
        f"  target   {_address(component)}",
        f"  file     {_file(component)}",
    ]
    if error is not None:
        return [
            *lines,
            "",
            f"It can't be used: {error.message}",
            *([error.hint] if error.hint else []),
        ]
    for paragraph in _advice(options):
        lines += ["", paragraph]
    lines += ["", "Options" if options else "It has no options."]
    for option in describe_options(options) if options else []:
        bounds = [f"{name} {value}" for name, value in _bounds(option) if value is not None]
        default = "none" if option.default is None else option.default
        facts = [option.type_name, f"default {default}", *bounds]
        lines += [f"  -o {component.name}.{option.name}=...", f"      {option.help}"]
        lines.append(f"      ({', '.join(facts)})")
    return lines


def _advice(options: type | None) -> list[str]:
    """What the options' docstring says after its first line: what to expect, when to use it."""
    paragraphs = (inspect.getdoc(options) or "").split("\n\n") if options else []
    return [" ".join(paragraph.split()) for paragraph in paragraphs[1:]]


def _file(component: Component) -> str | None:
    """Where its code is, if that could be imported; else where its plugin is."""
    module = sys.modules.get(_address(component).partition(":")[0])
    return getattr(module, "__file__", None) or component.plugin.file


def _bounds(option: OptionField) -> list[tuple[str, float | None]]:
    return [("at least", option.min), ("at most", option.max)]


def _address(component: Component) -> str:
    target = component.target
    return target if isinstance(target, str) else f"{target.__module__}:{target.__qualname__}"
