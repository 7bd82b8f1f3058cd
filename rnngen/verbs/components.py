"""Builds a component with options as a user or a program gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import build as build_options
from rnngen.kernel.assignments import assign, parse_assignments
from rnngen.kernel.component import Component


def build(component: Component, options: Mapping[str, Any] | Sequence[str] | None = None) -> Any:
    """The component, built.

    Args:
        component: from the catalog.
        options: `{"temperature": 0.7}` or `["temperature=0.7"]`, with or without the section.

    Raises:
        UsageError: there is no such option, or a value is wrong.
        PluginError: its plugin failed.
    """
    fields = component.load_options()
    section = component.name
    values: Mapping[str, Any]
    if isinstance(options, Mapping):
        values = {key.removeprefix(f"{section}."): value for key, value in options.items()}
    else:
        sections = {section: fields} if fields is not None else {}
        values = assign(sections, parse_assignments(options or ())).get(section, {})
    if fields is not None:
        values = vars(build_options(fields, values, str(component)))
    elif values:
        raise UsageError(f"{component} has no options, but `{next(iter(values))}` was given")
    return component.build(**values)
