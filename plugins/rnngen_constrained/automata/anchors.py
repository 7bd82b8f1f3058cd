"""Anchors (`^`, `$`, `\\A`, `\\Z`) removed from an expression, which keeps its texts.

At the ends of the expression they are simply left out. Elsewhere the automaton is walked with what
stands before a place, and with what an anchor that was passed still demands of the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from rnngen_constrained.automata.charset import Charset
from rnngen_constrained.automata.classes import blocks, over
from rnngen_constrained.automata.expression import (
    EMPTY,
    NEVER,
    Anchor,
    Chars,
    Choice,
    Expression,
    Graph,
    Place,
    Repeat,
    Series,
    Shortest,
    choice,
    sequence,
)
from rnngen_constrained.errors import Hostile

MOST_STEPS = 300_000
"""Most edges to visit, each with what stands before and what is demanded: a second or two."""
_BREAK = Charset.chars("\n")
Before: TypeAlias = Literal["start", "break", "other"]
Rest: TypeAlias = Literal["any", "nothing", "last break", "break"]
"""What is demanded of the rest: nothing may follow, only a line break, or a line break first."""
_REST: dict[str, dict[Rest, tuple[Rest, ...]]] = {
    "end": {"any": ("nothing",), "nothing": ("nothing",)},
    "last": {
        "any": ("nothing", "last break"),
        "nothing": ("nothing",),
        "last break": ("last break",),
        "break": ("last break",),
    },
    "line end": {
        "any": ("nothing", "break"),
        "nothing": ("nothing",),
        "last break": ("last break",),
        "break": ("break",),
    },
}
"""What an anchor demands, combined with what was demanded before."""
_AFTER_BREAK: dict[Rest, Rest] = {"any": "any", "break": "any", "last break": "nothing"}


def without_anchors(expression: Expression) -> Expression:
    """An expression without anchors for the texts that an expression matches as a whole.

    Raises:
        Hostile: it takes too many states.
    """
    if not _has_anchor(expression):
        return expression
    expression = _at_ends(expression, True, True)
    return _walked(expression) if _has_anchor(expression) else expression


def found_in(expression: Expression, anything: Expression) -> Expression:
    """An expression without anchors for the texts in which an expression matches somewhere.

    Args:
        expression: to find.
        anything: any text.
    """
    options = []
    for option in expression.options if isinstance(expression, Choice) else (expression,):
        parts = list(option.parts if isinstance(option, Series) else (option,))
        starts, ends = _drop(parts, 0, "start"), _drop(parts, -1, "end")
        before, after = [anything] * (not starts), [anything] * (not ends)
        options.append(sequence([*before, *parts, *after]))
    return without_anchors(choice(options))


def _drop(parts: list[Expression], at: int, place: Place) -> bool:
    """Removes anchors from one end; returns whether there were any."""
    dropped = False
    while parts and parts[at] == Anchor(place):
        del parts[at]
        dropped = True
    return dropped


def _at_ends(expression: Expression, first: bool, last: bool) -> Expression:
    """Leaves out the anchors that are where they demand to be.

    Args:
        expression: a part of the whole.
        first: whether it stands at the start of the text.
        last: whether it stands at its end.
    """
    match expression:
        case Anchor("start" | "line start"):
            return EMPTY if first else expression
        case Anchor():
            return EMPTY if last else expression
        case Choice(options):
            return choice(_at_ends(option, first, last) for option in options)
        case Series(parts):
            left = list(parts)
            while first and left and (made := _at_ends(left[0], True, False)) == EMPTY:
                del left[0]
            if first and left:
                left[0] = made
            while last and left and (made := _at_ends(left[-1], False, True)) == EMPTY:
                del left[-1]
            if last and left:
                left[-1] = made
            return sequence(left)
    return expression


def _has_anchor(expression: Expression) -> bool:
    match expression:
        case Anchor():
            return True
        case Series(parts) | Choice(parts):
            return any(map(_has_anchor, parts))
        case Repeat(part, _, _) | Shortest(part):
            return _has_anchor(part)
    return False


Node: TypeAlias = tuple[int, Before, Rest]


def _walked(expression: Expression) -> Expression:
    letters = blocks([expression, Chars(_BREAK)])
    part = over(expression, letters)
    broken = 1 << letters.index(_BREAK)
    start: Node = (0, "start", "any")
    numbers = {start: 0}
    todo = [start]
    edges: list[tuple[int, Expression, int]] = []
    finals = set()
    steps = 0

    def passed(node: Node) -> set[Node]:
        """A node, and those that anchors lead to from it."""
        reached, walk = {node}, [node]
        while walk:
            state, before, rest = walk.pop()
            for label, to in part.edges[state]:
                for after in _passes(label, before, rest) if isinstance(label, str) else ():
                    more: Node = (to, before, after)
                    if more not in reached:
                        reached.add(more)
                        walk.append(more)
        return reached

    while todo:
        node = todo.pop()
        moves: dict[Node, int] = {}
        members = passed(node)
        steps += sum(len(part.edges[state]) for state, _, _ in members)
        if steps > MOST_STEPS:
            raise Hostile(f"resolving its anchors takes more than {MOST_STEPS} steps")
        for state, _, rest in members:
            if state in part.finals and rest in ("any", "nothing"):
                finals.add(numbers[node])
            for label, to in part.edges[state]:
                for mask, then in _reads(label, to, rest, broken):
                    moves[then] = moves.get(then, 0) | mask
        for then, mask in sorted(moves.items()):
            if then not in numbers:
                numbers[then] = len(numbers)
                todo.append(then)
            chosen = [one for number, one in enumerate(letters) if mask >> number & 1]
            chars = Charset.of(pair for one in chosen for pair in one.intervals)
            edges.append((numbers[node], Chars(chars), numbers[then]))
    return Graph(len(numbers), tuple(edges), frozenset(finals)) if finals else NEVER


def _passes(place: str, before: Before, rest: Rest) -> tuple[Rest, ...]:
    """What an anchor may demand of the rest; nothing if the anchor does not hold."""
    if place == "start":
        return (rest,) if before == "start" else ()
    if place == "line start":
        return (rest,) if before != "other" else ()
    return _REST[place].get(rest, ())


def _reads(label: int | str, to: int, rest: Rest, broken: int) -> Iterator[tuple[int, Node]]:
    """The classes that an edge reads where the rest lets it, and the node after them."""
    if isinstance(label, int):
        if label & broken and rest != "nothing":
            yield broken, (to, "break", _AFTER_BREAK[rest])
        if label & ~broken and rest == "any":
            yield label & ~broken, (to, "other", "any")
