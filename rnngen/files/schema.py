"""A small explicit schema for the JSON this project reads back.

    SCHEMA = {"step": int, "files": Each({"sha256": str, "bytes": int}), "data": Maybe({...})}
    check(value, SCHEMA, "bundle.json")

A dict names the keys that must be there (others are let through), a type is checked exactly (an
`int` is not a `bool`, a `float` may be written as an integer), `Each` is a mapping or a list whose
values all look alike, `Maybe` a key that may be missing or null, `Any` lets everything through.

The fields of a dataclass are a schema, too, and `make` checks a value and builds the dataclass:

    @dataclass(frozen=True)
    class Entry:
        sha256: str
        bytes: Annotated[int, at_least(0)]     # what `Annotated` names replaces the type's schema
        note: str | None = None                # a field with a default may be missing or null

    make(Entry, {"sha256": "...", "bytes": 12}, "bundle.json")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from rnngen.contracts.errors import BundleError

T = TypeVar("T")

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
    if schema is Any:
        return
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


def make(kind: Callable[..., T], value: Any, where: str, **given: Any) -> T:
    """Builds the dataclass `kind` from JSON, checked by the types of its fields.

    Args:
        kind: its fields are of JSON's types, `Any`, `X | None`, `Mapping[str, X]`, `list[X]`, or
            dataclasses again.
        value: as JSON gave it.
        where: for the message.
        given: fields that are not in the JSON.

    Raises:
        BundleError: what is at which place, and what was expected there.
    """
    read = {key: part for key, part in _schema(kind).items() if key not in given}
    check(value, read, where)
    made: T = _built(kind, value, given)
    return made


def _built(kind: Any, value: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    hints = _hints(kind)
    found = {
        field.name: _value(hints[field.name], value[field.name])
        for field in _of_json(kind)
        if field.name not in given and value.get(field.name) is not None
    }
    return kind(**found, **given)


def _of_json(kind: Any) -> list[Field[Any]]:
    return [field for field in fields(kind) if field.init]


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


@cache
def _schema(kind: Any) -> dict[str, Any]:
    """The schema that the fields of a dataclass stand for."""
    schema = {}
    for field in _of_json(kind):
        part = _schema_of(_hints(kind)[field.name])
        needed = field.default is MISSING and field.default_factory is MISSING
        schema[field.name] = part if needed else Maybe(part)
    return schema


def _schema_of(hint: Any) -> Any:
    if is_dataclass(hint):
        kind: Any = hint
        return _schema(kind)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return arguments[1]
    if origin in (Union, UnionType):
        (inner,) = (part for part in arguments if part is not NoneType)
        return Maybe(_schema_of(inner))
    if origin is not None and arguments:
        holder = dict if issubclass(origin, Mapping) else list
        inner = arguments[-1]
        return holder if inner is Any else Each(_schema_of(inner), holder)
    return hint


def _value(hint: Any, value: Any) -> Any:
    """A value that was checked, with dataclasses where the type has them."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _value(arguments[0], value)
    if origin in (Union, UnionType):
        (inner,) = (part for part in arguments if part is not NoneType)
        return None if value is None else _value(inner, value)
    if origin is not None and arguments:
        if isinstance(value, dict):
            return {key: _value(arguments[-1], part) for key, part in value.items()}
        return [_value(arguments[-1], part) for part in value]
    return _built(hint, value, {}) if is_dataclass(hint) else value


_HINT = "the file was changed or is not from rnngen; use an earlier copy of the folder"


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
