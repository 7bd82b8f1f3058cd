"""A grammar restricted to a vocabulary: an automaton for each rule, and each ending's cost.

Automata that call each other are a recursive transition network (Woods, "Transition network
grammars for natural language analysis", CACM 1970). The cost of a state is the fewest single units
that lead from it to the end of its rule, a least fixpoint found as Knuth does ("A generalization of
Dijkstra's algorithm", Information Processing Letters 1977). States without a cost are left out, so
that whatever is read can be finished.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from rnngen import INFINITE
from rnngen_constrained.automata.automaton import automaton
from rnngen_constrained.automata.expression import Chars, Rules
from rnngen_constrained.automata.states import Automaton, Label, classes, members, merged, subsets
from rnngen_constrained.grammar.alphabet import Alphabet


class Network:
    """The states of all rules, numbered together; rule 0 is the start.

    Attributes:
        starts: `[rules]` the first state of each rule.
        final: `[states]` whether the rule may end here.
        moves: `[states]` class of units to the states that reading one leads to.
        calls: `[states]` `(rule, state after it)`.
        ending: `[states]` the fewest single units to the end of the rule; INFINITE where there is
            no such end.
        unit_class: `[units]` the class of each unit; -1 for those that no rule reads.
        single: `[classes]` whether its units are tokens by themselves.
    """

    def __init__(self, rules: Rules, start: str, alphabet: Alphabet) -> None:
        self.alphabet = alphabet
        self._long: dict[tuple[tuple[int, ...], ...], str] = {}
        names = [start, *(name for name in rules if name != start)]
        automata = {name: automaton(rules[name], self._draw) for name in names}
        for ways, name in self._long.items():
            automata[name] = _listed(ways)
        self._number(automata)
        self._cost()
        self._trim()

    @property
    def least(self) -> int:
        """The fewest single units of a text of the language; INFINITE if there is none."""
        return self.ending[self.starts[0]]

    def _draw(self, chars: Chars, regular: bool) -> list[tuple[Label, ...]]:
        """One unit if that is enough, else a rule that all sets of the same characters share."""
        sequences = self.alphabet.sequences(chars.set)
        short: list[tuple[Label, ...]] = [one for one in sequences if regular or len(one) == 1]
        long = tuple(sorted(one for one in sequences if not regular and len(one) > 1))
        if long:
            short.append((self._long.setdefault(long, f"characters {len(self._long)}"),))
        return short

    def _number(self, automata: Mapping[str, Automaton]) -> None:
        rule_of = {name: number for number, name in enumerate(automata)}
        masks = {
            label: None
            for one in automata.values()
            for edges in one.edges
            for label, _ in edges
            if isinstance(label, int)
        }
        every = (1 << len(self.alphabet.units)) - 1
        blocks = [
            block
            for block in classes([self.alphabet.single, *masks], every)
            if any(block & mask for mask in masks)
        ]
        self.single = [bool(block & self.alphabet.single) for block in blocks]
        self.unit_class = [-1] * len(self.alphabet.units)
        for number, block in enumerate(blocks):
            for unit in members(block):
                self.unit_class[unit] = number
        within = {
            mask: [number for number, block in enumerate(blocks) if block & mask] for mask in masks
        }
        self.starts: list[int] = []
        self.final: list[bool] = []
        self.moves: list[dict[int, tuple[int, ...]]] = []
        self.calls: list[tuple[tuple[int, int], ...]] = []
        for one in automata.values():
            first = len(self.final)
            self.starts.append(first)
            for state, edges in enumerate(one.edges):
                moves: dict[int, tuple[int, ...]] = {}
                for label, to in edges:
                    for number in within[label] if isinstance(label, int) else ():
                        moves[number] = (*moves.get(number, ()), first + to)
                self.moves.append(moves)
                self.calls.append(
                    tuple(
                        (rule_of[label], first + to)
                        for label, to in edges
                        if isinstance(label, str)
                    )
                )
                self.final.append(state in one.finals)

    def _cost(self) -> None:
        self.ending = [INFINITE] * len(self.final)
        rule_at = {state: rule for rule, state in enumerate(self.starts)}
        before: list[list[tuple[int, int]]] = [[] for _ in self.final]
        callers: list[list[tuple[int, int]]] = [[] for _ in self.starts]
        for state in range(len(self.final)):
            for number, targets in self.moves[state].items():
                for to in targets if self.single[number] else ():
                    before[to].append((state, -1))
            for rule, to in self.calls[state]:
                before[to].append((state, rule))
                callers[rule].append((state, to))
        queue = [(0, state) for state, final in enumerate(self.final) if final]
        while queue:
            cost, state = heapq.heappop(queue)
            if cost >= self.ending[state]:
                continue
            self.ending[state] = cost
            for earlier, rule in before[state]:
                step = 1 if rule < 0 else self.ending[self.starts[rule]]
                heapq.heappush(queue, (cost + step, earlier))
            if state in rule_at:
                for caller, to in callers[rule_at[state]]:
                    heapq.heappush(queue, (cost + self.ending[to], caller))

    def _trim(self) -> None:
        for state, moves in enumerate(self.moves):
            kept = {
                number: tuple(to for to in targets if self.ending[to] < INFINITE)
                for number, targets in moves.items()
            }
            self.moves[state] = {number: targets for number, targets in kept.items() if targets}
            self.calls[state] = tuple(
                (rule, to)
                for rule, to in self.calls[state]
                if self.ending[to] < INFINITE and self.ending[self.starts[rule]] < INFINITE
            )


def _listed(ways: tuple[tuple[int, ...], ...]) -> Automaton:
    """The automaton of some sequences of sets of units."""
    made = Automaton([[], []], {1})
    for way in ways:
        at = 0
        for mask in way[:-1]:
            made.edges.append([])
            made.edges[at].append((mask, len(made.edges) - 1))
            at = len(made.edges) - 1
        made.edges[at].append((way[-1], 1))
    return merged(subsets(made))
