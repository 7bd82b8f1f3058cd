"""Forms of poems: the measure of each line, and which lines rhyme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rnngen import UsageError
from rnngen_constrained import Unsupported
from rnngen_poetry.measure import Measure, syllables

LONGEST = 400
"""The most lines a poem may have."""
MOST_MIXED = 6
"""The most lines with different measures that may share a rhyme."""


@dataclass(frozen=True)
class Form:
    """The lines of a poem.

    Args:
        measures: the measure of each line.
        rhymes: a letter for each line; lines with the same letter rhyme. Empty: none does.
        name: the form as a user would call it.
    """

    measures: tuple[Measure, ...]
    rhymes: tuple[str, ...] = ()
    name: str = "poem"

    @property
    def length(self) -> int:
        """The number of lines."""
        return len(self.measures)

    def partners(self, line: int) -> list[int]:
        """The later lines that rhyme with a line."""
        if not self.rhymes or self.rhymes[line] == "-":
            return []
        return [
            later
            for later in range(line + 1, self.length)
            if self.rhymes[later] == self.rhymes[line]
        ]

    def letter(self, line: int) -> str | None:
        """The rhyme of a line; None where it rhymes with no other."""
        if not self.rhymes or self.rhymes[line] == "-" or self.rhymes.count(self.rhymes[line]) < 2:
            return None
        return self.rhymes[line]


def haiku() -> Form:
    """Three lines of 5, 7 and 5 syllables."""
    return Form((syllables(5), syllables(7), syllables(5)), name="haiku")


def couplets(lines: int, measure: Measure) -> Form:
    """Pairs of lines that rhyme, AABBCC; UsageError for an odd number of lines."""
    if lines % 2 or not 2 <= lines <= LONGEST:
        raise UsageError(
            f"couplets can't have {lines} lines, expected an even number, 2 to {LONGEST}",
            hint=f"`lines={max(2, lines + lines % 2)}`" if lines < LONGEST else None,
        )
    letters = tuple(str(line // 2) for line in range(lines))
    return Form((measure,) * lines, letters, "couplets")


def limerick() -> Form:
    """AABBA: lines of 7 to 10 syllables, the third and fourth of 5 to 7."""
    long, short = syllables(7, 10), syllables(5, 7)
    return Form((long, long, short, short, long), tuple("AABBA"), "limerick")


def free_form(measures: Sequence[Measure], rhymes: str, lines: int | None, name: str) -> Form:
    """Makes a form of lines with these measures in turn.

    Args:
        measures: repeated until there are enough lines.
        rhymes: a letter for each line, such as `ABAB`; `-` for a line that need not rhyme. Repeated
            with new letters where there are more lines. Empty: nothing rhymes.
        lines: how many; None: as many as there are measures, or letters if those are more.
        name: of the constraint.

    Raises:
        UsageError: the letters are not a scheme, or there are too many lines.
        Unsupported: too many lines with different measures share a rhyme.
    """
    rhymes = rhymes.replace(" ", "")
    wrong = next((letter for letter in rhymes if not letter.isalpha() and letter != "-"), None)
    if wrong is not None:
        raise UsageError(
            f"`{rhymes}` is not a rhyme scheme: `{wrong}` is not a letter",
            hint="for example `ABAB`; `-` marks a line that need not rhyme",
        )
    count = lines if lines is not None else max(len(measures), len(rhymes))
    if not measures or not 1 <= count <= LONGEST:
        raise UsageError(
            f"a poem can't have {count if measures else 0} lines, expected 1 to {LONGEST}"
        )
    letters: tuple[str, ...] = ()
    if rhymes:
        stanza = len(rhymes)
        letters = tuple(
            "-"
            if rhymes[line % stanza] == "-"
            else f"{rhymes[line % stanza]}{line // stanza or ''}"
            for line in range(count)
        )
    form = Form(tuple(measures[line % len(measures)] for line in range(count)), letters, name)
    for letter in set(letters) - {"-"}:
        sharing = [line for line in range(count) if letters[line] == letter]
        if len({form.measures[line] for line in sharing}) > 1 and len(sharing) > MOST_MIXED:
            raise Unsupported(
                f"{len(sharing)} lines with different measures share the rhyme `{letter}` of "
                f"`{rhymes}`, expected at most {MOST_MIXED}",
                hint="any number of lines with the same measure may share a rhyme",
            )
    return form
