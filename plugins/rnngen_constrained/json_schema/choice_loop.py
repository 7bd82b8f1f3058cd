"""Finds a schema that is defined as a choice of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def loop(choices: Mapping[str, Sequence[str]]) -> str | None:
    """A rule that is a choice of itself, directly or through other choices."""
    done: set[str] = set()
    for first in choices:
        todo, within = [(first, False)], set()
        while todo:
            name, left = todo.pop()
            if left:
                within.discard(name)
                done.add(name)
            elif name in within:
                return name
            elif name not in done:
                within.add(name)
                todo.append((name, True))
                todo += [(one, False) for one in choices.get(name, ())]
    return None
