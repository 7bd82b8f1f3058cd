"""The machine that writes a poem by rule, one sequence at a time.

A state is where the poem stands: the line, the positions its words may have reached, the node of
the trie, and what the lines before have settled. No state leads into a dead end, as every one of
them is checked to have words that can follow. `needed` is exact where no token spans two words, and
an upper bound else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import add
from typing import NamedTuple

import numpy as np
from rnngen_constrained.machine import INFINITE, Reason, Vocabulary
from rnngen_constrained.poetry.endings import bits, ones
from rnngen_constrained.poetry.lexicon import Lexicon
from rnngen_constrained.poetry.measure import Kind
from rnngen_constrained.poetry.plan import Context, LinePlan, Plan
from rnngen_constrained.poetry.spelling import COMMA, FAR, STOPS, Ints, Place
from rnngen_constrained.poetry.trie import compact

FEW = 32
"""Nodes that are looked at one by one; more of them all at once."""


class State(NamedTuple):
    """Where a poem stands.

    Args:
        place: `word` inside or at the end of a word; `comma`, `stop` after such a sign.
        line: number of the line.
        positions: the positions that this word may begin at, as bits; after a comma those from
            which the line can go on; 0 after a stop.
        node: of the trie; 0 after a sign.
        context: what the lines before have settled.
        next: the context of the next line, if this one may be over; None where it can't be. Only
            after a sign.
    """

    place: Place
    line: int
    positions: int
    node: int
    context: Context
    next: Context | None = None


class View:
    """What may follow in a line, at some positions and in one context; K kinds of words.

    Attributes:
        plan: of the line.
        costs: for each kind, the fewest steps after such a word in the middle of the line.
        going_on: the kinds after which the line can go on, as bits.
        ends: the kinds that fill it.
    """

    def __init__(self, plan: LinePlan, positions: int, kinds: Sequence[Kind]) -> None:
        self.plan = plan
        self.costs = [FAR] * len(kinds)
        self.going_on = self.ends = 0
        steps = plan.going_on["word"]
        for number, kind in enumerate(kinds):
            best = FAR
            for position in ones(positions & kind.fits[plan.measure]):
                after = position + kind.length
                best = min(best, steps[after])
                self.ends |= (plan.ends >> after & 1) << number
            self.costs[number] = best
            self.going_on |= int(best < FAR) << number


class Poem:
    """A `Single` for poems of a form.

    Args:
        lexicon: the words, as the vocabulary spells them.
        vocabulary: of the model.
        rule: the constraint as the user wrote it.
    """

    def __init__(self, lexicon: Lexicon, vocabulary: Vocabulary, rule: str) -> None:
        self.vocabulary = vocabulary
        self.rule = rule
        self.lexicon = lexicon
        self._trie = lexicon.trie
        self._spelling = lexicon.spelling
        self._plan: Plan = lexicon.plan
        self._lines = lexicon.plan.lines
        self._kinds = lexicon.kinds
        self._last = lexicon.form.length - 1
        self._below = bits(self._lines.finish < FAR)
        self._word = compact(self._trie.word)
        self._views: dict[tuple[int, int, Context], View] = {}
        self._bounds = self._bound_lines()
        self.exact = self._spelling.exact

    def start(self) -> State:
        """Before the first word."""
        return State("word", 0, 1, self._trie.line_start, ())

    def allowed(self, state: State, left: int | None) -> list[int]:
        """The steps that may follow, the end among them where the poem may be over."""
        found: list[int] = []
        if left is None or left > 0:
            for line, positions, context, tokens, nodes in self._words(state):
                found += self._fitting(line, positions, context, tokens, nodes, left)
            for token in self._others(state):
                after = self.read(state, self.vocabulary.tokens[token])
                if after is not None and self._fits(after, left):
                    found.append(token)
        if self._over(state):
            found.append(self.vocabulary.end)
        return found

    def advance(self, state: State, step: int) -> State:
        """The state after a step that is allowed."""
        if step == self.vocabulary.end:
            return state
        after = self.read(state, self.vocabulary.tokens[step])
        if after is None or after is state:
            raise ValueError(f"step {step} is not allowed")
        return after

    def needed(self, state: State) -> int:
        """The fewest steps to the end of the poem; `INFINITE` where there is none."""
        steps = self._needed(state)
        return steps if steps < FAR else INFINITE

    def explain(self, state: State, step: int, left: int | None) -> Reason:
        """Why a step is forbidden; ValueError where it is allowed."""
        from rnngen_constrained.poetry.explain import explain

        return explain(self, state, step, left)

    def after_word(self, state: State) -> tuple[int, Context | None]:
        """With the word at the state over: the positions from which the line can go on, and the
        context of the next line, None where the line can't end here."""
        view = self._view(state.line, state.positions, state.context)
        word = self._word[state.node]
        if state.place != "word" or word < 0:
            return 0, None
        pairs = self._plan.pairs_of(word)
        after = self._kinds.after(state.positions, view.plan.measure, {kind for kind, _ in pairs})
        ended = None
        rhymes = {rhyme for kind, rhyme in pairs if view.ends >> kind & 1}
        if rhymes:
            ended = self._plan.after(state.line, state.context, word, rhymes)
        return after & view.plan.open["word"], ended

    def read(self, state: State, text: bytes) -> State | None:
        """The state after some text, None where it can't follow."""
        after: State | None = state
        for byte in text:
            # Within a token nothing has to be a state that tokens lead on from: the end of it has.
            after = self._byte(after, byte)
            if after is None:
                return None
        return after if after is state or self._alive(after) else None

    def _byte(self, state: State, byte: int) -> State | None:
        if state.place == "word":
            node = self._trie.child(state.node, byte)
            if node >= 0:
                return State("word", state.line, state.positions, node, state.context)
            if self._word[state.node] < 0:
                return None
            positions, ended = self.after_word(state)
        else:
            positions, ended = state.positions, state.next
        if byte == 0x20 and state.place != "stop" and positions:
            return State("word", state.line, positions, 0, state.context)
        if byte == 0x0A and ended is not None and state.line < self._last:
            return State("word", state.line + 1, 1, self._trie.line_start, ended)
        if state.place != "word" or not self._spelling.punctuation:
            return None
        if byte in COMMA:
            return State("comma", state.line, positions, 0, state.context, ended)
        if byte in STOPS:
            return State("stop", state.line, 0, 0, (), ended)
        return None

    def _alive(self, state: State) -> bool:
        """Whether something can follow a state, or the poem may end there."""
        if state.place == "word":
            if state.node == 0 or state.node == self._trie.line_start:
                # What can't go on is no position, and no context, in the first place.
                return True
            view = self._view(state.line, state.positions, state.context)
            going_on = self._below[state.node] & view.going_on
            return bool(going_on) or view.plan.ending.possible(state.node, view.ends)
        opens = state.line < self._last and self._spelling.opens[state.place]
        if self._over(state) or (opens and state.next is not None):
            return True
        return self._needed(state) < FAR

    def _over(self, state: State) -> bool:
        """Whether the poem may end here."""
        if state.line != self._last:
            return False
        if state.place == "word":
            return self._word[state.node] >= 0 and self.after_word(state)[1] is not None
        return state.place == "stop" and state.next is not None

    def _words(self, state: State) -> Iterator[tuple[int, int, Context, Ints, Ints]]:
        """Tokens that lead to a node of this word, the next one, or the first of the next line."""
        if state.place == "word":
            yield state.line, state.positions, state.context, *self._spelling.edges(state.node)
            if self._word[state.node] < 0:
                return
            positions, ended = self.after_word(state)
        else:
            positions, ended = state.positions, state.next
        moves = self._spelling.moves[state.place]
        if positions:
            yield state.line, positions, state.context, *moves.words
        if ended is not None and state.line < self._last:
            yield state.line + 1, 1, ended, *moves.lines

    def _others(self, state: State) -> Iterator[int]:
        """The other tokens that could follow: signs, and tokens that span words."""
        if state.place == "word":
            yield from self._spelling.across_from(state.node)
            if self._word[state.node] < 0:
                return
        moves = self._spelling.moves[state.place]
        yield from moves.commas
        yield from moves.stops
        yield from moves.spanning

    def _fitting(
        self,
        line: int,
        positions: int,
        context: Context,
        tokens: Ints,
        nodes: Ints,
        left: int | None,
    ) -> list[int]:
        """Those of the tokens whose nodes have words below that fit, in steps that are left."""
        free = left is None or self._bounds[line] < left
        if free and len(tokens) == 1 and nodes[0] in (0, self._trie.line_start):
            # Nothing else leads into the next word, and there is one.
            return [int(tokens[0])]
        if not len(tokens):
            return []
        view = self._view(line, positions, context)
        ending, ends, below, going_on = view.plan.ending, view.ends, self._below, view.going_on
        if len(tokens) <= FEW:
            kept = [
                row
                for row, node in enumerate(nodes.tolist())
                if below[node] & going_on or ending.possible(node, ends)
            ]
        else:
            alive = (self._lines.finish[nodes][:, list(ones(going_on))] < FAR).any(1)
            alive |= ending.possible_below(nodes, ends)
            kept = np.flatnonzero(alive).tolist()
        if left is not None and not free and view.plan.most >= left:
            costs = (self._lines.finish[nodes] + np.array(view.costs)).min(1) + view.plan.after
            kept = [
                row
                for row in kept
                if costs[row] < left
                or ending.least(int(nodes[row]), ends) + view.plan.after < left
            ]
        result: list[int] = tokens[kept].tolist()
        return result

    def _fits(self, state: State, left: int | None) -> bool:
        """Whether a state can be finished in fewer steps than are left."""
        return left is None or self._bounds[state.line] < left or self._needed(state) < left

    def _bound_lines(self) -> list[int]:
        """An upper bound of the steps a poem needs in any state of each line, by bytes."""
        longest = int(self._trie.depth.max()) + 2
        bytes_of = [max(measure.counts) * longest for measure in self.lexicon.form.measures]
        return [sum(bytes_of[line:]) for line in range(len(bytes_of))]

    def _needed(self, state: State) -> int:
        if state.place == "word":
            view = self._view(state.line, state.positions, state.context)
            finish = self._lines.finish[state.node].tolist()
            going_on = min(map(add, finish, view.costs))
            ending = view.plan.ending.least(state.node, view.ends)
            return min(min(going_on, ending) + view.plan.after, FAR)
        if self._over(state):
            return 0
        best = FAR
        if state.positions:
            plan = self._plan.line(state.line, state.context)
            steps = [plan.going_on["comma"][position] for position in ones(state.positions)]
            best = min(steps) + plan.after
        if state.next is not None and state.line < self._last:
            nodes, costs = self._spelling.entries(state.place, "lines")
            for node, cost in zip(nodes.tolist(), costs.tolist(), strict=True):
                line = State("word", state.line + 1, 1, node, state.next)
                best = min(best, cost + self._needed(line))
        return min(best, FAR)

    def _view(self, line: int, positions: int, context: Context) -> View:
        key = line, positions, context
        view = self._views.get(key)
        if view is None:
            if len(self._views) > 20_000:
                self._views.clear()
            plan = self._plan.line(line, context)
            view = self._views[key] = View(plan, positions, self._kinds.all)
        return view
