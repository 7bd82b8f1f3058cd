"""A small explicit schema for the JSON this project reads back.

    SCHEMA = {"step": int, "files": Each({"sha256": str, "bytes": int}), "data": Maybe({...})}
    check(value, SCHEMA, "bundle.json")

A dict names the keys that must be there (others are let through), a type is checked exactly (an
`int` is not a `bool`, a `float` may be written as an integer), `Each` is a mapping or a list whose
values all look alike, `Maybe` a key that may be missing or null.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rnngen.contracts.errors import BundleError

NAMES = {
    int: "an integer",
    float: "a number",
    str: "text",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}


@dataclass(frozen=True)
class Maybe:
    """A value that may be missing or null."""

    schema: Any


@dataclass(frozen=True)
class Each:
    """An object (`kind=dict`) or a list (`kind=list`) of which every value follows `schema`."""

    schema: Any
    kind: type = dict


@dataclass(frozen=True)
class Where:
    """A value that follows `schema` and of which `holds` is true; `expected` says so in words."""

    schema: Any
    holds: Callable[[Any], bool]
    expected: str


def at_least(low: int) -> Where:
    """An integer that is not below `low`."""
    return Where(int, lambda value: value >= low, f"an integer of at least {low}")


def check(value: Any, schema: Any, where: str) -> None:
    """Compares `value` with `schema`.

    Raises:
        BundleError: what is at which place, and what was expected there.
    """
    if isinstance(schema, Where):
        check(value, schema.schema, where)
        if not schema.holds(value):
            raise _wrong(where, value, schema.expected)
    elif isinstance(schema, Maybe):
        if value is not None:
            check(value, schema.schema, where)
    elif isinstance(schema, Each):
        check(value, schema.kind, where)
        pairs = value.items() if schema.kind is dict else enumerate(value)
        for key, part in pairs:
            check(part, schema.schema, _at(where, key))
    elif isinstance(schema, dict):
        check(value, dict, where)
        for key, part in schema.items():
            if key in value or isinstance(part, Maybe):
                check(value.get(key), part, _at(where, key))
            else:
                raise BundleError(f"{where.rstrip(':,')} has no `{key}`", hint=_HINT)
    elif not _is(value, schema):
        raise _wrong(where, value, NAMES[schema])


_HINT = "the file was changed or is not ours; use an earlier copy of the folder"


def _is(value: Any, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _at(where: str, key: object) -> str:
    key = key if str(key).isprintable() else repr(key)
    return f"{where}, `{key}`," if not where.endswith("`,") else f"{where[:-2]}.{key}`,"


def _wrong(where: str, value: Any, expected: str) -> BundleError:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return BundleError(f"{where} is {shown}, expected {expected}", hint=_HINT)
