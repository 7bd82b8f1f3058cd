"""Groups rules that call each other at their beginnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def components(
    rules: Sequence[int], inner: Mapping[int, Sequence[tuple[int, int]]]
) -> list[list[int]]:
    """Rules in groups that call each other, callers first (Tarjan, SIAM J. Computing 1972)."""
    order: dict[int, int] = {}
    lowest: dict[int, int] = {}
    held: dict[int, None] = {}
    found: list[list[int]] = []
    for first in rules:
        # What is being visited, with what is left to visit from it: a grammar may be deep.
        path = [] if first in order else [(first, iter(inner.get(first, ())))]
        while path:
            rule, callers = path[-1]
            if rule not in order:
                order[rule] = lowest[rule] = len(order)
                held[rule] = None
            for caller, _ in callers:
                if caller not in order:
                    path.append((caller, iter(inner.get(caller, ()))))
                    break
                if caller in held:
                    lowest[rule] = min(lowest[rule], order[caller])
            else:
                path.pop()
                if path:
                    above = path[-1][0]
                    lowest[above] = min(lowest[above], lowest[rule])
                if lowest[rule] == order[rule]:
                    found.append(_taken(held, rule))
    return found


def _taken(held: dict[int, None], rule: int) -> list[int]:
    """Takes what was held since a rule, which comes first."""
    group = []
    while rule in held:
        group.append(held.popitem()[0])
    return group[::-1]
