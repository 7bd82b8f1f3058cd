"""The measure of a line: how many syllables it has, and which of them are stressed.

A line is filled word by word; a set of positions (syllables written so far) is the bits of a whole
number, as a word with several pronunciations may end at several. A pronunciation of n syllables
fits at the positions `fits`, again bits, and moves each of them n up:

    positions' = (positions & fits) << n

Stress in a metre (Halle and Keyser 1966, simplified): a word of several syllables has its primary
stress in strong positions only, and unstressed syllables in weak ones only; secondary stress and
words of one syllable may stand in either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rnngen import UsageError, suggest

MOST = 60
"""Syllables a line may have, so that a set of positions is one machine word."""

FEET = {"iambic": "01", "trochaic": "10", "anapestic": "001", "dactylic": "100"}
LENGTHS = {
    "monometer": 1,
    "dimeter": 2,
    "trimeter": 3,
    "tetrameter": 4,
    "pentameter": 5,
    "hexameter": 6,
    "heptameter": 7,
    "octameter": 8,
}


@dataclass(frozen=True)
class Measure:
    """The required syllables and metre of a line.

    Args:
        counts: the numbers of syllables it may have.
        metre: 1 for a strong position, 0 for a weak one; empty: stress does not matter.
        name: the measure as a user would call it.
    """

    counts: frozenset[int]
    metre: str = ""
    name: str = ""

    @property
    def ends(self) -> int:
        """The positions at which the line may end."""
        return sum(1 << count for count in self.counts)

    def fits(self, stresses: str) -> int:
        """The positions at which a word with these stresses may begin."""
        length = len(stresses)
        last = max(self.counts) - length
        return sum(1 << place for place in range(last + 1) if self._fits_at(stresses, place))

    def _fits_at(self, stresses: str, place: int) -> bool:
        if not self.metre or len(stresses) == 1:
            return True
        under = self.metre[place : place + len(stresses)]
        return all(
            stress == "2" or stress == strong
            for stress, strong in zip(stresses, under, strict=True)
        )


def syllables(low: int, high: int | None = None) -> Measure:
    """A line of `low` syllables, or of `low` to `high`."""
    high = low if high is None else high
    if not 1 <= low <= high <= MOST:
        wanted = str(low) if low == high else f"{low}-{high}"
        raise UsageError(
            f"a line of {wanted} syllables can't be written, expected 1 to {MOST}",
            hint="write the smaller number of a range first, `6-9`" if low > high else None,
        )
    wanted = f"{low} syllable{'s' * (low > 1)}" if low == high else f"{low} to {high} syllables"
    return Measure(frozenset(range(low, high + 1)), "", wanted)


def read_syllables(text: str) -> Measure:
    """Reads `7`, or a range, `6-9`; UsageError for anything else."""
    low, dash, high = text.strip().partition("-")
    try:
        return syllables(int(low), int(high) if dash else None)
    except ValueError:
        raise UsageError(
            f"`{text}` is not a syllable count", hint="for example `8,6,8,6`, or `6-9`"
        ) from None


def read_metre(name: str) -> Measure:
    """Reads `iambic-pentameter`, or positions, `0101010101`; UsageError for anything else."""
    text = "-".join(name.lower().replace("-", " ").split())
    foot, _, length = text.partition("-")
    if text and set(text) <= {"0", "1"} and len(text) <= MOST:
        pattern = text
    elif foot in FEET and length in LENGTHS:
        pattern = FEET[foot] * LENGTHS[length]
    else:
        near = suggest(text, [f"{foot}-{length}" for foot in FEET for length in LENGTHS])
        raise UsageError(
            f"there is no metre `{name}`",
            hint=f"did you mean `{near}`?"
            if near
            else f"a foot ({', '.join(FEET)}) and a length ({', '.join(LENGTHS)}), or `01010101`",
        )
    return Measure(frozenset({len(pattern)}), pattern, text)


@dataclass(frozen=True)
class Kind:
    """A class of pronunciations that the measures of a poem can't tell apart.

    Args:
        length: its syllables.
        fits: for each measure of the poem, the positions at which it may begin.
    """

    length: int
    fits: tuple[int, ...]


class Kinds:
    """Numbers the kinds of pronunciation that the measures of a poem distinguish."""

    def __init__(self, measures: Sequence[Measure]) -> None:
        self._measures = measures
        self._known: dict[str, int] = {}
        self._numbers: dict[Kind, int] = {}
        self.all: list[Kind] = []

    def number(self, stresses: str) -> int:
        """The number of a pronunciation's kind; -1 if it fits into no line."""
        if stresses not in self._known:
            fits = tuple(measure.fits(stresses) for measure in self._measures)
            kind = Kind(len(stresses), fits)
            if any(fits) and kind not in self._numbers:
                self._numbers[kind] = len(self.all)
                self.all.append(kind)
            self._known[stresses] = self._numbers.get(kind, -1)
        return self._known[stresses]

    def after(self, positions: int, measure: int, kinds: Iterable[int]) -> int:
        """The positions after a word that can be said as any of these kinds."""
        result = 0
        for number in kinds:
            kind = self.all[number]
            result |= (positions & kind.fits[measure]) << kind.length
        return result
