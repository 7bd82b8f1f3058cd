"""Reads documents strictly: no key twice in an object (RFC 7493), and exact numbers."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

from rnngen_constrained.json_schema.resources import escape


class KeyTwice(ValueError):
    """An object has a key twice."""


def read_exactly(text: str) -> Any:
    """A JSON document; numbers with a point or an exponent are `Decimal`.

    Raises:
        ValueError: it is not JSON, or has a number that is too long to read.
        KeyTwice: an object has a key twice.
        RecursionError: it is nested too deeply.
    """
    return json.loads(
        text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_no_key_twice
    )


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"`{name}` is not JSON")


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise KeyTwice(f"an object has the key `{escape(key):.40}` twice")
        found[key] = value
    return found
