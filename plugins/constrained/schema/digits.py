"""Whole numbers as decimal digits: those within bounds, and multiples."""

from __future__ import annotations

from rnngen_constrained.cfg.charset import Charset
from rnngen_constrained.cfg.expression import (
    EMPTY,
    NEVER,
    Chars,
    Expression,
    Graph,
    Repeat,
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
        options.append(_same_length(str(first), str(last)))
    return choice(options)


def _same_length(low: str, high: str) -> Expression:
    """Digits from `low` to `high`, which are equally long."""
    if not low:
        return EMPTY
    if set(low) == {"0"} and set(high) == {"9"}:
        return Repeat(ANY_DIGIT, len(low), len(low))
    if low[0] == high[0]:
        return sequence([literal(low[0]), _same_length(low[1:], high[1:])])
    rest = len(low) - 1
    options: list[Expression] = []
    start, stop = low[0], high[0]
    if set(low[1:]) - {"0"}:
        options.append(sequence([literal(start), _same_length(low[1:], "9" * rest)]))
        start = chr(ord(start) + 1)
    tail: list[Expression] = []
    if set(high[1:]) - {"9"}:
        tail.append(sequence([literal(stop), _same_length("0" * rest, high[1:])]))
        stop = chr(ord(stop) - 1)
    if start <= stop:
        options.append(sequence([Chars(_range(start, stop)), Repeat(ANY_DIGIT, rest, rest)]))
    return choice([*options, *tail])


def multiples(low: int | None, high: int | None, multiple: int) -> Expression:
    """Multiples where one side has no bound: an automaton of remainders."""
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


def _range(low: str, high: str) -> Charset:
    return Charset.of([(ord(low), ord(high))])
