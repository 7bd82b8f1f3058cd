"""Expressions: what a grammar's rule may stand for, however it was written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rnngen_constrained.automata.charset import Charset


@dataclass(frozen=True)
class Chars:
    """One character of a set."""

    set: Charset


@dataclass(frozen=True)
class Ref:
    """What a rule stands for."""

    rule: str


@dataclass(frozen=True)
class Series:
    """Parts one after the other; none of them is the empty text."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Choice:
    """One of several; with none of them, no text satisfies it."""

    options: tuple[Expression, ...]


@dataclass(frozen=True)
class Repeat:
    """A part `least` to `most` times; None: any number of times."""

    part: Expression
    least: int
    most: int | None


@dataclass(frozen=True)
class Graph:
    """Ways through numbered places: an edge may be followed by writing what stands on it.

    Args:
        places: how many there are; the first is the start.
        edges: `(from, expression, to)`.
        finals: places where the way may end.
    """

    places: int
    edges: tuple[tuple[int, Expression, int], ...]
    finals: frozenset[int]


@dataclass(frozen=True)
class Shortest:
    """The texts of a regular part of which no beginning is one too, as lazy repetition finds."""

    part: Expression


Place: TypeAlias = Literal["start", "end", "last", "line start", "line end"]
"""Of a text: its ends; `last` is its end, and before a line break that ends it; ends of a line."""


@dataclass(frozen=True)
class Anchor:
    """A place in a text, with no characters; only what `pattern.parse` returns has any."""

    place: Place


@dataclass(frozen=True)
class Look:
    """A look-around: nothing is read, but the text after it begins with a part, or before it ends.

    Only what `pattern.parse` returns with `looks` has any.

    Args:
        part: what to look for.
        ahead: whether to look at what follows.
        negative: whether it must not be there.
    """

    part: Expression
    ahead: bool
    negative: bool


Expression: TypeAlias = Chars | Ref | Series | Choice | Repeat | Graph | Shortest | Anchor | Look
Rules: TypeAlias = Mapping[str, Expression]
"""A grammar: what each rule stands for."""

EMPTY: Expression = Series(())
NEVER: Expression = Choice(())


def sequence(parts: Iterable[Expression]) -> Expression:
    """Parts one after the other."""
    flat: list[Expression] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Series) else [part])
    return flat[0] if len(flat) == 1 else Series(tuple(flat))


def choice(options: Iterable[Expression]) -> Expression:
    """One of several; sets of characters become one."""
    flat: dict[Expression, None] = {}
    for option in options:
        for one in option.options if isinstance(option, Choice) else [option]:
            flat[one] = None
    sets = [one for one in flat if isinstance(one, Chars)]
    if len(sets) > 1:
        every = Charset.of(interval for one in sets for interval in one.set.intervals)
        flat = {Chars(every): None, **{one: None for one in flat if not isinstance(one, Chars)}}
    listed = list(flat)
    return listed[0] if len(listed) == 1 else Choice(tuple(listed))


def optional(part: Expression) -> Expression:
    """A part, or the empty text."""
    return Repeat(part, 0, 1)


def literal(text: str) -> Expression:
    """An expression for exactly this text."""
    return sequence(Chars(Charset.chars(char)) for char in text)


def separated(part: Expression, separator: Expression, least: int, most: int | None) -> Expression:
    """`least` to `most` parts with separators between them; none matches if `most` < `least`."""
    if most is not None and most < least:
        return NEVER
    rest = sequence([separator, part])
    fewer = max(least - 1, 0)
    some = sequence([part, Repeat(rest, fewer, None if most is None else most - 1)])
    if most == 0:
        return EMPTY
    return some if least else optional(some)


def references(expression: Expression) -> Sequence[str]:
    """The rules an expression names, each as often as it names them."""
    found: list[str] = []
    todo = [expression]
    while todo:
        match todo.pop():
            case Ref(rule):
                found.append(rule)
            case Series(parts) | Choice(parts):
                todo.extend(reversed(parts))
            case Repeat(part, _, _) | Shortest(part):
                todo.append(part)
            case Graph(_, edges, _):
                todo.extend(part for _, part, _ in reversed(edges))
    return found


def has_look(expression: Expression) -> bool:
    """Whether there is a look-around in an expression."""
    todo = [expression]
    while todo:
        match todo.pop():
            case Look():
                return True
            case Series(parts) | Choice(parts):
                todo.extend(parts)
            case Repeat(part, _, _) | Shortest(part):
                todo.append(part)
    return False


def reachable(rules: Rules, start: str) -> list[str]:
    """The rules that `start` needs, itself first."""
    found: dict[str, None] = {start: None}
    todo = [start]
    while todo:
        for rule in references(rules[todo.pop()]):
            if rule not in found:
                found[rule] = None
                todo.append(rule)
    return list(found)


def replaced(expression: Expression, rules: Rules) -> Expression:
    """The expression, with the names of some rules replaced by what they stand for."""
    match expression:
        case Ref(rule):
            return rules.get(rule, expression)
        case Series(parts):
            return sequence(replaced(part, rules) for part in parts)
        case Choice(options):
            return choice(replaced(option, rules) for option in options)
        case Repeat(part, least, most):
            return Repeat(replaced(part, rules), least, most)
        case Shortest(part):
            return Shortest(replaced(part, rules))
        case Graph(places, edges, finals):
            filled = ((a, replaced(part, rules), b) for a, part, b in edges)
            return Graph(places, tuple(filled), finals)
        case Chars() | Anchor() | Look():
            return expression


def is_fixed(expression: Expression) -> bool:
    """Whether a text can match in one way only, with one length, so nothing can be given back."""
    match expression:
        case Series(parts):
            return all(map(is_fixed, parts))
        case Repeat(part, least, most):
            return least == most and is_fixed(part)
    return isinstance(expression, Chars)
