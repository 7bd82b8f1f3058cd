"""What must not hold, as alternatives that hold: a negation becomes a choice of plain schemas.

Each keyword that could fail is an alternative of its own. Where its failing has no plain schema
(an item that does not fit, a number that is not a multiple), the alternative is wider, and says so:
then documents are checked whole and drawn again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from rnngen_constrained.json_schema.flat import (
    EXCEPT,
    UNFORMATTED,
    UNLIKE,
    Located,
    Made,
    Node,
    canonical,
)
from rnngen_constrained.json_schema.formats import format_expression
from rnngen_constrained.json_schema.places import BY_TYPE, TYPES, Schema, below, types_of

MOST_OF_ONE = 4
"""Most options of a negated `oneOf` of which pairs are made."""
_RANGES = {
    f"{least}{what}": (f"{most}{what}", shift, kind)
    for what, kind in (("Length", "string"), ("Items", "array"), ("Properties", "object"))
    for least, most, shift in (("min", "max", -1), ("max", "min", 1))
}


@dataclass(frozen=True)
class Not:
    """Stands in a node for a schema that must not hold, at its place."""

    place: str
    schema: Any


@dataclass(frozen=True)
class Either:
    """Stands in a node for several of which one must hold."""

    options: tuple[Node, ...]
    wider: tuple[str, ...] = ()
    """The keywords whose failing is not kept exactly."""


def forbidden(place: str, schema: Any) -> Located:
    """What stands in a node for a schema that must not hold."""
    return f"not {place}", Not(place, schema)


def negation(schema: Schema, negated: Not) -> Either:
    """The alternatives of what must not hold."""
    one = negated.schema
    if isinstance(one, Not):
        return Either((((one.place, one.schema),),))
    if isinstance(one, Either):
        nots = [Either(tuple((forbidden(*part),) for part in option)) for option in one.options]
        places = [f"not {negated.place}, {index}" for index in range(len(nots))]
        return Either((tuple(zip(places, nots, strict=True)),))
    if isinstance(one, bool):
        return Either(() if one else ((),))
    schema.check(one, negated.place)
    making = _Making(schema, negated.place, one)
    options = tuple(making.options())
    return Either(options, tuple(making.wider))


def possible(node: Node) -> bool:
    """Whether the types of all schemas of a node have one in common."""
    left = {one for one in TYPES if one != "integer"}
    for _, schema in node:
        if isinstance(schema, dict):
            left &= {"number" if one == "integer" else one for one in types_of(schema)}
    return bool(left)


def conditions(schema: Schema, place: str, one: dict[str, Any]) -> list[Located]:
    """Takes `not`, `if` and what depends on properties out of a schema, as parts of a node."""
    found: list[Located] = []
    if "not" in one:
        found.append(forbidden(below(place, "not"), one.pop("not")))
    keys = ("if", "then", "else")
    parts: dict[str, Any] = {key: one.pop(key) for key in keys if key in one}
    if "if" in parts and len(parts) > 1:
        given = (below(place, "if"), parts["if"])
        found.append((f"{place} if", _condition(place, given, parts)))
    for keyword in ("dependencies", "dependentRequired", "dependentSchemas"):
        for name, needs in one.pop(keyword, {}).items():
            where = below(place, keyword, name)
            without = (f"{where} without", Made(properties={name: False}))
            having = Made(type="object", required=[name])
            also: Located = (where, needs)
            if isinstance(needs, list):
                also = (where, Made(required=needs))
            option = (f"{where} with", having), also
            found.append((f"{where} depends", Either(((without,), option))))
    return found


def _condition(place: str, given: Located, parts: Mapping[str, Any]) -> Either:
    then, other = (
        ((below(place, key), parts[key]),) if key in parts else () for key in ("then", "else")
    )
    return Either(((given, *then), (forbidden(*given), *other)))


class _Making:
    """Makes the alternatives of one schema, keyword by keyword."""

    def __init__(self, schema: Schema, place: str, one: Mapping[str, Any]) -> None:
        self._schema = schema
        self._place = place
        self._one = {key: value for key, value in one.items() if schema.says(key)}
        self._source = one
        self._number = 0
        self.wider: list[str] = []

    def options(self) -> Iterator[Node]:
        """The nodes of which one must hold."""
        if "$ref" in self._one:
            target, there = self._schema.at(self._one["$ref"], self._place, self._source)
            yield (forbidden(there, target),)
            if self._schema.draft < 2019:
                return
        for located in conditions(self._schema, self._place, self._one):
            yield (forbidden(*located),)
        if "type" in self._one:
            yield from self._types()
        yield from self._values()
        yield from self._combined()
        for keyword, value in self._one.items():
            yield from self._keyword(keyword, value)

    def _made(self, **keywords: Any) -> Node:
        self._number += 1
        return ((f"not {self._place}, {self._number}", Made(keywords)),)

    def _wider(self, keyword: str, **keywords: Any) -> Node:
        self.wider.append(keyword)
        return self._made(**keywords)

    def _types(self) -> Iterator[Node]:
        held = types_of(self._one)
        others = [one for one in TYPES if one not in (*held, "integer")]
        if "integer" in held:
            others.remove("number")
            yield self._wider("type", type="number")
        if others:
            yield self._made(type=others)

    def _values(self) -> Iterator[Node]:
        for keyword in ("enum", "const"):
            if keyword not in self._one:
                continue
            given = self._one[keyword]
            values = given if keyword == "enum" else [given]
            texts = [one for one in values if isinstance(one, str)]
            yield self._made(type="string", **{EXCEPT: texts})
            known = {canonical(one) for one in values}
            signs = [one for one in (None, True, False) if canonical(one) not in known]
            yield self._made(enum=signs)
            free = ["number", "array", "object"]
            kept = all(one is None or isinstance(one, bool | str) for one in values)
            yield self._made(type=free) if kept else self._wider(keyword, type=free)

    def _combined(self) -> Iterator[Node]:
        for keyword in ("allOf", "anyOf", "oneOf"):
            parts = [
                (below(self._place, keyword, index), one)
                for index, one in enumerate(self._one.get(keyword, ()))
            ]
            if keyword == "allOf":
                yield from ((forbidden(*part),) for part in parts)
            elif parts:
                yield tuple(forbidden(*part) for part in parts)
                if keyword == "oneOf" and len(parts) <= MOST_OF_ONE:
                    yield from combinations(parts, 2)
                elif keyword == "oneOf":
                    self.wider.append(keyword)
                    yield from ((part,) for part in parts)

    def _keyword(self, keyword: str, value: Any) -> Iterator[Node]:
        if keyword in _RANGES:
            other, shift, kind = _RANGES[keyword]
            if value + shift >= 0:
                yield self._made(type=kind, **{other: int(value) + shift})
        elif keyword == "required":
            yield from (self._made(type="object", properties={name: False}) for name in value)
        elif keyword == "properties":
            for name, one in value.items():
                inside = Not(below(self._place, keyword, name), one)
                yield self._made(type="object", required=[name], properties={name: inside})
        elif keyword == "pattern":
            yield self._made(type="string", **{UNLIKE: [value]})
        elif keyword == "format" and format_expression(value) is not None:
            yield self._wider(keyword, type="string", **{UNFORMATTED: [value]})
        elif keyword in BY_TYPE["number"]:
            yield from self._bound(keyword, value)
        elif keyword == "uniqueItems":
            yield from [self._wider(keyword, type="array", minItems=2)] if value else []
        elif keyword in ("items", "prefixItems", "additionalItems") and value is not True:
            yield self._wider(keyword, type="array", minItems=1)
        elif keyword in ("additionalProperties", "patternProperties", "propertyNames"):
            if value is not True and value != {}:
                yield self._wider(keyword, type="object", minProperties=1)
        elif keyword in ("contains", "unevaluatedItems", "unevaluatedProperties"):
            kind = "object" if keyword.endswith("Properties") else "array"
            yield self._wider(keyword, type=kind)
        elif keyword in ("$dynamicRef", "$recursiveRef"):
            self._schema.refuse(keyword, self._place)

    def _bound(self, keyword: str, value: Any) -> Iterator[Node]:
        if keyword == "multipleOf":
            yield self._wider(keyword, type="number")
        elif not isinstance(value, bool):
            opened, end = keyword.startswith("exclusive"), keyword[-7:].lower()
            if self._schema.draft == 4:
                opened = bool(self._one.get("exclusive" + end.capitalize(), False))
            other = "maximum" if end == "minimum" else "minimum"
            exclusive = "exclusive" + other.capitalize()
            keywords = {other: value}
            if not opened:
                old = self._schema.draft == 4
                keywords = {other: value, exclusive: True} if old else {exclusive: value}
            yield self._made(type="number", **keywords)
