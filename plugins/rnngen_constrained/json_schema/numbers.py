"""Numbers within bounds as decimal texts.

A bounded number is written with few enough digits that reading it as a binary64 keeps the order of
decimals (15 significant ones: IEEE 754), so a validator that compares floats comes to the same
answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm

from rnngen_constrained.automata.charset import Charset
from rnngen_constrained.automata.expression import (
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
from rnngen_constrained.json_schema.number_digits import (
    ANY_DIGIT,
    INTEGER_DIGITS,
    digits,
    multiples,
)

DIGITS = 15
FRACTION_DIGITS = 6
MOST_VALUES = 5000


@dataclass(frozen=True)
class Bounds:
    """What a number must be: within bounds, each left out itself if it is `open`."""

    least: Decimal | None = None
    most: Decimal | None = None
    least_open: bool = False
    most_open: bool = False

    def integers(self) -> tuple[int | None, int | None]:
        """The least and the greatest integer within the bounds."""
        low = high = None
        if self.least is not None:
            low = _ceil(self.least)
            low += self.least_open and low == self.least
        if self.most is not None:
            high = _floor(self.most)
            high -= self.most_open and high == self.most
        return low, high

    def decimals(self) -> int:
        """The most decimal places of a bound."""
        given = [one for one in (self.least, self.most) if one is not None]
        return max((decimals(Fraction(one)) for one in given), default=0)


def within(value: float, bounds: Bounds, multiple: Fraction | None) -> bool:
    """Whether a number is within bounds and a multiple."""
    exact = Decimal(repr(value))
    low, high = bounds.least, bounds.most
    above = low is None or exact > low or (exact == low and not bounds.least_open)
    below = high is None or exact < high or (exact == high and not bounds.most_open)
    return above and below and (multiple is None or Fraction(exact) % multiple == 0)


def integer(bounds: Bounds, multiple: int = 1) -> Expression:
    """Integers within bounds that are multiples of a number; `NEVER` if there are none.

    Raises:
        ValueError: there are too many multiples to write them out.
    """
    low, high = bounds.integers()
    if low is not None and high is not None:
        low, high = -(-low // multiple) * multiple, high // multiple * multiple
        if low > high:
            return NEVER
        if multiple > 1:
            if (high - low) // multiple >= MOST_VALUES:
                raise ValueError(f"there are more than {MOST_VALUES} multiples within the bounds")
            return choice(literal(str(value)) for value in range(low, high + 1, multiple))
    elif multiple > 1:
        return multiples(low, high, multiple)
    options = []
    if low is None or low < 0:
        most = None if low is None else -low
        least = 1 if high is None or high >= 0 else -high
        options.append(sequence([literal("-"), digits(least, most)]))
    if high is None or high >= 0:
        options.append(digits(max(low or 0, 0), high))
    return choice(options)


def number(bounds: Bounds, most_places: int | None = None) -> Expression:
    """Numbers within bounds, with a fraction or without.

    Args:
        bounds: of the numbers.
        most_places: most digits of the fraction, where they are limited.

    Raises:
        ValueError: the bounds have that many digits that comparing floats might go wrong.
    """
    if bounds == Bounds() and most_places is None:
        exponent = sequence(
            [
                Chars(Charset.chars("eE")),
                optional(Chars(Charset.chars("+-"))),
                Repeat(ANY_DIGIT, 1, 2),
            ]
        )
        fraction = sequence([literal("."), Repeat(ANY_DIGIT, 1, INTEGER_DIGITS)])
        whole = sequence([optional(literal("-")), digits(0, None)])
        return sequence([whole, optional(fraction), optional(exponent)])
    options = []
    if bounds.least is None or bounds.least < 0:
        mirrored = Bounds(
            -bounds.most if bounds.most is not None and bounds.most < 0 else Decimal(0),
            None if bounds.least is None else -bounds.least,
            bounds.most_open if bounds.most is not None and bounds.most <= 0 else False,
            bounds.least_open,
        )
        options.append(sequence([literal("-"), _positive(mirrored, most_places)]))
    if bounds.most is None or bounds.most >= 0:
        from_zero = bounds.least is None or bounds.least < 0
        least = Decimal(0) if from_zero else bounds.least
        opened = not from_zero and bounds.least_open
        options.append(_positive(Bounds(least, bounds.most, opened, bounds.most_open), most_places))
    return choice(options)


def _positive(bounds: Bounds, most_places: int | None) -> Expression:
    """Decimals that are not negative: by whole part, then the fraction that is left."""
    least, most = bounds.least or Decimal(0), bounds.most
    low, low_fraction = _split(least)
    places = max(FRACTION_DIGITS if most_places is None else most_places, len(low_fraction))
    if most is None:
        high, high_fraction = None, ""
        room = DIGITS - places
        top = 10**room - 1
    else:
        if most < least:
            return NEVER
        high, high_fraction = _split(most)
        places = max(places, len(high_fraction))
        top = high
    if len(str(max(top, low))) + places > DIGITS or low > top:
        raise ValueError(f"a bound has more than {DIGITS} digits with its fraction")
    lower = (low_fraction, bounds.least_open)
    upper = (high_fraction, bounds.most_open)
    options = []
    if low == high:
        return sequence([literal(str(low)), _fraction(lower, upper, places)])
    options.append(sequence([literal(str(low)), _fraction(lower, None, places)]))
    if high is not None:
        options.append(sequence([literal(str(high)), _fraction(None, upper, places)]))
    last = top if high is None else top - 1
    if low + 1 <= last:
        options.append(sequence([digits(low + 1, last), _fraction(None, None, places)]))
    return choice(options)


def _fraction(
    lower: tuple[str, bool] | None, upper: tuple[str, bool] | None, places: int
) -> Expression:
    """Nothing, or a point and digits, so that the fraction is within `(digits, open)` bounds."""
    low, low_open = lower or ("", False)
    high, high_open = upper or ("", False)
    numbers: dict[tuple[int, bool, bool], int] = {}
    todo: list[tuple[int, bool, bool]] = []

    def place(at: int, on_low: bool, on_high: bool) -> int:
        key = at, on_low, on_high
        if key not in numbers:
            numbers[key] = len(numbers) + 1
            todo.append(key)
        return numbers[key]

    def ends(at: int, on_low: bool, on_high: bool) -> bool:
        above = not on_low or (at >= len(low) and not low_open)
        below = not on_high or at < len(high) or not high_open
        return above and below

    first = (0, lower is not None, upper is not None)
    edges: list[tuple[int, Expression, int]] = [(0, literal("."), place(*first))]
    finals = {0} if ends(*first) else set()
    while todo:
        at, on_low, on_high = key = todo.pop()
        if at and ends(at, on_low, on_high):
            finals.add(numbers[key])
        if at == places:
            continue
        smallest = int(low[at]) if on_low and at < len(low) else 0
        largest = (int(high[at]) if at < len(high) else 0) if on_high else 9
        for digit in range(smallest, largest + 1):
            after = place(at + 1, on_low and digit == smallest, on_high and digit == largest)
            edges.append((numbers[key], literal(str(digit)), after))
    return Graph(len(numbers) + 1, tuple(edges), frozenset(finals))


def _split(value: Decimal) -> tuple[int, str]:
    whole = _floor(value)
    fraction = format(value - whole, "f").partition(".")[2].rstrip("0")
    return whole, fraction


def _floor(value: Decimal) -> int:
    whole = int(value)
    return whole - 1 if whole > value else whole


def _ceil(value: Decimal) -> int:
    return -_floor(-value)


def common_multiple(one: Fraction, other: Fraction) -> Fraction:
    """The least common multiple."""
    below = one.denominator * other.denominator
    return Fraction(lcm(int(one * below), int(other * below)), below)


def decimals(multiple: Fraction) -> int:
    """The decimal places that multiples of a decimal number need."""
    places = 0
    while (multiple * 10**places).denominator > 1:
        places += 1
    return places
