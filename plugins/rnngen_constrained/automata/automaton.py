"""An expression as a finite automaton whose edges are sets of units, or calls of rules.

Thompson's construction ("Regular expression search algorithm", CACM 1968), with empty edges
taken out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rnngen_constrained.automata.expression import (
    Anchor,
    Chars,
    Choice,
    Expression,
    Graph,
    Ref,
    Repeat,
    Series,
    Shortest,
)
from rnngen_constrained.automata.states import Automaton, Label, merged, subsets
from rnngen_constrained.errors import Hostile

MOST_STATES = 200_000
MOST_STEPS = 3_000_000
"""Bounds of an automaton: states, and steps for removing empty edges."""
Draw = Callable[[Chars, bool], Iterable[tuple[Label, ...]]]
"""The ways to spell one character of a set, as sequences of labels; without calls, if True."""


def automaton(
    expression: Expression, draw: Draw, regular: bool = False, most_states: int | None = None
) -> Automaton:
    """The automaton of an expression; an anchor is an edge with its name, as if it were a call.

    Args:
        expression: what it reads.
        draw: how a character is spelled.
        regular: whether it has no calls.
        most_states: see `subsets`.

    Raises:
        Hostile: it would have more states than `most_states`, or `MOST_STATES` on the way.
    """
    builder = _Builder(draw, regular)
    start, end = builder.place(), builder.place()
    builder.build(expression, start, end)
    return merged(subsets(_without_silent(builder, start, end), most_states))


class _Builder:
    def __init__(self, draw: Draw, regular: bool) -> None:
        self.edges: list[list[tuple[Label, int]]] = []
        self.silent: list[list[int]] = []
        self._draw = draw
        self._regular = regular

    def place(self) -> int:
        if len(self.edges) >= MOST_STATES:
            raise _too_large()
        self.edges.append([])
        self.silent.append([])
        return len(self.edges) - 1

    def build(self, expression: Expression, start: int, end: int) -> None:
        """Adds the part from `start` to `end`; neither gets other edges back into this part."""
        match expression:
            case Chars():
                for labels in self._draw(expression, self._regular):
                    self._path(labels, start, end)
            case Ref(rule):
                self.edges[start].append((rule, end))
            case Anchor(place):
                self.edges[start].append((place, end))
            case Choice(options):
                for option in options:
                    self.build(option, start, end)
            case Series(parts):
                at = start
                for part in parts[:-1]:
                    after = self.place()
                    self.build(part, at, after)
                    at = after
                if parts:
                    self.build(parts[-1], at, end)
                else:
                    self.silent[start].append(end)
            case Repeat(part, least, most):
                self._repeat(part, least, most, start, end)
            case Graph(places, edges, finals):
                numbers = [self.place() for _ in range(places)]
                self.silent[start].append(numbers[0])
                for a, part, b in edges:
                    inner = self.place()
                    self.build(part, numbers[a], inner)
                    self.silent[inner].append(numbers[b])
                for final in finals:
                    self.silent[numbers[final]].append(end)
            case Shortest(part):
                self._embed(_shortest(automaton(part, self._draw, regular=True)), start, end)

    def _path(self, labels: tuple[Label, ...], start: int, end: int) -> None:
        at = start
        for label in labels[:-1]:
            after = self.place()
            self.edges[at].append((label, after))
            at = after
        self.edges[at].append((labels[-1], end))

    def _repeat(self, part: Expression, least: int, most: int | None, start: int, end: int) -> None:
        at = start
        copies = max(least - 1, 0) if most is None else most
        if len(self.edges) + copies > MOST_STATES:
            raise _too_large()
        for count in range(copies):
            if count >= least:
                self.silent[at].append(end)
            after = self.place()
            self.build(part, at, after)
            at = after
        if most is None:
            loop, back = self.place(), self.place()
            self.silent[at].append(loop)
            self.build(part, loop, back)
            self.silent[back] += [loop, end]
            if least:
                return
        self.silent[at].append(end)

    def _embed(self, inner: Automaton, start: int, end: int) -> None:
        numbers = [self.place() for _ in inner.edges]
        self.silent[start].append(numbers[0])
        for state, edges in enumerate(inner.edges):
            self.edges[numbers[state]] = [(label, numbers[to]) for label, to in edges]
        for final in inner.finals:
            self.silent[numbers[final]].append(end)


def _too_large(what: str = f"{MOST_STATES} states") -> Hostile:
    return Hostile(
        f"its automaton takes more than {what}",
        hint="use smaller repetition counts",
    )


def _without_silent(builder: _Builder, start: int, end: int) -> Automaton:
    made = Automaton()
    numbers: dict[int, int] = {start: 0}
    todo = [start]
    steps = 0
    while todo:
        place = todo.pop()
        reached, walk = {place}, [place]
        while walk:
            for after in builder.silent[walk.pop()]:
                if after not in reached:
                    reached.add(after)
                    walk.append(after)
        steps += len(reached)
        if steps > MOST_STEPS:
            raise _too_large(f"{MOST_STEPS} steps to make")
        edges: dict[tuple[Label, int], None] = {}
        for one in sorted(reached):
            steps += len(builder.edges[one])
            for label, to in builder.edges[one]:
                if to not in numbers:
                    numbers[to] = len(numbers)
                    todo.append(to)
                edges[label, numbers[to]] = None
        made.edges += [[] for _ in range(len(numbers) - len(made.edges))]
        made.edges[numbers[place]] = list(edges)
        if end in reached:
            made.finals.add(numbers[place])
    made.edges += [[] for _ in range(len(numbers) - len(made.edges))]
    return made


def _shortest(automaton: Automaton) -> Automaton:
    """The texts with no proper beginning in the language: nothing follows a final state."""
    if not _deterministic(automaton):
        raise Hostile(f"lazy repetition that takes more than {2 * len(automaton.edges)} states")
    return Automaton(
        [
            [] if state in automaton.finals else list(edges)
            for state, edges in enumerate(automaton.edges)
        ],
        set(automaton.finals),
    )


def _deterministic(automaton: Automaton) -> bool:
    for edges in automaton.edges:
        seen = 0
        for label, _ in edges:
            if isinstance(label, int):
                if seen & label:
                    return False
                seen |= label
    return True
