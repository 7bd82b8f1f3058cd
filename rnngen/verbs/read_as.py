"""A bundle that reads other data, and prompts, with other options than it was trained with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnngen.bundles.bundle import Bundle
from rnngen.bundles.rebuild import find
from rnngen.contracts.options import coerce, describe, unknown_option
from rnngen.kernel.assignments import assign, parse_assignments
from rnngen.kernel.reading import reading_options
from rnngen.verbs.components import Given


def read_as(bundle: Bundle, options: Given) -> Bundle:
    """The bundle, whose domain reads other data with these options: `{"text.unseen": "skip"}`.

    Raises:
        UsageError: the domain has no such option, it can't be changed, or a value is wrong.
    """
    if not options:
        return bundle
    section = bundle.manifest.domain.name
    known = reading_options(find(bundle.manifest, "domain", section))
    section = section.rpartition(":")[2]
    if not isinstance(options, Mapping):
        return bundle.reading(assign({section: known}, parse_assignments(options))[section])
    fields = {field.name: field for field in describe(known)}
    values: dict[str, Any] = {}
    for key, value in options.items():
        name = key.removeprefix(f"{section}.").replace("-", "_")
        where = f"section `{section}` of a finished model"
        if name not in fields:
            raise unknown_option(name, fields, where)
        values[name] = coerce(fields[name], value, where)
    return bundle.reading(values)
