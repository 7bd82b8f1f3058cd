"""What a poem still needs, line by line.

A context says what the lines before have settled: for each rhyme that later lines share, its
letter, the rhymes it can still be, and the words that used it. The lines still to come share only
their rhymes, so their least cost is a sum over rhymes, and over lines without one.
"""

from __future__ import annotations

import numpy as np

from rnngen_poetry.between import Place
from rnngen_poetry.endings import PLACES, AnyRhyme, Ending, SameRhyme
from rnngen_poetry.forms import Form
from rnngen_poetry.lines import Lines
from rnngen_poetry.measure import Measure
from rnngen_poetry.rhymes import Rhymes
from rnngen_poetry.spelling import FAR
from rnngen_poetry.trie import compact

Context = tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...]


class Plan:
    """The lines of a form.

    Args:
        form: the poem's.
        lines: the fewest steps of lines, by measure.
        measures: the form's different measures, numbered as in `lines`.
        repeat: whether a word may rhyme with itself.
    """

    def __init__(self, form: Form, lines: Lines, measures: list[Measure], *, repeat: bool) -> None:
        self.form = form
        self.lines = lines
        self.repeat = repeat
        self.measure = [measures.index(measure) for measure in form.measures]
        self.letters = [form.letter(line) for line in range(form.length)]
        self._measures_after: dict[tuple[int, str], tuple[int, ...]] = {}
        most = max((form.rhymes.count(letter) for letter in form.rhymes), default=1)
        self.rhymes = Rhymes(lines, repeat=repeat, most=most)
        self._new: dict[tuple[int, ...], AnyRhyme] = {}
        self._known: dict[tuple[int, Context], LinePlan] = {}
        costs = [self._of_new(line) for line in range(1, form.length)]
        self._later = [sum(costs[line:]) for line in range(form.length)]
        words = lines.spoken.word
        self._by_word = np.argsort(words, kind="stable")
        begins = np.searchsorted(words[self._by_word], np.arange(int(words.max()) + 2))
        self._word_begin = compact(begins)

    def line(self, number: int, context: Context) -> LinePlan:
        """What a line needs after the lines before."""
        key = number, context
        if key not in self._known:
            if len(self._known) > 5_000:
                self._known.clear()
            self._known[key] = LinePlan(self, number, context)
        return self._known[key]

    def later(self, number: int, context: Context) -> int:
        """The fewest steps of the lines after one, except those that rhyme with it."""
        own = self.letters[number]
        steps = self._later[number]
        for letter, settled, used in context:
            if letter != own:
                measures = self.measures_after(number, letter)
                steps += min(self.rhymes.least(rhyme, measures, used) for rhyme in settled)
        return min(steps, FAR)

    def measures_after(self, number: int, letter: str | None) -> tuple[int, ...]:
        """The measures of the lines after one that have a letter."""
        if letter is None:
            return ()
        key = number, letter
        if key not in self._measures_after:
            later = range(number + 1, self.form.length)
            self._measures_after[key] = tuple(
                self.measure[line] for line in later if self.letters[line] == letter
            )
        return self._measures_after[key]

    def ending(self, number: int, context: Context) -> Ending:
        """The last words a line may have."""
        letter = self.letters[number]
        measures = self.measures_after(number, letter)
        for known, settled, used in context:
            if known == letter:
                return SameRhyme(
                    self.lines, self.rhymes, settled, measures, used, repeat=self.repeat
                )
        return self._any_rhyme(measures)

    def _any_rhyme(self, measures: tuple[int, ...]) -> AnyRhyme:
        if measures not in self._new:
            self._new[measures] = AnyRhyme(self.lines, self.rhymes.rests(measures))
        return self._new[measures]

    def after(self, number: int, context: Context, word: int, rhymes: set[int]) -> Context | None:
        """The context after a line that ends with a word, said with one of these rhymes.

        None where the word can't end the line.
        """
        letter = self.letters[number]
        if letter is None:
            return context
        others = tuple(part for part in context if part[0] != letter)
        settled = rhymes
        used: tuple[int, ...] = ()
        for known, before, words in context:
            if known == letter:
                settled, used = rhymes & set(before), words
        if word in used and not self.repeat:
            return None
        measures = self.measures_after(number, letter)
        # The order in which words were used does not matter.
        used = tuple(sorted({*used, word}))
        kept = sorted(rhyme for rhyme in settled if self.rhymes.least(rhyme, measures, used) < FAR)
        if not kept:
            return None
        if not measures:
            return others
        return tuple(sorted((*others, (letter, tuple(kept), () if self.repeat else used))))

    def pairs_of(self, word: int) -> list[tuple[int, int]]:
        """The kinds and rhymes a word can be said with."""
        rows = self._by_word[self._word_begin[word] : self._word_begin[word + 1]]
        spoken = self.lines.spoken
        return list(zip(spoken.kind[rows].tolist(), spoken.rhyme[rows].tolist(), strict=True))

    def _of_new(self, number: int) -> int:
        """The fewest steps of a line and the lines that rhyme with it; 0 for those lines."""
        letter = self.letters[number]
        if letter is not None and letter in self.letters[:number]:
            return 0
        rests = self._any_rhyme(self.measures_after(number, letter)).rests
        return min(int((self.rhymes.ending[self.measure[number]] + rests).min()), FAR)


class LinePlan:
    """What one line needs, in one context.

    Attributes:
        ending: the last words it may have.
        ends: the positions at which it may end, as bits.
        after: the fewest steps of the lines after it, except those that rhyme with it.
        going_on: by place, for each position, the fewest steps from the end of a word to the end
            of the line, and of the lines of its rhyme.
        open: by place, the positions from which that can be done, as bits.
        most: an upper bound on the steps needed anywhere inside a word of the line.
    """

    def __init__(self, plan: Plan, number: int, context: Context) -> None:
        self.measure = plan.measure[number]
        self.ending = plan.ending(number, context)
        self.after = plan.later(number, context)
        lines = plan.lines
        measure = lines.measures[self.measure]
        self.ends = measure.ends
        most = max(measure.counts)
        self.going_on: dict[Place, list[int]] = {}
        for place in PLACES:
            further, leaving = lines.further[place].tolist(), self.ending.leaving[place].tolist()
            going_on = self.going_on.get("word", [FAR] * (most + 1))
            steps = list(going_on)
            for position in range(most - 1, 0, -1):
                best = FAR
                for kind, known in enumerate(lines.kinds):
                    if not known.fits[self.measure] >> position & 1:
                        continue
                    end = position + known.length
                    # After a comma the words that follow are reached as after any other word.
                    best = min(best, further[kind] + (going_on if place != "word" else steps)[end])
                    if self.ends >> end & 1:
                        best = min(best, leaving[kind])
                steps[position] = best
            self.going_on[place] = steps
        self.open = {
            place: sum(1 << at for at, cost in enumerate(steps) if cost < FAR)
            for place, steps in self.going_on.items()
        }
        finite = [cost for cost in self.going_on["word"] if cost < FAR]
        # No word takes more tokens than it has bytes.
        longest = int(lines.spelling.trie.depth.max())
        self.most = longest + max([self.ending.longest(), *finite]) + self.after
