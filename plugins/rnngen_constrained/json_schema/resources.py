"""The documents within a document: what `$id` and `$anchor` name, and where references lead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

NAMED = (
    "properties",
    "patternProperties",
    "definitions",
    "$defs",
    "dependentSchemas",
    "dependencies",
)
"""Keywords whose values have names of the author, not keywords."""
VALUES = ("enum", "const", "default", "examples", "example")
"""Keywords that hold values, not schemas."""


class Resources:
    """Every schema of a document by its address.

    Args:
        root: the document.
        draft: 4, 6, 7, 2019 or 2020.
    """

    def __init__(self, root: Any, draft: int) -> None:
        self._old = draft < 2019
        self._id = "id" if draft == 4 else "$id"
        self._bases: dict[int, str] = {}
        self._found: dict[str, tuple[Any, str]] = {"": (root, "#")}
        self._anchors: dict[tuple[str, str], tuple[Any, str]] = {}
        self._walk(root)

    def _walk(self, root: Any) -> None:
        todo: list[tuple[Any, str, str, bool]] = [(root, "#", "", False)]
        while todo:
            one, place, base, named = todo.pop()
            if isinstance(one, list):
                todo += [(part, f"{place}/{n}", base, False) for n, part in enumerate(one)]
            if not isinstance(one, dict):
                continue
            if not named:
                base = self._base(one, place, base)
                self._bases[id(one)] = base
            for key, part in one.items():
                if named or key not in VALUES:
                    inside = not named and key in NAMED
                    todo.append((part, f"{place}/{escape(key)}", base, inside))

    def _base(self, one: Mapping[str, Any], place: str, base: str) -> str:
        """Notes the names of a schema; the address that its references are relative to."""
        given = one.get(self._id)
        if isinstance(given, str) and not (self._old and "$ref" in one):
            address, anchor = urldefrag(given)
            if address:
                base = urljoin(base, address)
                self._found.setdefault(base, (one, place))
            if anchor:
                self._anchors.setdefault((base, anchor), (one, place))
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(one.get(keyword), str):
                self._anchors.setdefault((base, one[keyword]), (one, place))
        return base

    def at(self, reference: str, source: Any) -> tuple[Any, str] | None:
        """The schema that a reference in another names, and its place; None if there is none.

        Raises:
            LookupError: it is in another document.
        """
        base = self._bases.get(id(source), "")
        # Not every scheme is one that `urljoin` knows: a reference within stays within.
        address, fragment = urldefrag(reference)
        if address:
            base = urljoin(base, address)
        if base not in self._found:
            raise LookupError(base)
        found, place = self._found[base]
        if fragment and not fragment.startswith("/"):
            return self._anchors.get((base, unquote(fragment)))
        for part in fragment.split("/")[1:] if fragment != "/" else ():
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and key in found:
                found = found[key]
            elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
                found = found[int(key)]
            else:
                return None
            place = f"{place}/{escape(key)}"
        return found, place


def escape(key: str) -> str:
    """A key as a part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")
