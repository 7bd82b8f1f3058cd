"""Automata of regular expressions over the coarsest character classes that they distinguish."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from rnngen_constrained.automata.automaton import automaton
from rnngen_constrained.automata.charset import LAST, Charset
from rnngen_constrained.automata.expression import (
    Chars,
    Choice,
    Expression,
    Graph,
    Look,
    Repeat,
    Series,
    Shortest,
)
from rnngen_constrained.automata.states import Automaton, Label


def leaves(expression: Expression) -> Iterable[Charset]:
    """The sets of characters in an expression, in order."""
    todo = [expression]
    while todo:
        match todo.pop():
            case Chars(chars):
                yield chars
            case Series(parts) | Choice(parts):
                todo.extend(reversed(parts))
            case Repeat(part, _, _) | Shortest(part) | Look(part, _, _):
                todo.append(part)
            case Graph(_, edges, _):
                todo.extend(part for _, part, _ in reversed(edges))


def blocks(expressions: Sequence[Expression]) -> list[Charset]:
    """All characters, in the coarsest classes of which every set in the expressions is made."""
    sets = list({chars.intervals: chars for one in expressions for chars in leaves(one)}.values())
    cuts = {0, LAST + 1}
    for chars in sets:
        for low, high in chars.intervals:
            cuts |= {low, high + 1}
    edges = sorted(cuts)
    groups: dict[tuple[bool, ...], list[tuple[int, int]]] = {}
    for low, after in pairwise(edges):
        if 0xD800 <= low <= 0xDFFF:
            low = 0xE000
        if low < after:
            signature = tuple(chr(low) in chars for chars in sets)
            groups.setdefault(signature, []).append((low, after - 1))
    return [Charset.of(intervals) for intervals in groups.values()]


def over(
    expression: Expression, classes: Sequence[Charset], most_states: int | None = None
) -> Automaton:
    """The automaton of an expression without rules; labels are sets of classes.

    Args:
        expression: what it reads.
        classes: as `blocks` finds them.
        most_states: it is deterministic, with this many states at most; None: where that is small.
    """

    known: dict[tuple[tuple[int, int], ...], int] = {}

    def draw(chars: Chars, _: bool) -> list[tuple[Label, ...]]:
        mask = known.get(chars.set.intervals)
        if mask is None:
            members = (chr(block.intervals[0][0]) in chars.set for block in classes)
            mask = known[chars.set.intervals] = sum(
                1 << n for n, inside in enumerate(members) if inside
            )
        return [(mask,)] if mask else []

    return automaton(expression, draw, regular=True, most_states=most_states)


def alive(part: Automaton) -> frozenset[int]:
    """The states from which an end can be reached."""
    before: dict[int, list[int]] = {}
    for state, edges in enumerate(part.edges):
        for _, to in edges:
            before.setdefault(to, []).append(state)
    found, todo = set(part.finals), list(part.finals)
    while todo:
        for state in before.get(todo.pop(), ()):
            if state not in found:
                found.add(state)
                todo.append(state)
    return frozenset(found)
