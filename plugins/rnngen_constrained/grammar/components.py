"""Groups rules that call each other at their beginnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def components(
    rules: Sequence[int], inner: Mapping[int, Sequence[tuple[int, int]]]
) -> list[list[int]]:
    """Rules in groups that call each other, callers first (Tarjan, SIAM J. Computing 1972)."""
    order: dict[int, int] = {}
    lowest: dict[int, int] = {}
    stack: list[int] = []
    found: list[list[int]] = []

    def visit(rule: int) -> None:
        order[rule] = lowest[rule] = len(order)
        stack.append(rule)
        for caller, _ in inner.get(rule, ()):
            if caller not in order:
                visit(caller)
                lowest[rule] = min(lowest[rule], lowest[caller])
            elif caller in stack:
                lowest[rule] = min(lowest[rule], order[caller])
        if lowest[rule] == order[rule]:
            at = stack.index(rule)
            found.append(stack[at:])
            del stack[at:]

    for rule in rules:
        if rule not in order:
            visit(rule)
    return found
