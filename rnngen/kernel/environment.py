"""The environment variables of rnngen, and which of those that are set mean nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from rnngen.contracts.errors import RnngenError
from rnngen.contracts.options import describe, suggest
from rnngen.kernel.settings import variable_names

if TYPE_CHECKING:
    from rnngen.kernel.catalog import Catalog
    from rnngen.kernel.component import Component

PREFIX = "RNNGEN_"

VARIABLES = (
    "RNNGEN_CACHE",
    "RNNGEN_CACHE_SIZE",
    "RNNGEN_DEVICE",
    "RNNGEN_DISABLE",
    "RNNGEN_PLUGINS",
    "RNNGEN_SEED",
    "RNNGEN_STRICT",
)
"""Those that are not options of a section."""


def unknown(environment: Mapping[str, str], get_catalog: Callable[[], Catalog]) -> list[str]:
    """A sentence for each variable that begins with `RNNGEN_` and sets nothing.

    Components are asked for their options only where a variable may name one of theirs.
    """
    core = {*VARIABLES, *_of_core()}
    left = [name for name in environment if name.startswith(PREFIX) and name not in core]
    if not left:
        return []
    catalog = get_catalog()
    return [_sentence(name, catalog) for name in sorted(left) if not _known(name, catalog)]


def _known(name: str, catalog: Catalog) -> bool:
    for component in _named_by(name, catalog):
        try:
            if name in _of_component(component):
                return True
        except RnngenError:
            # What it has can't be told: its package is missing.
            return True
    return False


def _sentence(name: str, catalog: Catalog) -> str:
    known = [*VARIABLES, *_of_core()]
    for component in [*_named_by(name, catalog), *_nearly_named_by(name, catalog)]:
        with contextlib.suppress(RnngenError):
            known += _of_component(component)
    # Without what all of them begin with, which would make any two alike.
    near = suggest(name.removeprefix(PREFIX), [each.removeprefix(PREFIX) for each in known])
    mend = f"did you mean `{PREFIX}{near}`?" if near else "`rnngen config` lists every option"
    return f"the environment variable `{name}` sets nothing; {mend}"


def _named_by(name: str, catalog: Catalog) -> list[Component]:
    """The components whose section a variable may name, in its exact spelling."""
    from rnngen.kernel.component import PLURALS

    return [
        part
        for kind in PLURALS
        for part in catalog.components(kind)
        if name.startswith(_variable(part.name, ""))
    ]


def _nearly_named_by(name: str, catalog: Catalog) -> list[Component]:
    """The components whose section a variable may have misspelt."""
    from rnngen.kernel.component import PLURALS

    words = name.removeprefix(PREFIX).lower().split("_")
    everything = [part for kind in PLURALS for part in catalog.components(kind)]
    near = {
        suggest("_".join(words[:count]), [part.name for part in everything])
        for count in range(1, len(words))
    }
    return [part for part in everything if part.name in near]


def _of_core() -> list[str]:
    from rnngen.kernel.core_options import SECTIONS

    return [
        name
        for section, options in SECTIONS.items()
        for option in describe(options)
        for name in variable_names(section, option.name)
    ]


def _of_component(component: Component) -> Iterable[str]:
    options = component.load_options()
    if options is None:
        return []
    return [_variable(component.name, option.name) for option in describe(options)]


def _variable(section: str, name: str) -> str:
    return variable_names(section, name)[0]
