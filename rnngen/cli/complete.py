"""What a shell is offered; imports neither torch nor plugins that are not bundled.

Bundled plugins are asked, since they must be light; of other plugins only the names are known. An
item of the type `path` is a path by itself; for `file` and `dir` the shell lists what begins like
their value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click
from click.shell_completion import CompletionItem

Items = list[CompletionItem[str]]
Completer = Callable[[click.Context, click.Parameter, str], Items]

RUNS = Path("runs")

MARKS = ("bundle.json", "run.json", "checkpoint.json")
"""Any of these makes a folder a run; `rnngen.bundles`, which says so, imports numpy."""

CORPUS = "corpus:"


def names_of(kind: str) -> Completer:
    """Completes names of the components of a kind."""
    return lambda ctx, param, incomplete: starting(incomplete, light_names(kind))


def values(*choices: str) -> Completer:
    """Completes one of these."""
    return lambda ctx, param, incomplete: starting(incomplete, choices)


def complete_strategies(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Names of strategies, and of plugins."""
    return starting(incomplete, [*light_names("strategy"), *_plugins()])


def complete_methods(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Names of strategies, joined by commas and `+`."""
    before = incomplete[: max(incomplete.rfind(","), incomplete.rfind("+")) + 1]
    return starting(incomplete, [before + name for name in light_names("strategy")])


def complete_plugins(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Names of plugins."""
    return starting(incomplete, _plugins())


def complete_corpora(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Names of corpora."""
    from rnngen.data import corpora

    return starting(incomplete, corpora.names())


def complete_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Files and folders."""
    return [CompletionItem(incomplete, type="file")]


def complete_folders(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Folders."""
    return [CompletionItem(incomplete, type="dir")]


def complete_data(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Files and folders, and corpora after `corpus:`."""
    from rnngen.data import corpora

    if incomplete.startswith(CORPUS):
        return starting(incomplete, [CORPUS + name for name in corpora.names()])
    return [*starting(incomplete, [CORPUS]), CompletionItem(incomplete, type="file")]


def complete_runs(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Runs in `runs/`, newest first; where none begins like this, any folder."""
    found = [path for path in _runs() if path.startswith(incomplete)]
    if found:
        return [CompletionItem(path, type="path") for path in found]
    return [CompletionItem(incomplete, type="dir")]


def complete_shown(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Runs, components and, for the first word, kinds."""
    from rnngen.kernel.component import PLURALS

    before: tuple[str, ...] = ctx.params.get("names") or ()
    for kind, plural in PLURALS.items():
        if before and before[0] in {kind, plural}:
            return starting(incomplete, light_names(kind))
    every = [name for kind in PLURALS for name in light_names(kind)]
    return [
        *starting(incomplete, sorted({*PLURALS, *every})),
        *complete_runs(ctx, param, incomplete),
    ]


def light_names(kind: str) -> list[str]:
    """Names of the components of a kind, of the core and of bundled plugins."""
    from rnngen.cli.complete_options import light_components

    return sorted({part.name for part in light_components() if part.kind == kind})


def starting(incomplete: str, names: Iterable[str]) -> Items:
    """Those of the names that begin like what is typed, in their order."""
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _plugins() -> list[str]:
    from rnngen.kernel.catalog import get_catalog

    return sorted({plugin.name for plugin in get_catalog().plugins})


def _runs() -> Iterator[str]:
    if not RUNS.is_dir():
        return
    for folder in sorted(RUNS.iterdir(), reverse=True):
        if any((folder / mark).is_file() for mark in MARKS):
            yield str(folder)
