"""The options of a decoder and an engine, as a command that writes is given them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnngen.contracts.options import describe

if TYPE_CHECKING:
    from rnngen.kernel.config_file import Config


def writing_options(
    decoder: str, engine: str, assignments: Sequence[str], file: Config | None
) -> dict[str, Any]:
    """Of decoder and engine, by section and name: flags over environment over file over defaults.

    Raises:
        UsageError: there is no such decoder, engine or option, or a value is wrong.
    """
    from rnngen.kernel.catalog import get_catalog
    from rnngen.kernel.settings import resolve, section_types

    catalog = get_catalog()
    components = [catalog.find("decoder", decoder), catalog.find("engine", engine)]
    settings = resolve(
        section_types(components), assignments=assignments, environment=os.environ, file=file
    )
    return {
        f"{section}.{option.name}": getattr(settings[section], option.attribute)
        for section in settings
        for option in describe(type(settings[section]))
    }
