"""Follows the keys of a document while it is written, so that no object has one twice."""

from __future__ import annotations

import json
from typing import NamedTuple

NEUTRAL, BEFORE_KEY, KEY, KEY_ESCAPE, TEXT, TEXT_ESCAPE = range(6)
"""Where a document is: between tokens, before a key, in a key, in another text."""


class Keys(NamedTuple):
    """Where a document stands.

    Args:
        place: one of the places above.
        opened: for each open object its keys so far, for an open array None; the innermost last.
        key: the bytes of the key that is being written.
    """

    place: int = NEUTRAL
    opened: tuple[frozenset[str] | None, ...] = ()
    key: bytes = b""

    @property
    def some(self) -> bool:
        """Whether an open object has a key already."""
        return any(self.opened)


def after(keys: Keys, token: bytes) -> tuple[Keys, bool]:
    """Where a document stands after a token, and whether that ends a key that was there before."""
    place, opened, key = keys
    twice = False
    for byte in token:
        sign = bytes((byte,))
        if place == TEXT:
            place = NEUTRAL if sign == b'"' else TEXT_ESCAPE if sign == b"\\" else TEXT
        elif place == TEXT_ESCAPE:
            place = TEXT
        elif place == KEY and sign == b'"':
            name, known = _decoded(key), opened[-1] or frozenset()
            twice |= name in known
            place, opened, key = NEUTRAL, (*opened[:-1], known | {name}), b""
        elif place in (KEY, KEY_ESCAPE):
            escapes = place == KEY and sign == b"\\"
            place, key = KEY_ESCAPE if escapes else KEY, key + sign
        elif sign == b'"':
            place = KEY if place == BEFORE_KEY else TEXT
        elif sign == b"{":
            place, opened = BEFORE_KEY, (*opened, frozenset())
        elif sign == b"[":
            place, opened = NEUTRAL, (*opened, None)
        elif sign in b"}]":
            place, opened = NEUTRAL, opened[:-1]
        elif sign == b",":
            within = opened and opened[-1] is not None
            place = BEFORE_KEY if within else NEUTRAL
    return Keys(place, opened, key), twice


def _decoded(key: bytes) -> str:
    """The key that some bytes between quotation marks spell."""
    try:
        return str(json.loads(b'"' + key + b'"', strict=False))
    except ValueError:
        return key.decode(errors="replace")
