"""What commands that write with a model share: their options, and what those mean together."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.cli.chosen import named_run
from rnngen.cli.parameters import (
    F,
    config_option,
    decoder_option,
    device_option,
    engine_option,
    option_assignments,
    seed_option,
)
from rnngen.cli.spelled import WRITING, spelled_options
from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import describe
from rnngen.kernel.assignments import parse_assignments

if TYPE_CHECKING:
    from rnngen.bundles.bundle import Bundle
    from rnngen.kernel.catalog import Component
    from rnngen.kernel.config_file import Config


NONE: Mapping[str, type] = {}


def writing_options(seed: str) -> Callable[[F], F]:
    """Adds `--decoder`, `--engine`, `-o` and its spellings, `--seed`, `--device`, `--config`.

    Args:
        seed: the help of `--seed`.
    """

    def decorate(command: F) -> F:
        for add in (
            config_option,
            device_option,
            seed_option(seed),
            option_assignments("sample.temperature=0.7"),
            spelled_options(WRITING),
            engine_option,
            decoder_option,
        ):
            command = add(command)
        return command

    return decorate


@dataclass(frozen=True)
class Writing:
    """What writes: a run, and how.

    Args:
        run: as it was named; None: the newest.
        decoder: its name.
        components: decoder and engine.
        assignments: of `-o`.
        file: the configuration.
    """

    run: Path | None
    decoder: str
    components: Sequence[Component]
    assignments: Sequence[str]
    file: Config | None

    def options(self, bundle: Bundle) -> dict[str, Any]:
        """The options by section and name: `sample.temperature`.

        Of the domain, those on how prompts are read that were given. Assignments override the
        environment, which overrides the file.

        Raises:
            UsageError: there is no such option, or a value is wrong.
        """
        from rnngen.bundles.rebuild import find
        from rnngen.kernel.reading import reading_options

        domain = find(bundle.manifest, "domain", bundle.manifest.domain.name)
        name, reading = domain.name, reading_options(domain)
        file = self.file
        if file is not None and name in file.sections:
            known = {option.name for option in describe(reading)}
            table = file.sections[name].items()
            own = {key: value for key, value in table if key.replace("-", "_") in known}
            file = replace(file, sections={**file.sections, name: own})
        return options_of(self.components, self.assignments, file, {name: reading})


def read_writing(
    command: str,
    run: Path | None,
    *,
    decoder: str | None,
    engine: str,
    assignments: Sequence[str],
    config: Path | None,
) -> Writing:
    """What the command line says, then the environment, then the configuration.

    Args:
        command: whose table of the configuration counts, `generate`.
        run: as named on the command line.
        decoder: likewise.
        engine: likewise.
        assignments: of `-o`.
        config: the configuration file; None: that of the working folder.

    Raises:
        UsageError: there is no such decoder or engine, or the decoder lacks an option.
    """
    from rnngen.kernel.catalog import get_catalog
    from rnngen.kernel.config_file import find_config

    file, catalog = find_config(config), get_catalog()
    table = file.command(command) if file else {}
    decoder = decoder or table.get("decoder", "sample")
    components = [catalog.find("decoder", decoder), catalog.find("engine", engine)]
    _check_has(decoder, components, assignments)
    return Writing(named_run(run, table), decoder, components, assignments, file)


def options_of(
    components: Sequence[Component],
    assignments: Sequence[str],
    file: Config | None,
    given: Mapping[str, type] = NONE,
) -> dict[str, Any]:
    """The options of components by section and name: `sample.temperature`.

    Assignments override the environment, which overrides the file.

    Args:
        components: whose options are known.
        assignments: of `-o`.
        file: the configuration.
        given: further sections, of which only what somebody set is returned.

    Raises:
        UsageError: there is no such option, or a value is wrong.
    """
    from rnngen.kernel.settings import resolve, section_types

    sections = {**section_types(components), **given}
    settings = resolve(sections, assignments=assignments, environment=os.environ, file=file)
    return {
        f"{section}.{option.name}": getattr(settings[section], option.attribute)
        for section, options in sections.items()
        for option in describe(options)
        if section not in given or settings.origin(section, option.name) != "default"
    }


def _check_has(decoder: str, components: Sequence[Component], assignments: Sequence[str]) -> None:
    """Refuses what other decoders have, and names what this one has."""
    from rnngen.kernel.settings import section_types

    sections = section_types(components)
    names = [option.name for options in sections.values() for option in describe(options)]
    known = {spelling.name: spelling.flags[0] for spelling in WRITING}
    for said in parse_assignments(assignments):
        if said.section is None and said.name in known and said.name not in names:
            raise UsageError(
                f"the decoder `{decoder}` has no option `{said.name}` (`{known[said.name]}`)",
                hint=f"it has: {', '.join(names)}" if names else "it has no options",
            )
