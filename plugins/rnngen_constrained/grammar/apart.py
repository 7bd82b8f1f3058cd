"""Grammars with ignored terminals, written so that a lexer finds the terminals that were meant.

A lexer takes the longest text that it can. So after a terminal, what follows must not begin with a
character with which this terminal, or another that begins at the same place, could continue: `if`
and a name need a space between them. Each rule is written once for every set of characters that
must not come next, and for the set that holds after it (the triples of Bar-Hillel, Perles and
Shamir 1961, for the product of a grammar and an automaton).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

from rnngen_constrained.automata.charset import Charset
from rnngen_constrained.automata.classes import alive, blocks, over
from rnngen_constrained.automata.expression import (
    NEVER,
    Chars,
    Expression,
    Graph,
    Ref,
    choice,
    sequence,
)
from rnngen_constrained.automata.states import Automaton

MOST_WAYS = 20_000
"""Most ways to write the rules; a grammar with more is left as it is, and only checked."""
Expansions = Mapping[str, Sequence[Sequence[str]]]


def following(expansions: Expansions) -> dict[str, set[str]]:
    """For each terminal, those that the rules let follow it, a least fixpoint."""
    empty: set[str] = set()
    first: dict[str, set[str]] = {}
    last: dict[str, set[str]] = {}
    follow: dict[str, set[str]] = {}
    size = -1
    while size != (size := sum(map(len, (empty, *first.values(), *last.values())))):
        for rule, listed in expansions.items():
            for symbols in listed:
                if all(one in empty for one in symbols):
                    empty.add(rule)
                for known, order in ((first, symbols), (last, symbols[::-1])):
                    known.setdefault(rule, set()).update(_at_start(order, known, empty, expansions))
    for listed in expansions.values():
        for symbols in listed:
            for place, symbol in enumerate(symbols):
                after = _at_start(symbols[place + 1 :], first, empty, expansions)
                for one in last.get(symbol, {symbol}):
                    follow.setdefault(one, set()).update(after)
    return follow


def _at_start(
    symbols: Iterable[str], known: Mapping[str, set[str]], empty: Set[str], rules: Expansions
) -> set[str]:
    """The terminals that an expansion may begin with."""
    found: set[str] = set()
    for symbol in symbols:
        found |= known.get(symbol, set()) if symbol in rules else {symbol}
        if symbol not in empty:
            break
    return found


class Terminals:
    """What may follow a terminal immediately.

    Args:
        expressions: of all terminals.
        ignored: the names of those that may stand anywhere.
        follow: for each terminal those that the rules let follow.
    """

    def __init__(
        self,
        expressions: Mapping[str, Expression],
        ignored: Sequence[str],
        follow: Mapping[str, Set[str]],
    ) -> None:
        self.ignored = list(ignored)
        self._classes = blocks(list(expressions.values()))
        self._automata = {name: over(one, self._classes) for name, one in expressions.items()}
        self._expressions = expressions
        self._follow = follow
        self._first = {name: _labels(one, 0) for name, one in self._automata.items()}
        self.barred = {name: self._barred(name) for name in expressions}
        """The characters that must not follow each terminal, as a set of classes."""

    def after(self, name: str, barred: int) -> Expression:
        """A terminal that does not begin with a character that is barred."""
        if not self._first[name] & barred:
            return self._expressions[name]
        part = self._automata[name]
        edges: list[tuple[int, Expression, int]] = []
        # The first place is one of its own, as the automaton may come back to its start.
        for state, listed in enumerate(part.edges):
            for label, to in listed:
                assert isinstance(label, int)
                if state == 0 and label & ~barred:
                    edges.append((0, self._chars(label & ~barred), to + 1))
                edges.append((state + 1, self._chars(label), to + 1))
        finals = frozenset(state + 1 for state in part.finals)
        starts = any(place == 0 for place, _, _ in edges)
        return Graph(len(part.edges) + 1, tuple(edges), finals) if starts else NEVER

    def _chars(self, label: int) -> Chars:
        chosen = [one for number, one in enumerate(self._classes) if label >> number & 1]
        return Chars(Charset.of(pair for one in chosen for pair in one.intervals))

    def _barred(self, name: str) -> int:
        """Characters with which some terminal continues after a whole text of this one."""
        found = 0
        for part in self._automata.values():
            found |= _goes_on(self._automata[name], part)
        # What nothing that follows can begin with needs no bar; and where something ignored goes on
        # with more of its kind, that is ignored as well. So most grammars need very few.
        if name in self.ignored:
            following = set(self._first) - {name}
        else:
            following = {*self._follow.get(name, ()), *self.ignored}
        beginnings = 0
        for other in following:
            beginnings |= self._first[other]
        return found & beginnings


def written_apart(
    expansions: Expansions, terminals: Terminals, start: str, whole: str
) -> dict[str, Expression] | None:
    """The rules of a grammar, with `whole` for a whole text; None if there would be too many.

    Args:
        expansions: of each rule, as sequences of the names of rules and terminals.
        terminals: what may follow them.
        start: the rule to begin with.
        whole: the name for the rule of a whole text.
    """
    writing = _Writing(expansions, terminals)
    return writing.rules(start, whole)


class _Writing:
    def __init__(self, expansions: Expansions, terminals: Terminals) -> None:
        self._expansions = expansions
        self._terminals = terminals
        self._made: dict[str, Expression] = {}
        self._ends: dict[tuple[str, int], set[int]] = {}
        self._ways = 0

    def rules(self, start: str, whole: str) -> dict[str, Expression] | None:
        firsts = sorted(self._spaces(0))
        for barred in firsts:
            self._ends.setdefault((start, barred), set())
        self._find_ends()
        options = []
        for barred in firsts:
            for end in sorted(self._ends[start, barred]):
                options.append(sequence([self._gap(0, barred), Ref(_name(start, barred, end))]))
        for (rule, barred), ends in self._ends.items():
            for end in ends:
                made = [
                    sequence(way)
                    for symbols in self._expansions[rule]
                    for way in self._written(symbols, barred, end)
                ]
                if self._ways > MOST_WAYS:
                    return None
                self._made[_name(rule, barred, end)] = choice(made)
        self._made[whole] = choice(options) if options else NEVER
        return self._made

    def _find_ends(self) -> None:
        """What may be barred after each rule that is needed, a least fixpoint."""
        changed = True
        while changed:
            changed = False
            for (rule, barred), known in list(self._ends.items()):
                size = len(known), len(self._ends)
                for symbols in self._expansions[rule]:
                    at = {barred}
                    for symbol in symbols:
                        at = {end for one in at for end in self._after(symbol, one)}
                    known |= at
                changed |= size != (len(known), len(self._ends))

    def _after(self, symbol: str, barred: int) -> set[int]:
        if symbol in self._expansions:
            return set(self._ends.setdefault((symbol, barred), set()))
        if self._terminals.after(symbol, barred) == NEVER:
            return set()
        return self._spaces(self._terminals.barred[symbol])

    def _spaces(self, barred: int) -> set[int]:
        """What may be barred after any ignored terminals."""
        found, todo = {barred}, [barred]
        while todo:
            one = todo.pop()
            for name in self._terminals.ignored:
                end = self._terminals.barred[name]
                if end not in found and self._terminals.after(name, one) != NEVER:
                    found.add(end)
                    todo.append(end)
        return found

    def _gap(self, barred: int, end: int) -> Expression:
        """Ignored terminals between two others, by what is barred before and after them."""
        name = _name("(ignored)", barred, end)
        if name not in self._made:
            listed = dict.fromkeys([barred, *sorted(self._spaces(barred))])
            numbers = {one: number for number, one in enumerate(listed)}
            edges = []
            for one in numbers:
                for ignored in self._terminals.ignored:
                    part = self._terminals.after(ignored, one)
                    if part != NEVER:
                        to = numbers[self._terminals.barred[ignored]]
                        edges.append((numbers[one], part, to))
            self._made[name] = Graph(len(numbers), tuple(edges), frozenset({numbers[end]}))
        return Ref(name)

    def _written(self, symbols: Sequence[str], barred: int, end: int) -> list[list[Expression]]:
        """The ways to write an expansion that end with what is barred then."""
        if not symbols:
            return [[]] if barred == end else []
        ways: list[list[Expression]] = []
        symbol = symbols[0]
        for after in sorted(self._after(symbol, barred)):
            rest = self._written(symbols[1:], after, end)
            if not rest or self._ways > MOST_WAYS:
                continue
            self._ways += len(rest)
            ways += [[*self._one(symbol, barred, after), *way] for way in rest]
        return ways

    def _one(self, symbol: str, barred: int, after: int) -> list[Expression]:
        if symbol in self._expansions:
            return [Ref(_name(symbol, barred, after))]
        name = _name(symbol, barred, 0)
        self._made.setdefault(name, self._terminals.after(symbol, barred))
        return [Ref(name), self._gap(self._terminals.barred[symbol], after)]


def _name(symbol: str, barred: int, end: int) -> str:
    return f"{symbol} {barred:x} {end:x}"


def _labels(part: Automaton, state: int) -> int:
    found = 0
    for label, _ in part.edges[state]:
        assert isinstance(label, int)
        found |= label
    return found


def _goes_on(one: Automaton, other: Automaton) -> int:
    """Characters with which `other` continues after a whole text of `one`."""
    living = alive(other)
    found = 0
    seen = {(0, 0)}
    todo = [(0, 0)]
    while todo:
        a, b = todo.pop()
        if a in one.finals:
            for label, to in other.edges[b]:
                assert isinstance(label, int)
                found |= label if to in living else 0
        for label, to in one.edges[a]:
            for more, then in other.edges[b]:
                assert isinstance(label, int)
                assert isinstance(more, int)
                if label & more and (to, then) not in seen:
                    seen.add((to, then))
                    todo.append((to, then))
    return found
