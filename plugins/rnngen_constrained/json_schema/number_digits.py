"""Whole numbers as decimal digits: those within bounds, and multiples."""

from __future__ import annotations

from rnngen_constrained.automata.charset import Charset
from rnngen_constrained.automata.digits import between
from rnngen_constrained.automata.expression import (
    NEVER,
    Chars,
    Expression,
    Graph,
    choice,
    literal,
    optional,
    sequence,
)

INTEGER_DIGITS = 18
"""Digits of an integer without a bound."""
MOST_REMAINDERS = 200
ANY_DIGIT: Expression = Chars(Charset.of([(48, 57)]))


def digits(low: int, high: int | None) -> Expression:
    """Integers from `low` (not negative) to `high`, without leading zeros."""
    if high is not None and low > high:
        return NEVER
    longest = len(str(high)) if high is not None else max(INTEGER_DIGITS, len(str(low)) + 1)
    options: list[Expression] = []
    for length in range(len(str(low)), longest + 1):
        first = max(low, 10 ** (length - 1) if length > 1 else 0)
        last = 10**length - 1 if high is None else min(high, 10**length - 1)
        for places in between(str(first), str(last)):
            options.append(sequence(Chars(Charset.of([(ord(a), ord(b))])) for a, b in places))
    return choice(options)


def multiples(low: int | None, high: int | None, multiple: int) -> Expression:
    """Multiples without a bound on one side: an automaton of remainders."""
    if multiple > MOST_REMAINDERS:
        raise ValueError(f"it is more than {MOST_REMAINDERS}, and there is no bound on one side")
    if (low is not None and low not in (0, 1)) or high is not None:
        raise ValueError("there is a bound on one side only")
    edges: list[tuple[int, Expression, int]] = []
    for remainder in range(multiple):
        targets: dict[int, str] = {}
        for digit in "0123456789":
            to = (remainder * 10 + int(digit)) % multiple
            targets[to] = targets.get(to, "") + digit
        for to, digits in targets.items():
            edges.append((remainder + 1, Chars(Charset.chars(digits)), to + 1))
    for digit in "123456789":
        edges.append((0, literal(digit), int(digit) % multiple + 1))
    positive = Graph(multiple + 1, tuple(edges), frozenset({1}))
    zero = [literal("0")] if low != 1 else []
    sign = [optional(literal("-"))] if low is None else []
    return choice([*zero, sequence([*sign, positive])])
