"""Whether two flat schemas can't hold for the same value, which makes `oneOf` a choice.

A proof, not a test: where none is found, the answer is no.
"""

from __future__ import annotations

from collections.abc import Callable

from rnngen_constrained.json_schema.flat import Flat, Node, has
from rnngen_constrained.json_schema.numbers import Bounds

Options = Callable[[Node], list[Flat] | None]
"""The flat schemas that a node may be; None if they are not known."""
DEEPEST = 3


def disjoint(a: Flat, b: Flat, options: Options, depth: int = 0) -> bool:
    """Whether no value is valid for both."""
    if a.values is not None and b.values is not None:
        return not any(has(b.values, one) for one in a.values)
    shared = [one for one in kinds(a) if one in kinds(b)]
    return all(_apart(one, a, b, options, depth) for one in shared)


def all_disjoint(some: list[Flat] | None, others: list[Flat] | None, options: Options) -> bool:
    """Whether every one of some is disjoint from all others; no, if they are not known."""
    if some is None or others is None:
        return False
    return all(disjoint(one, other, options) for one in some for other in others)


def kinds(flat: Flat) -> set[str]:
    """The types that a value of it can have, `number` for `integer`."""
    if flat.values is not None:
        return {_kind(value) for value in flat.values}
    return {"number" if one == "integer" else one for one in flat.types}


def _apart(kind: str, a: Flat, b: Flat, options: Options, depth: int) -> bool:
    if kind == "number":
        return a.values is None and b.values is None and _bounds_apart(a.bounds, b.bounds)
    if kind == "string":
        return _ranges_apart(a.length, b.length) and a.values is None and b.values is None
    if kind == "array":
        return _ranges_apart(a.items, b.items) and a.values is None and b.values is None
    if kind == "object" and a.values is None and b.values is None:
        return (
            _ranges_apart(a.properties, b.properties)
            or _forbidden(a, b)
            or _forbidden(b, a)
            or _discriminated(a, b, options, depth)
        )
    return False


def _forbidden(a: Flat, b: Flat) -> bool:
    """Whether `a` requires a property that `b` forbids."""
    return any(
        schema is False for name in a.required for part in b.members for _, schema in part.of(name)
    )


def _discriminated(a: Flat, b: Flat, options: Options, depth: int) -> bool:
    """Whether a property that both require can't have a value for both."""
    if depth >= DEEPEST:
        return False
    for name in a.required:
        if name not in b.required:
            continue
        first, second = (
            options(tuple(one for part in flat.members for one in part.of(name))) for flat in (a, b)
        )
        if first is None or second is None:
            continue
        if all(disjoint(one, other, options, depth + 1) for one in first for other in second):
            return True
    return False


def _ranges_apart(a: tuple[int, int | None], b: tuple[int, int | None]) -> bool:
    return (a[1] is not None and a[1] < b[0]) or (b[1] is not None and b[1] < a[0])


def _bounds_apart(a: Bounds, b: Bounds) -> bool:
    for one, other in ((a, b), (b, a)):
        if one.most is not None and other.least is not None:
            if one.most < other.least:
                return True
            if one.most == other.least and (one.most_open or other.least_open):
                return True
    return False


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"
