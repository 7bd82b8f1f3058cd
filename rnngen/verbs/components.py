"""Components with options as a user or a program gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import build as build_options
from rnngen.kernel.assignments import assign, parse_assignments
from rnngen.kernel.component import Component

Given = Mapping[str, Any] | Sequence[str] | None
"""`{"temperature": 0.7}` or `["temperature=0.7"]`, with or without the section."""


def build(component: Component, options: Given = None) -> Any:
    """The component, built.

    Raises:
        UsageError: there is no such option, or a value is wrong.
        PluginError: its plugin failed.
    """
    return component.build_with(options_of(component, options))


def options_of(component: Component, options: Given = None) -> Any:
    """The component's options as an instance of their dataclass; None where it has none.

    Raises:
        UsageError: there is no such option, or a value is wrong.
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
        return build_options(fields, values, str(component))
    if values:
        raise UsageError(f"{component} has no options, but `{next(iter(values))}` was given")
    return None


def parted(options: Given, name: str) -> tuple[Given, Given]:
    """The options of a decoder, and those of an engine or domain, which have its name before."""
    prefix = name.rpartition(":")[2] + "."
    if isinstance(options, Mapping):
        own = {key: value for key, value in options.items() if key.startswith(prefix)}
        return {key: value for key, value in options.items() if key not in own}, own
    texts = list(options or ())
    return (
        [text for text in texts if not text.startswith(prefix)],
        [text for text in texts if text.startswith(prefix)],
    )
