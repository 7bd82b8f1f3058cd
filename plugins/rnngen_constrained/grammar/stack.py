"""Reads a network from left to right, all ways at once, in immutable states.

A state is a set of items `(state of an automaton, return)`. A return is where a call continues when
it ends: the items after the call, each with a return of its own. This is the graph-structured stack
of Tomita ("Efficient Parsing for Natural Language", 1985), a node per call and position, as in
Earley's sets ("An efficient context-free parsing algorithm", CACM 1970), with three changes:

* States and returns with the same content are one object. What was read is forgotten but for what
  may follow, so a list of a thousand numbers comes back to the same state after each of them, and
  whatever was computed for a state is found again.
* A call at the end of a rule continues where the rule itself does (Leo, "A general context-free
  parsing algorithm running in linear time on every LR(k) grammar", 1991), so recursion at the end
  does not grow the stack.
* Every return has a cost, the fewest units to the end of the text after it, so that the cost of a
  state is a minimum over its items.

Empty calls are passed over when a call is made (Aycock and Horspool, "Practical Earley parsing",
2002).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from rnngen import INFINITE
from rnngen_constrained.grammar.components import components
from rnngen_constrained.grammar.network import Network

REMEMBERED = 100_000
"""Most states and returns to share; beyond that all are forgotten, and only sharing is lost."""


class Return:
    """Where a call continues when it ends. Compared by identity."""

    __slots__ = ("cost", "items")

    def __init__(self, items: frozenset[Item], cost: int) -> None:
        self.items = items
        self.cost = cost


Item: TypeAlias = tuple[int, Return]


class State:
    """Every way to read what was read. Compared by identity.

    Attributes:
        items: those after the last unit, with the calls that ended there.
        final: whether the text may end here.
        needed: the fewest single units to the end of a text.
    """

    __slots__ = ("_moves", "costs", "final", "items", "needed", "next")

    def __init__(self, items: frozenset[Item], final: bool, needed: int) -> None:
        self.items = items
        self.final = final
        self.needed = needed
        self.next: dict[int, State] = {}
        self.costs: object = None
        self._moves: dict[int, tuple[Item, ...]] | None = None


class Reader:
    """The states of a network."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._root = Return(frozenset(), 0)
        self._states: dict[frozenset[Item], State] = {}
        self._returns: dict[frozenset[Item], Return] = {}
        self._loops: dict[object, dict[int, Return]] = {}
        self._nullable = [network.ending[start] == 0 for start in network.starts]
        self._last = [
            final and not moves and not calls
            for final, moves, calls in zip(network.final, network.moves, network.calls, strict=True)
        ]
        self._begun = [self._begin(start) for start in network.starts]
        self.start = self._state([(network.starts[0], self._root)])

    def _begin(self, start: int) -> tuple[int, ...]:
        """The states at the beginning of a rule: its start, and those after empty calls."""
        found = {start: None}
        todo = [start]
        while todo:
            for rule, to in self._network.calls[todo.pop()]:
                if self._nullable[rule] and to not in found:
                    found[to] = None
                    todo.append(to)
        return tuple(found)

    def moves(self, state: State) -> dict[int, tuple[Item, ...]]:
        """The items right after a unit of each class, before calls that end there are left."""
        if state._moves is None:
            found: dict[int, list[Item]] = {}
            for at, back in self._expanded(state):
                for number, targets in self._network.moves[at].items():
                    found.setdefault(number, []).extend((to, back) for to in targets)
            state._moves = {number: tuple(items) for number, items in found.items()}
        return state._moves

    def costs(self, state: State) -> dict[int, int]:
        """The fewest single units to the end of a text after a unit of each class."""
        ending = self._network.ending
        return {
            number: min(ending[at] + back.cost for at, back in items)
            for number, items in self.moves(state).items()
        }

    def advance(self, state: State, number: int) -> State | None:
        """The state after a unit of a class; None if none may follow."""
        after = state.next.get(number)
        if after is None:
            items = self.moves(state).get(number)
            if items is None:
                return None
            after = state.next[number] = self._state(items)
        return after

    def _state(self, items: Iterable[Item]) -> State:
        """The state of some items, after leaving the calls that end there."""
        network = self._network
        found = set(items)
        todo = list(found)
        while todo:
            at, back = todo.pop()
            reached = [(to, back) for rule, to in network.calls[at] if self._nullable[rule]]
            if network.final[at]:
                reached += back.items
            for item in reached:
                if item not in found:
                    found.add(item)
                    todo.append(item)
        kernel = frozenset(
            (at, back) for at, back in found if back is self._root or not self._last[at]
        )
        known = self._states.get(kernel)
        if known is None:
            self._forget()
            final = any(back is self._root and network.final[at] for at, back in kernel)
            needed = min((network.ending[at] + back.cost for at, back in kernel), default=INFINITE)
            known = self._states[kernel] = State(kernel, final, needed)
        return known

    def _expanded(self, state: State) -> Iterable[Item]:
        """The items of a state and those at the beginnings of the calls that are made in it."""
        yield from state.items
        for rule, back in self._called(state.items).items():
            for at in self._begun[rule]:
                yield at, back

    def _called(self, items: frozenset[Item]) -> dict[int, Return]:
        """The returns of all rules called in a state, directly and by other calls."""
        calls = self._network.calls
        outer: dict[int, set[Item]] = {}
        for at, back in items:
            for rule, to in calls[at]:
                outer.setdefault(rule, set()).update(self._after(to, back))
        inner: dict[int, list[tuple[int, int]]] = {}
        todo = list(outer)
        for caller in todo:
            for at in self._begun[caller]:
                for rule, to in calls[at]:
                    if rule not in outer:
                        outer[rule] = set()
                        todo.append(rule)
                    inner.setdefault(rule, []).append((caller, to))
        made: dict[int, Return] = {}
        for group in components(list(outer), inner):
            if len(group) == 1 and all(caller != group[0] for caller, _ in inner.get(group[0], ())):
                (rule,) = group
                for caller, to in inner.get(rule, ()):
                    outer[rule].update(self._after(to, made[caller]))
                made[rule] = self._return(frozenset(outer[rule]))
            else:
                made.update(self._loop(group, outer, inner, made))
        return made

    def _after(self, to: int, back: Return) -> Iterable[Item]:
        """Where a call continues: at the end of a rule, where that rule does."""
        if self._last[to] and back is not self._root:
            return back.items
        return ((to, back),)

    def _return(self, items: frozenset[Item]) -> Return:
        known = self._returns.get(items)
        if known is None:
            self._forget()
            cost = min(self._network.ending[at] + back.cost for at, back in items)
            known = self._returns[items] = Return(items, cost)
        return known

    def _loop(
        self,
        group: list[int],
        outer: dict[int, set[Item]],
        inner: dict[int, list[tuple[int, int]]],
        made: dict[int, Return],
    ) -> dict[int, Return]:
        """The returns of rules that call each other at their beginnings: they hold each other."""
        inside = set(group)
        for rule in group:
            for caller, to in inner.get(rule, ()):
                if caller not in inside:
                    outer[rule].update(self._after(to, made[caller]))
        key = frozenset((rule, frozenset(outer[rule])) for rule in group)
        known = self._loops.get(key)
        if known is not None:
            return known
        self._forget()
        returns = {rule: Return(frozenset(), INFINITE) for rule in group}
        within = [
            (rule, caller, to)
            for rule in group
            for caller, to in inner.get(rule, ())
            if caller in inside
        ]
        items = {rule: set(outer[rule]) for rule in group}
        changed = True
        while changed:
            changed = False
            for rule, caller, to in within:
                more = items[caller] if self._last[to] else {(to, returns[caller])}
                if not more <= items[rule]:
                    items[rule] |= more
                    changed = True
        for rule, back in returns.items():
            back.items = frozenset(items[rule])
        changed = True
        while changed:
            changed = False
            for back in returns.values():
                cost = min(self._network.ending[at] + other.cost for at, other in back.items)
                if cost < back.cost:
                    back.cost = cost
                    changed = True
        self._loops[key] = returns
        return returns

    def _forget(self) -> None:
        if len(self._states) + len(self._returns) + len(self._loops) > REMEMBERED:
            self._states.clear()
            self._returns.clear()
            self._loops.clear()
