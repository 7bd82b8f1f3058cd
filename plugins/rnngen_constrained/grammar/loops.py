"""Rewrites a grammar, keeping its language, so that little recursion is left.

A rule that only ends, or only begins, with itself is a repetition; a rule that does not name itself
can replace its name. What is left of most grammars is intended recursion (brackets),
and a grammar without any becomes one automaton.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from rnngen_constrained.automata.expression import (
    Anchor,
    Chars,
    Choice,
    Expression,
    Graph,
    Look,
    Ref,
    Repeat,
    Rules,
    Series,
    Shortest,
    choice,
    reachable,
    references,
    replaced,
    sequence,
)

SMALL = 24
"""A rule this small is inlined wherever it is named."""
LARGEST = 4000
"""Nothing is inlined that makes a grammar grow by more than this."""
DEEPEST = 50
"""Nothing is inlined in which more expressions are within each other."""
MOST_COPIED = 200_000
"""Places inlined in all, each as often as it is: thousands of rules in a row stay as they are."""


def simplified(rules: Rules, start: str) -> dict[str, Expression]:
    """The same language with fewer rules, only those that `start` needs."""
    left = {name: looped(name, rules[name]) for name in reachable(rules, start)}
    uses = {name: Counter(references(expression)) for name, expression in left.items()}
    users: dict[str, dict[str, None]] = {name: {} for name in left}
    for other, used in uses.items():
        for name in used:
            users[name][other] = None
    todo = list(left)
    copies = MOST_COPIED
    while todo:
        name = todo.pop()
        if name not in left or not _goes(name, start, left, uses, users):
            continue
        length = size(left[name])
        if length > copies:
            continue
        copies -= length
        body = {name: left.pop(name)}
        for one in uses.pop(name):
            del users[one][name]
        for other in users.pop(name):
            for one in uses[other].keys() - {name}:
                del users[one][other]
            left[other] = looped(other, replaced(left[other], body))
            uses[other] = Counter(references(left[other]))
            for one in uses[other]:
                users[one][other] = None
            todo.append(other)
    return {name: left[name] for name in reachable(left, start)}


def looped(name: str, expression: Expression) -> Expression:
    """A rule's expression with recursion at one end turned into repetition."""
    options = expression.options if isinstance(expression, Choice) else (expression,)
    if name not in references(expression):
        return expression
    plain: list[Expression] = []
    at_start: list[Expression] = []
    at_end: list[Expression] = []
    for option in options:
        parts = option.parts if isinstance(option, Series) else (option,)
        inside = references(option).count(name)
        if inside == 0:
            plain.append(option)
        elif inside == 1 and parts == (Ref(name),):
            continue
        elif inside == 1 and parts[0] == Ref(name):
            at_start.append(sequence(parts[1:]))
        elif inside == 1 and parts[-1] == Ref(name):
            at_end.append(sequence(parts[:-1]))
        else:
            return expression
    if at_start and at_end:
        return expression
    parts = (choice(plain),)
    if at_start == plain or at_end == plain:
        return Repeat(choice(plain), 1, None)
    if at_start:
        parts = (*parts, Repeat(choice(at_start), 0, None))
    if at_end:
        parts = (Repeat(choice(at_end), 0, None), *parts)
    return sequence(parts)


def size(expression: Expression) -> int:
    """The approximate number of places that an expression takes in an automaton."""
    match expression:
        case Chars() | Ref() | Anchor() | Look():
            return 1
        case Series(parts) | Choice(parts):
            return sum(map(size, parts))
        case Repeat(part, least, most):
            return size(part) * max(1, least if most is None else most)
        case Shortest(part):
            return size(part)
        case Graph(places, edges, _):
            return places + sum(size(part) for _, part, _ in edges)


def depth(expression: Expression) -> int:
    """How many expressions are within each other."""
    match expression:
        case Series(parts) | Choice(parts):
            return 1 + max(map(depth, parts), default=0)
        case Repeat(part, _, _) | Shortest(part) | Look(part, _, _):
            return 1 + depth(part)
        case Graph(_, edges, _):
            return 1 + max((depth(part) for _, part, _ in edges), default=0)
        case Chars() | Ref() | Anchor():
            return 1


def _goes(
    name: str,
    start: str,
    rules: Rules,
    uses: Mapping[str, Counter[str]],
    users: Mapping[str, Iterable[str]],
) -> bool:
    """Whether a rule may be inlined where it is named."""
    if name == start or uses[name][name]:
        return False
    length = size(rules[name])
    if length > LARGEST or depth(rules[name]) > DEEPEST:
        return False
    times = sum(_times(rules[other], name) for other in users[name])
    return times <= 1 or length <= 1 or (length <= SMALL and length * times <= LARGEST)


def _times(expression: Expression, name: str) -> int:
    match expression:
        case Ref(rule):
            return int(rule == name)
        case Series(parts) | Choice(parts):
            return sum(_times(part, name) for part in parts)
        case Repeat(part, least, most):
            return _times(part, name) * max(1, least if most is None else most)
        case Shortest(part):
            return _times(part, name)
        case Graph(_, edges, _):
            return sum(_times(part, name) for _, part, _ in edges)
        case Chars() | Anchor() | Look():
            return 0
