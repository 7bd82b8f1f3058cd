"""The options that say how data is read: of every domain `damaged`, and what its `reading` names.

They are options of the domain like others, so they are settled and recorded with it; a finished
model may read other data with other values.
"""

from __future__ import annotations

import typing
from dataclasses import field, fields, make_dataclass
from typing import Any

from rnngen.contracts.domain import Domain
from rnngen.kernel.component import Component
from rnngen.kernel.damaged_option import DAMAGED


def domain_class(domain: Component) -> type[Domain]:
    """Where a domain says what suits it, before it is built; a function that builds one can't."""
    target = domain.load()
    return target if isinstance(target, type) else Domain


def formerly(domain: Component) -> dict[str, Any]:
    """What its options were in bundles that do not name them."""
    whole: Any = domain.load_options()
    names = {part.name for part in fields(whole)}
    return {key: value for key, value in domain_class(domain).formerly.items() if key in names}


def reading_options(domain: Component) -> type:
    """The dataclass of those options of a domain that a finished model may change."""
    whole: Any = domain.load_options()
    names = {DAMAGED, *domain_class(domain).reading}
    hints = typing.get_type_hints(whole)
    parts = [
        (part.name, hints[part.name], field(default=part.default, metadata=part.metadata))
        for part in fields(whole)
        if part.name in names
    ]
    return make_dataclass("Reading", parts, frozen=True)
