"""Composes the tunes of `tunes.abc`: `python -m corpora.compose > corpora/tunes.abc`.

A tune has two or three parts of eight bars, each two phrases over a row of chords. The second
phrase takes up the rhythm of the first, and often its notes, and ends on the tonic. On beats that
count the melody is on a note of the chord near the last one; between them it steps.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

COUNT = 120
SEED = 5

KEYS = ("C", "G", "D", "A", "F", "Am", "Em", "Dm", "Ddor", "Ador", "Gmix")
LETTERS = "CDEFGAB"

CHORDS = (
    (0, 0, 3, 0, 0, 0, 4, 4),
    (0, 3, 0, 4, 0, 3, 4, 0),
    (0, 0, 4, 4, 3, 0, 4, 0),
    (0, 5, 3, 4, 0, 5, 4, 0),
    (0, 4, 5, 3, 0, 4, 4, 0),
    (3, 0, 3, 4, 3, 0, 4, 0),
)
"""Degree of the chord of each bar, from 0."""


@dataclass(frozen=True)
class Dance:
    """A kind of tune.

    Args:
        name: what a tune of it is called.
        metre: its time signature.
        tempo: the beat and how many a minute.
        bars: rhythms of a bar, in eighths.
        ends: rhythms of the last bar of a phrase.
        strong: where in the bar the melody is on the chord, in eighths.
    """

    name: str
    metre: str
    tempo: str
    bars: tuple[tuple[int, ...], ...]
    ends: tuple[tuple[int, ...], ...]
    strong: tuple[int, ...]


DANCES = (
    Dance(
        "Reel",
        "4/4",
        "1/4=168",
        ((1,) * 8, (2, 1, 1, 2, 1, 1), (1, 1, 2, 1, 1, 2), (2, 1, 1, 1, 1, 1, 1), (3, 1, 2, 2)),
        ((2, 2, 4), (1, 1, 2, 4), (4, 4)),
        (0, 4),
    ),
    Dance(
        "Jig",
        "6/8",
        "3/8=112",
        ((1,) * 6, (2, 1, 1, 1, 1), (1, 1, 1, 2, 1), (2, 1, 2, 1), (3, 1, 1, 1)),
        ((3, 3), (2, 1, 3), (1, 1, 1, 3)),
        (0, 3),
    ),
    Dance(
        "Waltz",
        "3/4",
        "1/4=132",
        ((2, 2, 2), (4, 2), (2, 1, 1, 2), (3, 1, 2), (2, 2, 1, 1), (1, 1, 1, 1, 2)),
        ((6,), (4, 2), (2, 4)),
        (0,),
    ),
    Dance(
        "March",
        "2/4",
        "1/4=104",
        ((1, 1, 1, 1), (2, 1, 1), (1, 1, 2), (2, 2), (3, 1)),
        ((4,), (2, 2), (1, 1, 2)),
        (0, 2),
    ),
)

FIRST = ("Heron", "Lantern", "Copper", "Willow", "Granite", "Barley", "Quiet", "Long", "Amber")
SECOND = ("Bridge", "Kettle", "Meadow", "Harbour", "Staircase", "Orchard", "Ferry", "Gate", "Mill")


class Composer:
    """Composes tunes, always the same for a seed."""

    def __init__(self, seed: int) -> None:
        # Only `random()` itself is promised to give the same numbers in every version of Python.
        self._random = random.Random(seed).random

    def choose(self, options: Sequence[object]) -> object:
        """One of some, all as likely."""
        return options[int(self._random() * len(options))]

    def tune(self, number: int) -> str:
        """A tune in ABC notation."""
        dance, key = DANCES[number % len(DANCES)], KEYS[int(self._random() * len(KEYS))]
        name = f"{self.choose(FIRST)} {self.choose(SECOND)} {dance.name}"
        parts = [self._part(dance, key, high) for high in (0, 3, 1)[: 2 + (self._random() < 0.15)]]
        head = f"X:{number + 1}\nT:{name}\nM:{dance.metre}\nL:1/8\nQ:{dance.tempo}\nK:{key}\n"
        return head + "\n".join(parts) + "\n"

    def _part(self, dance: Dance, key: str, high: int) -> str:
        """Eight bars, a line for each phrase; `high` is the degree about which they lie."""
        chords = CHORDS[int(self._random() * len(CHORDS))]
        rhythms = [self.choose(dance.bars) for _ in range(3)] + [self.choose(dance.ends)]
        if self._random() < 0.5:
            rhythms[2] = rhythms[0]
        degree = high + 2 * int(self._random() * 3)
        bars: list[str] = []
        lines = []
        for bar in range(8):
            if bar in (4, 5) and self._random() < 0.6 and chords[bar] == chords[bar - 4]:
                bars.append(bars[bar - 4])
                continue
            rhythm = rhythms[bar % 4]
            assert isinstance(rhythm, tuple)
            last = bar == 7
            notes, degree = self._bar(dance, rhythm, chords[bar], degree, high, last)
            bars.append("".join(note(key, step) + length(time) for step, time in notes))
        for start in (0, 4):
            lines.append(" | ".join(bars[start : start + 4]))
        return f"|: {lines[0]} |\n{lines[1]} :|"

    def _bar(
        self, dance: Dance, rhythm: tuple[int, ...], chord: int, degree: int, high: int, last: bool
    ) -> tuple[list[tuple[int, int]], int]:
        """Degrees and lengths of the notes of a bar, and the last degree."""
        place, notes = 0, []
        direction = 1 if self._random() < 0.5 else -1
        for number, time in enumerate(rhythm):
            if last and number == len(rhythm) - 1:
                degree = min((0, 7), key=lambda tonic: abs(tonic - degree))
            elif place in dance.strong:
                steps = range(high - 3, high + 9)
                near = [step for step in steps if (step - chord) % 7 in (0, 2, 4)]
                near.sort(key=lambda step: (abs(step - degree), step))
                degree = near[int(self._random() * 2.6)]
                direction = 1 if degree < high + 3 else -1
            else:
                degree += direction if self._random() < 0.85 else -direction
            notes.append((degree, time))
            place += time
        return notes, degree


def note(key: str, degree: int) -> str:
    """The note of a degree of a key; 0 is the tonic, from A below middle C to G above."""
    tonic = LETTERS.index(key[0])
    octave, letter = divmod(tonic + degree - (7 if tonic >= 5 else 0), 7)
    if octave <= 0:
        return LETTERS[letter] + "," * -octave
    return LETTERS[letter].lower() + "'" * (octave - 1)


def length(eighths: int) -> str:
    """How ABC writes a length where an eighth is the unit."""
    return "" if eighths == 1 else str(eighths)


def compose(count: int = COUNT, seed: int = SEED) -> str:
    """So many tunes, blank lines between them."""
    composer = Composer(seed)
    return "\n".join(composer.tune(number) for number in range(count))


if __name__ == "__main__":
    print(compose(), end="")
