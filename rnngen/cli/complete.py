"""Shell completion; imports neither torch nor plugins that are not bundled.

Bundled plugins are asked, since they must be light; of other plugins only the names are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rnngen.kernel.catalog import Catalog

RUNS = Path("runs")


def complete_cells(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of cells."""
    return _starting(incomplete, _light_names("cell"))


def complete_domains(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of domains."""
    return _starting(incomplete, _light_names("domain"))


def complete_decoders(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of decoders."""
    return _starting(incomplete, _light_names("decoder"))


def complete_engines(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of engines."""
    return _starting(incomplete, _light_names("engine"))


def complete_optimizers(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of optimizers."""
    return _starting(incomplete, _light_names("optimizer"))


def complete_strategies(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of strategies, and of plugins."""
    from rnngen.kernel.catalog import get_catalog

    plugins = [plugin.name for plugin in get_catalog().plugins]
    return _starting(incomplete, [*_light_names("strategy"), *plugins])


def complete_plugins(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of plugins."""
    from rnngen.kernel.catalog import get_catalog

    return _starting(incomplete, [plugin.name for plugin in get_catalog().plugins])


def complete_corpora(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of corpora."""
    from rnngen.data import corpora

    return _starting(incomplete, corpora.names())


def complete_shown(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Runs, components and, for the first word, kinds."""
    from rnngen.kernel.component import PLURALS

    before: tuple[str, ...] = ctx.params.get("names") or ()
    for kind, plural in PLURALS.items():
        if before and before[0] in {kind, plural}:
            return _starting(incomplete, _light_names(kind))
    every = [name for kind in PLURALS for name in _light_names(kind)]
    return [*_starting(incomplete, [*PLURALS, *every]), *complete_runs(ctx, param, incomplete)]


def complete_runs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Folders in `runs/` that hold a model, newest first; else whatever folder is typed."""
    return [path for path in _runs() if path.startswith(incomplete)]


def _runs() -> Iterator[str]:
    if not RUNS.is_dir():
        return
    for folder in sorted(RUNS.iterdir(), reverse=True):
        if (folder / "bundle.json").is_file():
            yield str(folder)


def _light_names(kind: str) -> Iterator[str]:
    from rnngen.kernel.catalog import get_catalog

    catalog = get_catalog()
    _load_bundled(catalog)
    for plugin in (catalog.builtin, *catalog.plugins):
        yield from (part.name for part in plugin.components if part.kind == kind)


def _load_bundled(catalog: Catalog) -> None:
    for plugin in catalog.plugins:
        if plugin.distribution == "rnngen":
            catalog.load_one(plugin)


def _starting(incomplete: str, names: Iterable[str]) -> list[str]:
    return sorted({name for name in names if name.startswith(incomplete)})
