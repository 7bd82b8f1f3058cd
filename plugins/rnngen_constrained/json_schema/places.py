"""The places in a schema, and what may stand there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from rnngen_constrained.errors import BadSyntax, Unsupported
from rnngen_constrained.json_schema.resources import Resources, escape

BY_TYPE: Mapping[str, tuple[str, ...]] = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems"),
    "object": (
        "properties",
        "required",
        "additionalProperties",
        "patternProperties",
        "propertyNames",
        "minProperties",
        "maxProperties",
    ),
}
KEPT = frozenset(name for names in BY_TYPE.values() for name in names) | {
    "type",
    "enum",
    "const",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "$ref",
}
"""Keywords that are supported here."""
NOT_KEPT = frozenset(
    (
        "contains",
        "unevaluatedProperties",
        "unevaluatedItems",
        "$recursiveRef",
        "$dynamicRef",
    )
)
"""Keywords that say what is valid, but are not supported here."""
DRAFTS: Mapping[str, tuple[int, int]] = {
    "const": (6, 2020),
    "contains": (6, 2020),
    "propertyNames": (6, 2020),
    "if": (7, 2020),
    "then": (7, 2020),
    "else": (7, 2020),
    "dependencies": (4, 7),
    "dependentRequired": (2019, 2020),
    "dependentSchemas": (2019, 2020),
    "unevaluatedProperties": (2019, 2020),
    "unevaluatedItems": (2019, 2020),
    "$recursiveRef": (2019, 2019),
    "$dynamicRef": (2020, 2020),
    "prefixItems": (2020, 2020),
    "additionalItems": (4, 2019),
}
"""The first and last draft of keywords that only some drafts have."""
TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")


def draft_of(root: Any, name: str) -> int:
    """The draft that `$schema` names: 4, 6, 7, 2019, or 2020, the default.

    Raises:
        Unsupported: it is older.
    """
    dialect = str(root.get("$schema", "")) if isinstance(root, dict) else ""
    if "draft-03" in dialect:
        raise Unsupported(f"{name}: `$schema` is draft 3, expected draft 4 or later")
    old = next((draft for draft in (4, 6, 7) if f"draft-0{draft}" in dialect), None)
    return old or (2019 if "2019-09" in dialect else 2020)


class Schema:
    """A schema's document: where `$ref` is looked up, and which draft it is.

    Args:
        root: the document.
        name: what it is called, for messages.
    """

    def __init__(self, root: Any, name: str) -> None:
        self.root = root
        self.name = name
        self.draft = draft_of(root, name)
        self._resources = Resources(root, self.draft)

    def says(self, keyword: str) -> bool:
        """Whether a keyword says what is valid in this draft; others are annotations."""
        first, last = DRAFTS.get(keyword, (4, 2020))
        return keyword in KEPT | NOT_KEPT and first <= self.draft <= last

    def at(self, reference: str, place: str, source: Any) -> tuple[Any, str]:
        """The schema that `$ref` names, and its place.

        Raises:
            Unsupported: it is in another document.
            BadSyntax: there is no such schema.
        """
        try:
            found = self._resources.at(reference, source)
        except LookupError:
            self.refuse("$ref", place, f"`{reference}` is in another document")
        if found is None:
            raise BadSyntax(f"{self.name}: `$ref` at `{place}` names `{reference}`, not found")
        return found

    def refuse(self, keyword: str, place: str, why: str = "") -> NoReturn:
        """Raises Unsupported, with the keyword's name and place."""
        reason = f": {why}" if why else ""
        raise Unsupported(
            f"{self.name}: `{keyword}` at `{place}` is not supported{reason}",
            hint="it is refused because a document could not be guaranteed to be valid",
        )

    def broken(self, keyword: str, place: str, expected: str) -> NoReturn:
        """Raises BadSyntax, with the keyword's name and place."""
        raise BadSyntax(f"{self.name}: `{keyword}` at `{place}` is not {expected}")

    def loops(self, place: str) -> NoReturn:
        """Raises BadSyntax for a schema that is defined as itself."""
        raise BadSyntax(
            f"{self.name}: `$ref` leads from `{place}` back to itself, so it defines nothing",
            hint="a schema may name itself only within `properties`, `items` and the like",
        )

    def check(self, schema: Any, place: str) -> None:
        """The keywords of one schema, not of those in it, and the kinds of their values."""
        if not isinstance(schema, dict):
            self.broken("schema", place, "an object, `true` or `false`")
        for keyword, value in schema.items():
            if self.draft == 7 and keyword in ("contentEncoding", "contentMediaType"):
                self.refuse(keyword, place, "in draft 7, and in no other, it may say what is valid")
            if not self.says(keyword):
                continue
            if keyword in NOT_KEPT:
                self.refuse(keyword, place)
            self._check_value(keyword, value, place)

    def _check_value(self, keyword: str, value: Any, place: str) -> None:
        if isinstance(value, float) and not math.isfinite(value):
            self.broken(keyword, place, "a number that a binary64 can hold")
        if keyword.startswith(("minL", "maxL", "minI", "maxI", "minP", "maxP")):
            if isinstance(value, float) and value.is_integer():
                value = int(value)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                self.broken(keyword, place, "a whole number of at least 0")
        elif keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            old = self.draft == 4 and keyword.startswith("exclusive")
            if isinstance(value, bool) != old or not isinstance(value, int | float):
                self.broken(keyword, place, "`true` or `false`" if old else "a number")
        elif keyword == "multipleOf":
            if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
                self.broken(keyword, place, "a number above 0")
        elif keyword == "type":
            names = value if isinstance(value, list) else [value]
            if not names or any(one not in TYPES for one in names):
                self.broken(keyword, place, f"one or several of {', '.join(TYPES)}")
        elif keyword == "enum" or keyword in ("allOf", "anyOf", "oneOf", "prefixItems"):
            if not isinstance(value, list) or (not value and keyword != "enum"):
                self.broken(keyword, place, "a non-empty list")
        elif keyword == "required":
            if not isinstance(value, list) or any(not isinstance(one, str) for one in value):
                self.broken(keyword, place, "a list of names")
        elif keyword in ("properties", "patternProperties", "dependentSchemas"):
            if not isinstance(value, dict):
                self.broken(keyword, place, "an object")
        elif keyword in ("dependencies", "dependentRequired"):
            kinds = (list,) if keyword == "dependentRequired" else (list, dict, bool)
            if not isinstance(value, dict) or not all(
                isinstance(one, kinds)
                and (not isinstance(one, list) or all(isinstance(name, str) for name in one))
                for one in value.values()
            ):
                self.broken(keyword, place, "an object of lists of names")
        elif keyword == "uniqueItems":
            if not isinstance(value, bool):
                self.broken(keyword, place, "`true` or `false`")
        elif keyword in ("pattern", "format", "$ref") and not isinstance(value, str):
            self.broken(keyword, place, "a text")


def below(place: str, *parts: str | int) -> str:
    """The place of something in a schema."""
    return "/".join([place, *(escape(str(part)) for part in parts)])


def types_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The types a schema allows; `integer` is left out where `number` is there."""
    given = schema.get("type", [one for one in TYPES if one != "integer"])
    names: Iterable[str] = [given] if isinstance(given, str) else given
    listed = tuple(dict.fromkeys(names))
    return tuple(one for one in listed if one != "integer" or "number" not in listed)
