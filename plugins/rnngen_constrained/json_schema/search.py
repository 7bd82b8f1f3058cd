"""JSON Schema's `pattern`: an expression that matches somewhere, or where it is anchored."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rnngen_constrained.automata.expression import Expression, choice
from rnngen_constrained.automata.pattern import parse_pattern
from rnngen_constrained.json_schema.strings import anywhere

_GROUP = re.compile(r"\((?:\?:)?(?!\?)")


def search_expression(pattern: str, where: str) -> Expression:
    """The texts in which a pattern is found, each as a whole.

    `^` and `$` are understood where an alternative begins or ends, also within one group around
    it all.

    Raises:
        BadSyntax: it is no regular expression; with the position.
        Unsupported: it looks around itself elsewhere; with the position.
    """
    return _search(pattern, where, False, False)


def _search(pattern: str, where: str, at_start: bool, at_end: bool) -> Expression:
    options = []
    for option in alternatives(pattern):
        starts, ends = at_start, at_end
        while option.startswith("^"):
            option, starts = option[1:], True
        while option.endswith("$") and not _escapes(option, len(option) - 1):
            option, ends = option[:-1], True
        group = _GROUP.match(option)
        if group and _closes(option) and ("^" in option or "$" in option):
            options.append(_search(option[group.end() : -1], where, starts, ends))
        else:
            options.append(anywhere(parse_pattern(option, where, "schema"), starts, ends))
    return choice(options)


def alternatives(pattern: str) -> list[str]:
    """The parts of a pattern between the `|` that stand in no group and no class."""
    parts, start, depth = [], 0, 0
    for at, char in _signs(pattern):
        depth += (char == "(") - (char == ")")
        if char == "|" and depth == 0:
            parts.append(pattern[start:at])
            start = at + 1
    return [*parts, pattern[start:]]


def _closes(pattern: str) -> bool:
    """Whether the group that a pattern begins with ends where the pattern does."""
    depth = 0
    for at, char in _signs(pattern):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return at == len(pattern) - 1
    return False


def _signs(pattern: str) -> Iterator[tuple[int, str]]:
    """Characters that are neither escaped nor in a class, with their places."""
    at, within = 0, False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 2
            continue
        if within:
            within = char != "]"
        elif char == "[":
            within = True
        else:
            yield at, char
        at += 1


def _escapes(text: str, at: int) -> bool:
    before = text[:at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1
