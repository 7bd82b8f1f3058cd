"""Completes `-o section.name=value`: the options of the components that a command line names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from rnngen.kernel.component import Component
    from rnngen.kernel.option_source import Known

NAMED = {
    ("model", "cell"): "cell",
    ("model", "conditioner"): "conditioner",
    ("train", "optimizer"): "optimizer",
}
"""Options of the core whose values are names of components."""

CHOSEN = {
    "cell": ("cell", "lstm"),
    "domain": ("domain", "text"),
    "optimizer": ("optimizer", "adamw"),
    "decoder": ("decoder", "sample"),
    "engine": ("engine", "torch"),
    "form": ("exporter", "onnx"),
}
"""The kind of component that a parameter names, and which one it is by default."""

OF_COMMAND = {
    "fit": ("cell", "domain", "optimizer"),
    "continual": ("cell", "domain", "optimizer"),
    "generate": ("decoder", "engine"),
    "chat": ("decoder", "engine"),
    "export": ("form",),
}
"""The components whose options a command takes."""


def complete_assignments(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Names of options up to their `=`, then values; files where the values can't be listed."""
    known = dict(_options(ctx))
    name, equals, value = incomplete.partition("=")
    if not equals:
        full = [key for key in known if key.startswith(incomplete)]
        bare = [key for key in known if key.rpartition(".")[2].startswith(incomplete)]
        texts = full or [key.rpartition(".")[2] for key in bare]
        helps = [known[key].help for key in full or bare]
        return [
            CompletionItem(f"{text}=", help=help) for text, help in zip(texts, helps, strict=True)
        ]
    for key, option in known.items():
        if key == name or ("." not in name and key.rpartition(".")[2] == name):
            kind = NAMED.get((key.rpartition(".")[0], option.name))
            choices = _names(kind) if kind else option.choices
            if choices:
                return [
                    CompletionItem(f"{name}={choice}")
                    for choice in choices
                    if choice.startswith(value)
                ]
    return [CompletionItem(value, type="file", before=f"{name}=")]


def light_components() -> list[Component]:
    """The components of the core and of bundled plugins, which are light."""
    from rnngen.kernel.catalog import get_catalog

    catalog = get_catalog()
    for plugin in catalog.plugins:
        if plugin.distribution == "rnngen":
            catalog.load_one(plugin, quiet=True)
    return [part for plugin in (catalog.builtin, *catalog.plugins) for part in plugin.components]


def _names(kind: str) -> tuple[str, ...]:
    return tuple(sorted({part.name for part in light_components() if part.kind == kind}))


def _options(ctx: click.Context) -> Iterator[tuple[str, Known]]:
    """Options by `section.name`, those of the core first."""
    from rnngen.kernel.core_options import SECTIONS
    from rnngen.kernel.option_source import known_options, options_of

    command = ctx.info_name or ""
    if command in ("fit", "continual"):
        for section, options in SECTIONS.items():
            yield from ((f"{section}.{known.name}", known) for known in known_options(options))
    for part in _chosen(ctx, OF_COMMAND.get(command, ())):
        for known in options_of(part):
            yield f"{part.name}.{known.name}", known


def _chosen(ctx: click.Context, parameters: tuple[str, ...]) -> Iterator[Component]:
    wanted = {
        (kind, str(ctx.params.get(parameter) or default))
        for parameter, (kind, default) in CHOSEN.items()
        if parameter in parameters
    }
    for field, kind in (("plugins", "strategy"), ("trackers", "tracker")):
        wanted |= {(kind, str(name)) for name in ctx.params.get(field) or ()}
    methods = str(ctx.params.get("compare") or "").replace("+", ",").split(",")
    wanted |= {("strategy", method) for method in methods}
    for part in light_components():
        if (part.kind, part.name) in wanted:
            yield part
