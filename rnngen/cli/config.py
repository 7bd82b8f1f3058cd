"""`rnngen config`: a configuration file to start from."""

from __future__ import annotations

import os
from pathlib import Path

import click

from rnngen.cli.parameters import config_option, pass_ui, verbosity
from rnngen.cli.ui import Ui
from rnngen.contracts.errors import UsageError


@click.command(name="config", short_help="Write a configuration file with every default.")
@click.option("--defaults", is_flag=True, help="Every option with its default.")
@config_option
@verbosity
@pass_ui
def command(ui: Ui, defaults: bool, config: Path | None) -> None:
    """Write all options as TOML to stdout: as they would be here, or with `--defaults`.

    Without `--defaults`, the values are those of ./rnngen.toml (or `[tool.rnngen]` of
    ./pyproject.toml) and of the environment, and a comment says where each came from. An option
    `name` of section `section` is the variable RNNGEN_SECTION_NAME.

    \b
    Examples:
      rnngen config --defaults > rnngen.toml
      RNNGEN_SEED=3 rnngen config
    """
    from rnngen.kernel import config_file, settings
    from rnngen.kernel.catalog import get_catalog

    if defaults and config is not None:
        raise UsageError(
            "`--defaults` reads no file, so it can't be combined with `--config`",
            hint="leave one of them out",
        )
    file = None if defaults else config_file.find_config(config)
    sections = get_catalog().option_sections(warn=ui.warn)
    resolved = settings.resolve(sections, environment={} if defaults else os.environ, file=file)
    ui.write(settings.to_toml(resolved, file.commands if file else None))
