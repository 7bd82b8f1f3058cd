"""Schemas that hold together, joined into one with plain keywords.

A node is a tuple of `(place, schema)` that must all hold; a flat schema is what their keywords say
together. What needs lists of other nodes (properties, items) keeps them apart by schema, as a
schema's `additionalProperties` speaks only of its own `properties`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

from rnngen_constrained.automata.pattern import parse
from rnngen_constrained.json_schema.numbers import Bounds, common_multiple
from rnngen_constrained.json_schema.places import Schema, below, types_of
from rnngen_constrained.json_schema.search import found

Located: TypeAlias = tuple[str, Any]
Node: TypeAlias = tuple[Located, ...]
EXCEPT, UNLIKE, UNFORMATTED = "(except)", "(unlike)", "(unformatted)"
"""Keywords that only schemas made here have: texts, patterns and formats that are left out."""


class Made(dict[str, Any]):
    """A schema that is made here, of keywords that are known to be right."""


@dataclass(frozen=True)
class Members:
    """What one schema says of the properties of an object."""

    named: Mapping[str, Located]
    patterns: tuple[tuple[str, Located], ...]
    others: Located

    def of(self, name: str) -> Node:
        """What holds for the property of a name."""
        named = [self.named[name]] if name in self.named else []
        matched = [one for pattern, one in self.patterns if found(pattern, name)]
        return (*named, *matched) or (self.others,)


@dataclass(frozen=True)
class Elements:
    """What one schema says of the items of an array."""

    first: tuple[Located, ...]
    others: Located

    def at(self, index: int) -> Node:
        """What holds for an item."""
        return (self.first[index],) if index < len(self.first) else (self.others,)


@dataclass(frozen=True)
class Flat:
    """One schema with plain keywords; see JSON Schema's validation vocabulary for their meaning."""

    place: str
    types: tuple[str, ...] = ()
    values: tuple[Any, ...] | None = None
    bounds: Bounds = field(default_factory=Bounds)
    multiple: Fraction | None = None
    patterns: tuple[tuple[str, str], ...] = ()
    formats: tuple[tuple[str, str], ...] = ()
    texts: frozenset[str] = frozenset()
    """Texts that are left out, as those that have a pattern of `unlike` or one of `unformatted`."""
    unlike: tuple[tuple[str, str], ...] = ()
    unformatted: tuple[str, ...] = ()
    length: tuple[int, int | None] = (0, None)
    members: tuple[Members, ...] = ()
    names: tuple[Located, ...] = ()
    required: tuple[str, ...] = ()
    properties: tuple[int, int | None] = (0, None)
    elements: tuple[Elements, ...] = ()
    items: tuple[int, int | None] = (0, None)
    unique: bool = False


def flat(schema: Schema, node: Node) -> Flat:
    """The plain keywords of all schemas of a node, combined."""
    found: Flat | None = None
    for place, one in node:
        made = _of(schema, place, one)
        found = made if found is None else _join(schema, found, made)
    return found or Flat("#", types_of({}))


def _of(schema: Schema, place: str, one: Mapping[str, Any]) -> Flat:
    made = Flat(place, types_of(one), bounds=_bounds(schema, one), unique=_unique(one))
    if "enum" in one:
        made = replace(made, values=tuple(one["enum"]))
    if "const" in one:
        both = [one["const"]] if made.values is None or has(made.values, one["const"]) else []
        made = replace(made, values=tuple(both))
    if "multipleOf" in one:
        made = replace(made, multiple=Fraction(repr(one["multipleOf"])))
    if "pattern" in one:
        made = replace(made, patterns=((one["pattern"], place),))
    if "format" in one:
        made = replace(made, formats=((one["format"], place),))
    if isinstance(one, Made):
        unlike = tuple((pattern, place) for pattern in one.get(UNLIKE, ()))
        unformatted = tuple(one.get(UNFORMATTED, ()))
        texts = frozenset(one.get(EXCEPT, ()))
        made = replace(made, texts=texts, unlike=unlike, unformatted=unformatted)
    if "propertyNames" in one:
        made = replace(made, names=((below(place, "propertyNames"), one["propertyNames"]),))
    return replace(
        made,
        length=_range(one, "minLength", "maxLength"),
        properties=_range(one, "minProperties", "maxProperties"),
        items=_range(one, "minItems", "maxItems"),
        required=tuple(dict.fromkeys(one.get("required", ()))),
        members=_members(schema, place, one),
        elements=_elements(schema, place, one),
    )


def _join(schema: Schema, a: Flat, b: Flat) -> Flat:
    values = b.values if a.values is None else a.values
    if a.values is not None and b.values is not None:
        values = tuple(one for one in a.values if has(b.values, one))
    multiple = a.multiple or b.multiple
    if a.multiple and b.multiple:
        multiple = common_multiple(a.multiple, b.multiple)
    return Flat(
        place=a.place,
        types=_both_types(a.types, b.types),
        values=values,
        bounds=_both_bounds(a.bounds, b.bounds),
        multiple=multiple,
        patterns=tuple(dict.fromkeys(a.patterns + b.patterns)),
        formats=tuple(dict.fromkeys(a.formats + b.formats)),
        texts=a.texts | b.texts,
        unlike=tuple(dict.fromkeys(a.unlike + b.unlike)),
        unformatted=tuple(dict.fromkeys(a.unformatted + b.unformatted)),
        length=_both(a.length, b.length),
        members=a.members + b.members,
        names=a.names + b.names,
        required=tuple(dict.fromkeys(a.required + b.required)),
        properties=_both(a.properties, b.properties),
        elements=a.elements + b.elements,
        items=_both(a.items, b.items),
        unique=a.unique or b.unique,
    )


def same(a: Any, b: Any) -> bool:
    """Equality of JSON values: 1 is 1.0, but true is not 1."""
    return canonical(a) == canonical(b)


def has(values: tuple[Any, ...], value: Any) -> bool:
    """Whether a value is among some."""
    return any(same(value, one) for one in values)


def canonical(value: Any) -> str:
    """A text that equal JSON values share."""

    def plain(one: Any) -> Any:
        if isinstance(one, float) and one.is_integer():
            return int(one)
        if isinstance(one, list):
            return [plain(each) for each in one]
        if isinstance(one, dict):
            return {key: plain(each) for key, each in one.items()}
        return one

    return json.dumps(plain(value), sort_keys=True)


def _bounds(schema: Schema, one: Mapping[str, Any]) -> Bounds:
    found = Bounds()
    for keyword, least in (("minimum", True), ("maximum", False)):
        exclusive = "exclusive" + keyword.capitalize()
        given = [(one[keyword], False)] if keyword in one else []
        if schema.draft == 4:
            given = [(value, one.get(exclusive, False)) for value, _ in given]
        elif exclusive in one:
            given.append((one[exclusive], True))
        for value, opened in given:
            exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
            more = Bounds(exact, None, opened) if least else Bounds(None, exact, False, opened)
            found = _both_bounds(found, more)
    return found


def _both_bounds(a: Bounds, b: Bounds) -> Bounds:
    lows = [(one.least, one.least_open) for one in (a, b) if one.least is not None]
    highs = [(-one.most, one.most_open) for one in (a, b) if one.most is not None]
    low, low_open = max(lows, default=(None, False))
    high, high_open = max(highs, default=(None, False))
    return Bounds(low, None if high is None else -high, low_open, high_open)


def _both_types(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, ...]:
    found = [one for one in a if one in b or (one == "integer" and "number" in b)]
    found += [one for one in b if one == "integer" and "number" in a]
    return tuple(dict.fromkeys(found))


def _both(a: tuple[int, int | None], b: tuple[int, int | None]) -> tuple[int, int | None]:
    mosts = [one for one in (a[1], b[1]) if one is not None]
    return max(a[0], b[0]), min(mosts, default=None)


def _range(one: Mapping[str, Any], least: str, most: str) -> tuple[int, int | None]:
    return int(one.get(least, 0)), int(one[most]) if most in one else None


def _unique(one: Mapping[str, Any]) -> bool:
    return bool(one.get("uniqueItems", False))


def _members(schema: Schema, place: str, one: Mapping[str, Any]) -> tuple[Members, ...]:
    if not {"properties", "patternProperties", "additionalProperties"} & set(one):
        return ()
    named = {
        name: (below(place, "properties", name), each)
        for name, each in one.get("properties", {}).items()
    }
    patterns = []
    for pattern, each in one.get("patternProperties", {}).items():
        parse(pattern, f"{schema.name}: `patternProperties` at `{place}`", "ecma")
        patterns.append((pattern, (below(place, "patternProperties", pattern), each)))
    others = (below(place, "additionalProperties"), one.get("additionalProperties", True))
    return (Members(named, tuple(patterns), others),)


def _elements(schema: Schema, place: str, one: Mapping[str, Any]) -> tuple[Elements, ...]:
    first, others = one.get("prefixItems"), one.get("items", True)
    rest = "items"
    if isinstance(others, list):
        if schema.draft >= 2020:
            schema.broken("items", place, "a schema; a list is `prefixItems` since 2020-12")
        first, others, rest = others, one.get("additionalItems", True), "additionalItems"
    if first is None and others is True:
        return ()
    start = "prefixItems" if rest == "items" else "items"
    listed = tuple((below(place, start, index), each) for index, each in enumerate(first or ()))
    return (Elements(listed, (below(place, rest), others)),)
