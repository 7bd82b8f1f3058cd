"""Finds what can't be written: rules that never end, and characters a vocabulary lacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rnngen_constrained.automata.charset import Charset
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
    reachable,
    references,
)
from rnngen_constrained.errors import EmptyLanguage, Unspellable
from rnngen_constrained.grammar.alphabet import Alphabet

Price = Callable[[Charset], int | None]
Prices = dict[str, int]
MISSING = 1 << 20
"""The price of a character the vocabulary lacks: more than any number of others."""


def check_spellable(rules: Rules, start: str, alphabet: Alphabet, name: str) -> list[str]:
    """Checks that some text of a grammar can be written with a vocabulary.

    Returns:
        the rules, among those that `start` needs, that never can.

    Raises:
        EmptyLanguage: with any vocabulary there is none; the message names a rule that never ends.
        Unspellable: the message names the characters that are missing.
    """
    needed = reachable(rules, start)
    fault = endless(rules, start)
    if fault is not None:
        raise EmptyLanguage(f"`{name}`: {fault.why}", hint=fault.hint)
    written = prices(rules, alphabet.cost)
    if start in written:
        return [rule for rule in needed if rule not in written]
    dear = prices(rules, lambda chars: alphabet.cost(chars) or (MISSING if chars else None))
    missing = sorted(_missing(Ref(start), rules, alphabet, dear, set()))
    named = ", ".join(f"`{char}`" if char.isprintable() else repr(char) for char in missing)
    raise Unspellable(
        f"`{name}`: no text satisfies it without {named}, which the model has no step for",
        hint="the model knows only what was in its training text; change the rule or the model",
    )


def prices(rules: Rules, price: Price) -> Prices:
    """The least price of a text of each rule that has one, as a least fixpoint."""
    found: Prices = {}
    users: dict[str, list[str]] = {}
    for name, expression in rules.items():
        for rule in set(references(expression)):
            users.setdefault(rule, []).append(name)
    known: dict[Charset, int | None] = {}

    def cached(chars: Charset) -> int | None:
        if chars not in known:
            known[chars] = price(chars)
        return known[chars]

    todo = dict.fromkeys(rules)
    while todo:
        name = next(iter(todo))
        del todo[name]
        least = cheapest(rules[name], found, cached)
        if least is not None and least < found.get(name, least + 1):
            found[name] = least
            todo.update(dict.fromkeys(users.get(name, ())))
    return found


def cheapest(expression: Expression, known: Prices, price: Price) -> int | None:
    """The least price of a text of an expression; None if there is none."""
    match expression:
        case Chars(chars):
            return price(chars)
        case Ref(rule):
            return known.get(rule)
        case Series(parts):
            each = [cheapest(part, known, price) for part in parts]
            return None if None in each else sum(one for one in each if one is not None)
        case Choice(options):
            some = [cheapest(option, known, price) for option in options]
            return min((one for one in some if one is not None), default=None)
        case Repeat(part, least, _):
            once = cheapest(part, known, price) if least else 0
            return None if once is None else once * least
        case Shortest(part):
            return cheapest(part, known, price)
        case Graph():
            way = _way(expression, known, price)
            return None if way is None else way[0]
        case Anchor() | Look():
            return 0


def _way(graph: Graph, known: Prices, price: Price) -> tuple[int, list[Expression]] | None:
    """The cheapest way through a graph: its price, and what stands on it."""
    import heapq

    after: list[list[tuple[int, Expression, int]]] = [[] for _ in range(graph.places)]
    for a, part, b in graph.edges:
        cost = cheapest(part, known, price)
        if cost is not None:
            after[a].append((cost, part, b))
    count = 0
    queue: list[tuple[int, int, int, list[Expression]]] = [(0, 0, 0, [])]
    seen: set[int] = set()
    while queue:
        total, _, place, parts = heapq.heappop(queue)
        if place in graph.finals:
            return total, parts
        if place in seen:
            continue
        seen.add(place)
        for cost, part, b in after[place]:
            count += 1
            heapq.heappush(queue, (total + cost, count, b, [*parts, part]))
    return None


def _missing(
    expression: Expression, rules: Rules, alphabet: Alphabet, known: Prices, seen: set[str]
) -> set[str]:
    """Characters that the cheapest text needs and the vocabulary lacks."""

    def price(chars: Charset) -> int | None:
        return alphabet.cost(chars) or (MISSING if chars else None)

    def inside(part: Expression) -> set[str]:
        return _missing(part, rules, alphabet, known, seen)

    match expression:
        case Chars(chars):
            return set() if alphabet.cost(chars) else {chars.first()}
        case Ref(rule):
            if rule in seen:
                return set()
            seen.add(rule)
            return inside(rules[rule])
        case Series(parts):
            return {char for part in parts for char in inside(part)}
        case Choice(options):
            priced = [(cheapest(option, known, price), option) for option in options]
            some = [(cost, option) for cost, option in priced if cost is not None]
            return inside(min(some, key=lambda pair: pair[0])[1])
        case Repeat(part, least, _):
            return inside(part) if least else set()
        case Shortest(part):
            return inside(part)
        case Graph():
            way = _way(expression, known, price)
            return {char for part in way[1] for char in inside(part)} if way else set()
        case Anchor() | Look():
            return set()


@dataclass(frozen=True)
class Endless:
    """Why a grammar has no texts: the rule that is itself at fault."""

    rule: str
    why: str
    hint: str | None = None


def endless(rules: Rules, start: str) -> Endless | None:
    """Why no text at all satisfies a grammar; None where some does."""
    ends = prices(rules, lambda chars: 1 if chars else None)
    if start in ends:
        return None
    inner = _innermost(rules, start, ends)
    rule = next(one for one in reachable(rules, start) if one in inner)
    if rule not in references(rules[rule]) and len(inner) == 1:
        return Endless(rule, f"`{rule}` matches no text at all")
    again = " or ".join(f"`{one}`" for one in inner if one in references(rules[rule]))
    return Endless(
        rule,
        f"rule `{rule}` never ends: each of its alternatives needs {again} again",
        f"give `{rule}` an alternative without recursion",
    )


def _innermost(rules: Rules, start: str, ends: Prices) -> list[str]:
    """Rules without an end that need each other, and no others without one."""
    users: dict[str, list[str]] = {}
    for name, expression in rules.items():
        for rule in references(expression):
            users.setdefault(rule, []).append(name)
    rule = start
    while True:
        inner = [one for one in reachable(rules, rule) if one not in ends]
        back, todo = {rule}, [rule]
        while todo:
            for user in users.get(todo.pop(), ()):
                if user not in back:
                    back.add(user)
                    todo.append(user)
        further = [one for one in inner if one not in back]
        if not further:
            return inner
        rule = further[-1]
