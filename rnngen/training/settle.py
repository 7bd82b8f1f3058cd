"""Merges what the user wants with the file, the parent bundle and the defaults."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rnngen.bundles.bundle import Bundle
from rnngen.contracts.errors import UsageError
from rnngen.kernel.assignments import parse_assignments
from rnngen.kernel.catalog import Component, get_catalog
from rnngen.kernel.config_file import Config
from rnngen.kernel.core_options import DROPOUTS, SECTIONS
from rnngen.kernel.damaged_option import DAMAGED
from rnngen.kernel.reading import domain_class, formerly
from rnngen.kernel.settings import Said, Settings, section_types
from rnngen.kernel.strategies import resolve as resolve_strategies
from rnngen.training.going_on import options_of
from rnngen.training.tracking import chosen, named
from rnngen.training.wanted import Wanted


def domain_name_of(wanted: Wanted, start: Bundle | None) -> str:
    """The domain that was asked for, else the parent bundle's, else text.

    Raises:
        UsageError: the parent bundle's is another one.
    """
    if start is None:
        return "text" if wanted.domain is None else wanted.domain
    its: str = start.manifest["domain"]["name"]
    if wanted.domain not in (None, its):
        raise UsageError(
            f"`{start.path}` is a model of the domain `{its}`, not `{wanted.domain}`",
            hint="leave `--domain` out, or train a new model without `--from`",
        )
    return its


def with_file(wanted: Wanted, file: Config | None) -> Wanted:
    """Takes what the user did not say from the configuration file's `[fit]`."""
    table = file.command("fit") if file else {}
    return replace(
        wanted,
        data=wanted.data or table.get("data", ()),
        plugins=wanted.plugins or table.get("plugins", ()),
        arrangement=_read_arrangement(table.get("arrangement"))
        if wanted.arrangement is None
        else wanted.arrangement,
        domain=table.get("domain") if wanted.domain is None else wanted.domain,
        trackers=chosen(wanted.trackers or table.get("trackers", ())),
        run=Path(table["run"]) if wanted.run is None and "run" in table else wanted.run,
    )


def _read_arrangement(texts: Sequence[str] | None) -> list[list[int]] | None:
    """`["0", "1+2"]` as numbers; how `Plan.toml` writes it."""
    if texts is None:
        return None
    try:
        return [[int(number) for number in text.split("+")] for text in texts]
    except ValueError:
        raise UsageError(
            f"`fit.arrangement` is {list(texts)}, expected numbers of data arguments",
            hint='write it as `arrangement = ["0", "1+2"]`',
        ) from None


def settle(
    wanted: Wanted,
    file: Config | None,
    start: Bundle | None,
    environment: Mapping[str, str] | None = None,
    *,
    keep: bool = False,
) -> tuple[Settings, str, list[Component]]:
    """The settings, the domain's name, and the components: domain, cell, optimizer, strategies.

    What the environment says is read from `environment`, by default the process's own. With `keep`,
    the strategies' options are by default what they were in `start`. For a run that resumes there
    is none: what its file does not name of the domain is what it was before that existed.

    Which sections there are depends on the components chosen, and those are options themselves: so
    the names of components are read first, then all.
    """
    catalog = get_catalog()
    resumed = environment is not None
    environment = os.environ if environment is None else environment
    domain_name = domain_name_of(wanted, start)
    inherited = (
        _inherited(start) if start else domain_class(catalog.find("domain", domain_name)).defaults
    )
    if resumed:
        before = formerly(catalog.find("domain", domain_name))
        inherited = {**inherited, domain_name: {**inherited.get(domain_name, {}), **before}}
    said = Said(wanted.flags, parse_assignments(wanted.options), environment, file, inherited)
    components = [
        catalog.find("domain", domain_name),
        catalog.find("cell", said.value("model", "cell")),
        catalog.find("optimizer", said.value("train", "optimizer")),
        *resolve_strategies(catalog, wanted.plugins),
    ]
    if start is not None and keep:
        strategies = {part.name: part for part in components if part.kind == "strategy"}
        kept = {name: options_of(start, part) for name, part in strategies.items()}
        said = replace(said, inherited={**said.inherited, **kept})
    conditioner = catalog.find("conditioner", said.value("model", "conditioner"))
    active = [*components, conditioner, *named(wanted.trackers)]
    settings = said.resolve({**SECTIONS, **section_types(active)}, _known(file))
    if start is not None:
        free = {("model", name) for name in DROPOUTS}
        own = domain_class(components[0])
        free |= {(domain_name, name) for name in (DAMAGED, *own.changeable)}
        _check_unchanged(settings, inherited, start, free)
    return settings, components[0].name, components


def _known(file: Config | None) -> Callable[[], set[str]] | None:
    """The sections that a file may have, if some are of trackers that are gone; else None."""
    trackers = [] if file is None else file.command("fit").get("trackers", [])
    there = get_catalog().sections()
    if all(name in there for name in trackers):
        return None
    return lambda: {*there, *trackers}


def _inherited(start: Bundle) -> dict[str, dict[str, Any]]:
    """What a model that goes on learning can't change: its shape and its codec."""
    model = dict(start.manifest["model"])
    cell_options = model.pop("cell_options")
    # A bundle of 0.1.0 names none: it means the window.
    model.setdefault("conditioner", "window")
    conditioner_options = model.pop("conditioner_options", {})
    for made in ("size", "condition", "parameters"):
        model.pop(made, None)
    domain = start.manifest.domain
    before = formerly(get_catalog().find("domain", domain.name))
    return {
        "model": model,
        model["cell"].rpartition(":")[2]: cell_options,
        model["conditioner"].rpartition(":")[2]: conditioner_options,
        domain.name: {**before, **domain.options},
    }


def _check_unchanged(
    settings: Settings,
    inherited: Mapping[str, Mapping[str, Any]],
    start: Bundle,
    free: Collection[tuple[str, str]],
) -> None:
    for section, values in inherited.items():
        for name, value in values.items():
            now = getattr(settings[section], name) if section in settings else value
            if now != value and (section, name) not in free:
                raise UsageError(
                    f"`{section}.{name}` is {now!r}, but the model of `{start.path}` was made with "
                    f"{value!r}",
                    hint="leave it out, or train a new model without `--from`",
                )
