"""Automata of regular expressions over the coarsest classes of characters that they tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from rnngen_constrained.automata.charset import LAST, Charset
from rnngen_constrained.automata.expression import (
    Chars,
    Choice,
    Expression,
    Graph,
    Repeat,
    Series,
    Shortest,
)
from rnngen_constrained.grammar.automaton import automaton
from rnngen_constrained.grammar.states import Automaton, Label


def _leaves(expression: Expression) -> Iterable[Charset]:
    match expression:
        case Chars(chars):
            yield chars
        case Series(parts) | Choice(parts):
            for part in parts:
                yield from _leaves(part)
        case Repeat(part, _, _) | Shortest(part):
            yield from _leaves(part)
        case Graph(_, edges, _):
            for _, part, _ in edges:
                yield from _leaves(part)


def blocks(expressions: Sequence[Expression]) -> list[Charset]:
    """All characters, in the coarsest classes of which every set in the expressions is made."""
    sets = list(dict.fromkeys(chars for one in expressions for chars in _leaves(one)))
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


def over(expression: Expression, classes: Sequence[Charset]) -> Automaton:
    """The automaton of an expression without rules; labels are sets of classes."""

    def draw(chars: Chars, _: bool) -> list[tuple[Label, ...]]:
        mask = 0
        for number, block in enumerate(classes):
            if chr(block.intervals[0][0]) in chars.set:
                mask |= 1 << number
        return [(mask,)] if mask else []

    return automaton(expression, draw, regular=True)


def alive(part: Automaton) -> frozenset[int]:
    """The states from which a text can end."""
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
