"""What the user wants, merged with file, parent bundle and defaults."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rnngen.bundles.bundle import Bundle
from rnngen.contracts.errors import UsageError
from rnngen.kernel.assignments import parse_assignments
from rnngen.kernel.catalog import Component, get_catalog
from rnngen.kernel.config_file import Config
from rnngen.kernel.core_options import DROPOUTS, SECTIONS
from rnngen.kernel.settings import Said, Settings, section_types
from rnngen.kernel.strategies import resolve as resolve_strategies


@dataclass(frozen=True)
class Wanted:
    """What the user asked for; what is None or empty was not said.

    Args:
        data: files, folders, patterns, `-`, `corpus:NAME`; several are one corpus, or under a
            strategy tasks in a row.
        valid: files to validate on instead of a part of the data.
        domain: name of the domain.
        plugins: strategies, or plugins that bring some, in order.
        arrangement: which data arguments are learned together, by number, task by task; with it
            each argument is a data set of its own, and all are measured after each task.
        flags: options by section.
        options: `name=value` texts.
        config: configuration file; None looks for `rnngen.toml`.
        start: a bundle to go on from (`--from`).
    """

    data: Sequence[str] = ()
    valid: Sequence[str] = ()
    domain: str | None = None
    plugins: Sequence[str] = ()
    arrangement: Sequence[Sequence[int]] | None = None
    flags: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    options: Sequence[str] = ()
    config: Path | None = None
    start: Path | None = None


def _domain_name(wanted: Wanted, start: Bundle | None) -> str:
    return wanted.domain or (start.manifest["domain"]["name"] if start else "text")


def _with_file(wanted: Wanted, file: Config | None) -> Wanted:
    """What the configuration file's `[fit]` says, where the command line is silent."""
    table = file.command("fit") if file else {}
    return replace(
        wanted,
        data=wanted.data or table.get("data", ()),
        plugins=wanted.plugins or table.get("plugins", ()),
        arrangement=_read_arrangement(table.get("arrangement"))
        if wanted.arrangement is None
        else wanted.arrangement,
        domain=wanted.domain or table.get("domain"),
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
) -> tuple[Settings, str, list[Component]]:
    """The settings, the domain's name, and the components: domain, cell, optimizer, strategies.

    What the environment says is read from `environment`, by default the process's own.

    Which sections there are depends on the components chosen, and those are options themselves: so
    the names of components are read first, then all.
    """
    catalog = get_catalog()
    environment = os.environ if environment is None else environment
    domain_name = _domain_name(wanted, start)
    inherited = _inherited(start) if start else _defaults(catalog.find("domain", domain_name))
    said = Said(wanted.flags, parse_assignments(wanted.options), environment, file, inherited)
    components = [
        catalog.find("domain", domain_name),
        catalog.find("cell", said.value("model", "cell")),
        catalog.find("optimizer", said.value("train", "optimizer")),
        *resolve_strategies(catalog, wanted.plugins),
    ]
    conditioner = catalog.find("conditioner", said.value("model", "conditioner"))
    settings = said.resolve({**SECTIONS, **section_types([*components, conditioner])})
    if start is not None:
        changeable = getattr(components[0].load(), "changeable", ("valid", "split"))
        free = {("model", name) for name in DROPOUTS}
        free |= {(domain_name, name) for name in changeable}
        _check_unchanged(settings, inherited, start, free)
    return settings, components[0].name, components


def _defaults(domain: Component) -> Mapping[str, Mapping[str, Any]]:
    """What suits a domain better than the defaults of the core."""
    found: Mapping[str, Mapping[str, Any]] = getattr(domain.load(), "defaults", {})
    return found


def _inherited(start: Bundle) -> dict[str, dict[str, Any]]:
    """What a model that goes on learning can't change: its shape and its codec."""
    model = dict(start.manifest["model"])
    cell_options = model.pop("cell_options")
    # A bundle of 0.1.0 names none: it means the window.
    model.setdefault("conditioner", "window")
    conditioner_options = model.pop("conditioner_options", {})
    for made in ("size", "condition", "parameters"):
        model.pop(made, None)
    domain = start.manifest["domain"]
    return {
        "model": model,
        model["cell"].rpartition(":")[2]: cell_options,
        model["conditioner"].rpartition(":")[2]: conditioner_options,
        domain["name"]: dict(domain["options"] or {}),
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


def absolute(argument: str) -> str:
    """A data argument that means the same from any folder."""
    if argument == "-" or argument.startswith("corpus:"):
        return argument
    return str(Path(argument).expanduser().absolute())
