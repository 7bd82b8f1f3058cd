"""The machine that writes a poem by rule, one sequence at a time.

No state leads into a dead end: each is checked to have words that can follow.
`needed` is exact where no token spans two words, and an upper bound otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from rnngen import INFINITE, Reason, Single, Vocabulary
from rnngen_constrained import ByteDFA, Hostile, texts_of
from rnngen_poetry.endings import ones
from rnngen_poetry.explain import explain
from rnngen_poetry.lexicon import Lexicon
from rnngen_poetry.plan import Context
from rnngen_poetry.reading import Reading, State
from rnngen_poetry.spelling import FAR
from rnngen_poetry.trie import Ints

FEW = 32
"""Up to this many nodes are checked one by one; more of them all at once."""


class Poem(Single):
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
        self.exact = lexicon.spelling.exact
        self.reading = Reading(lexicon)
        self._spelling = lexicon.spelling
        self._finish = lexicon.plan.lines.finish
        self._bounds = self._bound_lines()

    def spelt(self) -> list[ByteDFA]:
        """The automaton of any texts of the poem's words; none for very many words."""
        return self._texts

    @cached_property
    def _texts(self) -> list[ByteDFA]:
        words = [word.decode() for word in self.lexicon.trie.words]
        try:
            return [texts_of([*words, *(word[:1].upper() + word[1:] for word in words)])]
        except Hostile:
            return []

    def start(self) -> State:
        """The state before the first word."""
        return self.reading.start()

    def allowed(self, state: State, left: int | None) -> list[int]:
        """The steps that may follow, the end among them where the poem may be over."""
        over = self.reading.ended(state)
        found: list[int] = []
        if left is None or left > 0:
            if state.place == "word":
                edges = self._spelling.edges(state.node)
                found = self._fitting(state.line, state.positions, state.context, *edges, left)
                found += self._reading(state, self._spelling.across_from(state.node), left)
            if over is not None:
                found += self._going_on(state, *over, left)
        if over is not None and self.reading.over(state, over[1]):
            found.append(self.vocabulary.end)
        return found

    def advance(self, state: State, step: int) -> State:
        """The state after a step that is allowed."""
        if step == self.vocabulary.end:
            return state
        after = self.reading.read(state, self.vocabulary.tokens[step])
        if after is None or after is state:
            raise ValueError(f"step {step} is not allowed")
        return after

    def needed(self, state: State) -> int:
        """The fewest steps to the end of the poem; `INFINITE` where there is none."""
        steps = self.reading.needed(state)
        return steps if steps < FAR else INFINITE

    def explain(self, state: State, step: int, left: int | None) -> Reason:
        """Why a step is forbidden; ValueError where it is allowed."""
        return explain(self, state, step, left)

    def _going_on(
        self, state: State, positions: int, ended: Context | None, left: int | None
    ) -> list[int]:
        """The tokens that may follow a whole word."""
        moves = self._spelling.moves[state.place]
        found: list[int] = []
        line, context = state.line, state.context
        if positions:
            found = self._fitting(line, positions, context, *moves.words, left)
        if ended is not None and line < self.reading.last:
            found += self._fitting(line + 1, 1, ended, *moves.lines, left)
        if moves.commas and self._fits(State("comma", line, positions, 0, context, ended), left):
            found += moves.commas
        if moves.stops and self._fits(State("stop", line, 0, 0, (), ended), left):
            found += moves.stops
        return found + self._reading(state, moves.spanning, left)

    def _reading(self, state: State, tokens: Sequence[int], left: int | None) -> list[int]:
        """The tokens among these that can be read byte by byte, and fit into what is left."""
        found = []
        for token in tokens:
            after = self.reading.read(state, self.vocabulary.tokens[token])
            if after is not None and self._fits(after, left):
                found.append(token)
        return found

    def _fitting(
        self,
        line: int,
        positions: int,
        context: Context,
        tokens: Ints,
        nodes: Ints,
        left: int | None,
    ) -> list[int]:
        """The tokens among these whose nodes have words below that fit into the steps left."""
        free = left is None or self._bounds[line] < left
        if free and len(tokens) == 1 and nodes[0] in (0, self.lexicon.trie.line_start):
            # Nothing else leads into the next word, and there is one.
            return [int(tokens[0])]
        if not len(tokens):
            return []
        view = self.reading.view_at(line, positions, context)
        ending, ends, below, going_on = (
            view.plan.ending,
            view.ends,
            self.reading.below,
            view.going_on,
        )
        if len(tokens) <= FEW:
            kept = [
                row
                for row, node in enumerate(nodes.tolist())
                if below[node] & going_on or ending.possible(node, ends)
            ]
        else:
            alive = (self._finish[nodes][:, list(ones(going_on))] < FAR).any(1)
            alive |= ending.possible_below(nodes, ends)
            kept = np.flatnonzero(alive).tolist()
        if left is not None and not free and view.plan.most >= left:
            costs = (self._finish[nodes] + np.array(view.costs)).min(1) + view.plan.after
            kept = [
                row
                for row in kept
                if costs[row] < left or ending.least(int(nodes[row]), ends) + view.plan.after < left
            ]
        result: list[int] = tokens[kept].tolist()
        return result

    def _fits(self, state: State, left: int | None) -> bool:
        """Whether a state can be finished in fewer steps than are left."""
        if left is None or self._bounds[state.line] < left:
            return self.reading.alive(state)
        return self.reading.at_most(state) < left or self.reading.needed(state) < left

    def _bound_lines(self) -> list[int]:
        """An upper bound on the steps a poem needs in any state of each line, by bytes."""
        longest = self.reading.longest + 2
        bytes_of = [max(measure.counts) * longest for measure in self.lexicon.form.measures]
        return [sum(bytes_of[line:]) for line in range(len(bytes_of))]
