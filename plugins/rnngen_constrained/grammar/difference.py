"""The exception of EBNF, `A - B`: the texts of a regular part that are not texts of another.

Both parts have to be regular, so a rule that names itself can't be in them. The automaton of the
first runs beside the deterministic one of the second, which must not end where the first does.
"""

from __future__ import annotations

from collections.abc import Mapping

from rnngen_constrained.automata.charset import Charset
from rnngen_constrained.automata.classes import blocks, over
from rnngen_constrained.automata.expression import (
    EMPTY,
    NEVER,
    Chars,
    Expression,
    Graph,
    Ref,
    Repeat,
    references,
    replaced,
)
from rnngen_constrained.errors import Hostile, Unsupported
from rnngen_constrained.grammar.loops import size
from rnngen_constrained.grammar.productive import cheapest, prices

MOST_STATES = 2000
LARGEST = 20_000
"""Most places of a part with all its rules written out."""
Place = tuple[str | None, int]
"""A rule, and where in the text."""


class Differences:
    """The exceptions of a grammar, worked out once all of its rules are known.

    Attributes:
        failed: where the exception stands that couldn't be.
    """

    def __init__(self) -> None:
        self._parts: dict[str, tuple[Expression, Expression, Place]] = {}
        self._done: dict[str, Expression] = {}
        self.failed: Place = (None, 0)

    def add(self, part: Expression, taken: Expression, place: Place) -> Ref:
        """A name that will stand for the texts of `part` that are not texts of `taken`."""
        name = f"(difference {len(self._parts)})"
        self._parts[name] = part, taken, place
        return Ref(name)

    def resolved(self, rules: Mapping[str, Expression]) -> dict[str, Expression]:
        """What each name stands for.

        `{ part }-` leaves out only the empty text, so its part may be recursive.

        Raises:
            Unsupported: a part is recursive; `failed` is where.
            Hostile: it is too large.
        """
        most = prices({**rules, **{name: one[0] for name, one in self._parts.items()}}, _once)
        found: dict[str, Expression] = {}
        for name, (part, taken, place) in self._parts.items():
            self.failed = place
            if taken == EMPTY and isinstance(part, Repeat) and cheapest(part.part, most, _once):
                found[name] = Repeat(part.part, max(part.least, 1), part.most)
            else:
                found[name] = self._expression(name, rules, ())
        return found

    def _expression(
        self, name: str, rules: Mapping[str, Expression], path: tuple[str, ...]
    ) -> Expression:
        """What a rule, or a name of ours, stands for, with all rules in it written out."""
        if name in path:
            rule = next(one for one in reversed((*path, name)) if one not in self._parts)
            raise Unsupported(
                f"`-` beside rule `{rule}`, which names itself, is not supported",
                hint="what stands beside `-` has to be without recursion",
            )
        if name not in self._done:
            inside = (*path, name)
            if name in self._parts:
                part, taken, _ = self._parts[name]
                flat = self._flat(part, rules, inside), self._flat(taken, rules, inside)
                self._done[name] = difference(*flat)
            else:
                return self._flat(rules[name], rules, inside)
        return self._done[name]

    def _flat(
        self, part: Expression, rules: Mapping[str, Expression], path: tuple[str, ...]
    ) -> Expression:
        named = dict.fromkeys(references(part))
        flat = replaced(part, {name: self._expression(name, rules, path) for name in named})
        if size(flat) > LARGEST:
            raise Hostile("what stands beside `-` is too large")
        return flat


def _once(chars: Charset) -> int | None:
    return 1 if chars else None


def difference(part: Expression, taken: Expression) -> Expression:
    """The texts of one expression without rules that are not texts of another."""
    if isinstance(part, Chars) and isinstance(taken, Chars):
        return Chars(part.set - taken.set) if part.set - taken.set else NEVER
    classes = blocks([part, taken])
    kept = over(part, classes)
    barred = over(taken, classes, MOST_STATES)
    after = [
        {bit: to for label, to in edges for bit in range(len(classes)) if int(label) >> bit & 1}
        for edges in barred.edges
    ]
    dead = len(after)
    after.append({})
    numbers: dict[tuple[int, int], int] = {(0, 0): 0}
    edges: list[tuple[int, Expression, int]] = []
    todo = [(0, 0)]
    while todo:
        state = todo.pop()
        grouped: dict[tuple[int, int], list[Charset]] = {}
        for label, to in kept.edges[state[0]]:
            for bit, chars in enumerate(classes):
                if int(label) >> bit & 1:
                    grouped.setdefault((to, after[state[1]].get(bit, dead)), []).append(chars)
        for target, sets in grouped.items():
            if target not in numbers:
                numbers[target] = len(numbers)
                todo.append(target)
            chars = Charset.of(pair for one in sets for pair in one.intervals)
            edges.append((numbers[state], Chars(chars), numbers[target]))
    finals = frozenset(
        number
        for (one, other), number in numbers.items()
        if one in kept.finals and other not in barred.finals
    )
    return Graph(len(numbers), tuple(edges), finals) if finals else NEVER
