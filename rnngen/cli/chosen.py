"""The run a command works with, and the options of its decoder and engine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.cli.ui import Ui
from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import describe

if TYPE_CHECKING:
    from rnngen.bundles.bundle import Bundle
    from rnngen.kernel.config_file import Config

A_RUN = "a run is the folder that `rnngen fit` makes, for example `runs/NAME`"


def chosen_run(ui: Ui, run: Path | None, hint: str = A_RUN) -> Path:
    """The named run, or else the newest, whose name is then shown.

    Args:
        ui: where it is told.
        run: as named; None: the newest below `runs/`.
        hint: what to do if there is no such run.

    Raises:
        UsageError: there is none.
    """
    from rnngen.bundles.records import newest
    from rnngen.contracts.absent import absent

    if run is None:
        run = newest()
        ui.note(f"run {run}")
    elif not run.exists():
        if run.is_symlink():
            raise absent(run)
        raise UsageError(f"there is no run `{run}`", hint=hint)
    return run


def writing_options(
    bundle: Bundle,
    decoder: str,
    engine: str,
    assignments: Sequence[str],
    file: Config | None = None,
) -> dict[str, Any]:
    """The options of decoder and engine, by section and name: `sample.temperature`.

    Of the domain, those on how prompts are read that were given. Flags override the environment,
    which overrides the file.

    Raises:
        UsageError: there is no such decoder, engine or option, or a value is wrong.
    """
    from rnngen.kernel.catalog import get_catalog
    from rnngen.kernel.settings import resolve, section_types

    catalog = get_catalog()
    sections = section_types([catalog.find("decoder", decoder), catalog.find("engine", engine)])
    name, reading = domain_section(bundle)
    sections = {**sections, name: reading}
    if file is not None and name in file.sections:
        known = {option.name for option in describe(reading)}
        table = file.sections[name].items()
        own = {key: value for key, value in table if key.replace("-", "_") in known}
        file = replace(file, sections={**file.sections, name: own})
    settings = resolve(sections, assignments=assignments, environment=os.environ, file=file)
    return {
        f"{section}.{option.name}": getattr(settings[section], option.attribute)
        for section, options in sections.items()
        for option in describe(options)
        if section != name or settings.origin(name, option.name) != "default"
    }


def domain_section(bundle: Bundle) -> tuple[str, type]:
    """The section of a model's domain, and its options that a finished model may change."""
    from rnngen.kernel.catalog import get_catalog
    from rnngen.kernel.reading import reading_options

    domain = get_catalog().find("domain", bundle.manifest.domain.name)
    return domain.name, reading_options(domain)
