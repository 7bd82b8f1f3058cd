"""Sets of texts as JSON strings: patterns that must all match, texts left out, and a length.

The sets are intersected by walking all their automata at once, with subsets of states, over the
coarsest classes of characters that all of them tell apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from rnngen_constrained.automata.charset import ANY, Charset
from rnngen_constrained.automata.classes import alive, blocks, over
from rnngen_constrained.automata.expression import (
    NEVER,
    Chars,
    Choice,
    Expression,
    Graph,
    Repeat,
    Series,
    Shortest,
    choice,
    literal,
    sequence,
)
from rnngen_constrained.automata.states import Automaton
from rnngen_constrained.errors import Hostile

MOST_STATES = 20_000
MOST_STEPS = 5_000_000
LONGEST_LISTED = 200
"""Most characters of texts to list."""
QUOTE: Expression = Chars(Charset.chars('"'))
_MUST = Charset.chars('"\\') | Charset.of([(0, 31)])
_SHORT = {'"': '"', "\\": "\\", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}


@dataclass(frozen=True)
class Texts:
    """Texts that match all of `patterns` and none of `without`, of a length within bounds.

    Args:
        patterns: expressions without rules; each matches the whole text.
        without: the same, of texts that are left out.
        least: minimum length in characters.
        most: maximum length in characters; None: no bound.
    """

    patterns: tuple[Expression, ...] = ()
    without: tuple[Expression, ...] = ()
    least: int = 0
    most: int | None = None

    def expression(self) -> Expression:
        """The texts, not escaped; `NEVER` if there are none.

        Raises:
            Hostile: it takes more than `MOST_STATES` states or `MOST_STEPS` steps.
        """
        if not self.patterns and not self.without:
            if self.most is not None and self.most < self.least:
                return NEVER
            return Repeat(Chars(ANY), self.least, self.most)
        if len(self.patterns) == 1 and not self.without and (self.least, self.most) == (0, None):
            return self.patterns[0]
        return self._walk()

    def both(self, other: Texts) -> Texts:
        """The texts that are in both."""
        mosts = [one for one in (self.most, other.most) if one is not None]
        return Texts(
            self.patterns + other.patterns,
            self.without + other.without,
            max(self.least, other.least),
            min(mosts, default=None),
        )

    def has(self, text: str) -> bool:
        """Whether a text is among them."""
        if not self.least <= len(text) <= (len(text) if self.most is None else self.most):
            return False
        return all(_matches(one, text) for one in self.patterns) and not any(
            _matches(one, text) for one in self.without
        )

    def listed(self, most: int) -> list[str] | None:
        """All of them, in order of length; None if there are more than `most`."""
        expression = self.expression()
        letters = blocks([expression])
        part = over(expression, letters)
        living = alive(part)
        level = [("", frozenset({0}) & living)]
        found: list[str] = []
        for _ in range(LONGEST_LISTED):
            found += [text for text, states in level if states & part.finals]
            longer: list[tuple[str, frozenset[int]]] = []
            for text, states in level if any(states for _, states in level) else ():
                for number, block in enumerate(letters):
                    to = _step(part, states, 1 << number) & living
                    if to:
                        longer += [(text + char, to) for char in islice(block, most + 1)]
                    # Each of them begins a different text.
                    if max(len(longer), len(found)) > most:
                        return None
            if not longer:
                return found
            level = longer
        return None

    def _walk(self) -> Expression:
        """The graph of all automata at once, with the length counted as far as it matters."""
        letters = blocks([*self.patterns, *self.without])
        parts = [over(one, letters) for one in (*self.patterns, *self.without)]
        wanted = [True] * len(self.patterns) + [False] * len(self.without)
        counted = self.least if self.most is None else self.most + 1
        start = (tuple(frozenset({0}) for _ in parts), 0)
        numbers = {start: 0}
        todo = [start]
        edges: list[tuple[int, Expression, int]] = []
        finals: set[int] = set()
        steps = 0
        while todo:
            place = todo.pop()
            sets, length = place
            steps += len(letters) * sum(map(len, sets))
            if steps > MOST_STEPS:
                raise _too_large(f"{MOST_STEPS} steps")
            ends = [bool(states & part.finals) for states, part in zip(sets, parts, strict=True)]
            if ends == wanted and length >= self.least:
                finals.add(numbers[place])
            after = min(length + 1, counted)
            if self.most is not None and after > self.most:
                continue
            moves: dict[tuple[frozenset[int], ...], list[Charset]] = {}
            for number, block in enumerate(letters):
                to = tuple(
                    _step(part, states, 1 << number)
                    for states, part in zip(sets, parts, strict=True)
                )
                if all(to[: len(self.patterns)]):
                    moves.setdefault(to, []).append(block)
            for to, where in moves.items():
                then = to, after
                if then not in numbers:
                    if len(numbers) >= MOST_STATES:
                        raise _too_large(f"{MOST_STATES} states")
                    numbers[then] = len(numbers)
                    todo.append(then)
                chars = Charset.of(pair for one in where for pair in one.intervals)
                edges.append((numbers[place], Chars(chars), numbers[then]))
        return Graph(len(numbers), tuple(edges), frozenset(finals)) if finals else NEVER


def _too_large(what: str) -> Hostile:
    return Hostile(
        f"the patterns of a string together take more than {what}",
        hint="use smaller repetition counts, or fewer patterns at once",
    )


def quoted(texts: Expression) -> Expression:
    """Texts as JSON strings: in quotes, and escaped where JSON requires it."""
    return sequence([QUOTE, _escaped(texts), QUOTE])


def any_of(texts: Iterable[str]) -> Expression:
    """An expression for exactly these texts."""
    return choice(literal(text) for text in texts)


@lru_cache(maxsize=512)
def _escaped_chars(chars: Charset) -> Expression:
    options: list[Expression] = []
    plain = chars - _MUST
    if plain:
        options.append(Chars(plain))
    must = chars & _MUST
    short = "".join(sign for char, sign in _SHORT.items() if char in must)
    if short:
        options.append(sequence([literal("\\"), Chars(Charset.chars(short))]))
    by_first: dict[str, str] = {}
    for char in must:
        if char not in _SHORT:
            digits = f"{ord(char):02x}"
            by_first[digits[0]] = by_first.get(digits[0], "") + digits[1]
    for first, seconds in by_first.items():
        last = Chars(Charset.chars(seconds + seconds.upper()))
        options.append(sequence([literal(f"\\u00{first}"), last]))
    return choice(options)


def _escaped(expression: Expression) -> Expression:
    match expression:
        case Chars(chars):
            return _escaped_chars(chars)
        case Series(parts):
            return sequence(map(_escaped, parts))
        case Choice(options):
            return choice(map(_escaped, options))
        case Repeat(part, least, most):
            return Repeat(_escaped(part), least, most)
        case Shortest(part):
            return Shortest(_escaped(part))
        case Graph(places, edges, finals):
            return Graph(places, tuple((a, _escaped(part), b) for a, part, b in edges), finals)
    raise ValueError("a set of texts names a rule")


def _step(part: Automaton, states: frozenset[int], bit: int) -> frozenset[int]:
    return frozenset(
        to
        for state in states
        for label, to in part.edges[state]
        if isinstance(label, int) and label & bit
    )


def _matches(expression: Expression, text: str) -> bool:
    letters = blocks([expression])
    part = over(expression, letters)
    states = frozenset({0})
    for char in text:
        number = next(number for number, block in enumerate(letters) if char in block)
        states = _step(part, states, 1 << number)
    return bool(states & part.finals)
