"""The constraint `number`: a number in a range, as a regular expression over its digits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from rnngen import Constraint, Machine, Single, Vocabulary
from rnngen_constrained.automata.digits import between
from rnngen_constrained.errors import BadSyntax, EmptyLanguage
from rnngen_constrained.kinds.regex import Regex
from rnngen_constrained.whole_text import shown, text_fault

MOST_DIGITS = 30


class Number(Constraint):
    """A number in `least..most`, both included, with as many decimals and no leading zeros."""

    proven = True

    def __init__(self, text: str) -> None:
        one = r"\s*(-?\d+)(?:\.(\d+))?\s*"
        found = re.fullmatch(rf"{one}\.\.{one}", text, re.ASCII)
        if found is None or len(text) > 4 * MOST_DIGITS:
            raise BadSyntax(
                f"`number` is `{text}`, expected a range", hint="write `1..12` or `0.00..1.50`"
            )
        places = max(len(found[2] or ""), len(found[4] or ""))
        least, most = _scaled(found[1], found[2], places), _scaled(found[3], found[4], places)
        if least > most:
            raise EmptyLanguage(
                f"`number` is `{text}`, an empty range", hint="write the smaller number first"
            )
        self.name = f"number={text}"
        self._bounds, self._places = (least, most), places
        self.pattern = "|".join(_parts(least, most, places))

    def bind(self, vocabulary: Vocabulary) -> Machine | Single:
        """The machine."""
        regex = Regex(self.pattern)
        regex.name = self.name
        return regex.bind(vocabulary)

    def fault(self, machine: Machine | Single, steps: Sequence[int]) -> str | None:
        """What is wrong with a finished text, by its value."""
        return text_fault(machine.vocabulary, steps, self._outside)

    def _outside(self, text: str) -> str | None:
        decimals = rf"\.[0-9]{{{self._places}}}" if self._places else ""
        # A zero has no sign, and no number a zero before its other digits.
        form = re.fullmatch(rf"(-?)(0|[1-9][0-9]*){decimals}", text)
        if form is None or (form[1] and Fraction(text) == 0):
            return f"{shown(text)} is not a number with {self._places} decimals"
        least, most = (Fraction(one, 10**self._places) for one in self._bounds)
        return None if least <= Fraction(text) <= most else f"{shown(text)} is out of bounds"


def _scaled(whole: str, decimals: str | None, places: int) -> int:
    size = int(whole.lstrip("-") + (decimals or "").ljust(places, "0"))
    return -size if whole.startswith("-") else size


def _parts(least: int, most: int, places: int) -> Iterator[str]:
    if least < 0:
        for part in _from_to(max(1, -most), -least, places):
            yield "-" + part
    if most >= 0:
        yield from _from_to(max(0, least), most, places)


def _from_to(least: int, most: int, places: int) -> Iterator[str]:
    """Alternatives for numbers with a whole part and `places` decimals, one for each length."""
    width = max(len(str(least)), places + 1)
    while least <= most:
        last = min(most, 10**width - 1)
        for found in between(str(least).zfill(width), str(last).zfill(width)):
            yield _with_point([_digit(*one) for one in found], places)
        least, width = last + 1, width + 1


def _digit(first: str, last: str) -> str:
    return first if first == last else f"[{first}-{last}]"


def _with_point(digits: list[str], places: int) -> str:
    if not places:
        return "".join(digits)
    return "".join(digits[:-places]) + r"\." + "".join(digits[-places:])
