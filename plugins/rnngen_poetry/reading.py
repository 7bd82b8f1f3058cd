"""Reads a poem byte by byte: what a text has settled, and what it still needs.

A state is where the poem stands: the line, the positions its words may have reached, the node of
the trie, and what the lines before have settled.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import add
from typing import NamedTuple

from rnngen_poetry.between import COMMA, STOPS, Place
from rnngen_poetry.endings import bits, ones
from rnngen_poetry.lexicon import Lexicon
from rnngen_poetry.measure import Kind
from rnngen_poetry.plan import Context, LinePlan
from rnngen_poetry.spelling import FAR
from rnngen_poetry.trie import compact


class State(NamedTuple):
    """Where a poem stands.

    Args:
        place: `word` inside or at the end of a word; `comma`, `stop` after such a sign.
        line: number of the line.
        positions: the positions that this word may begin at, as bits; after a comma those from
            which the line can continue; 0 after a stop.
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
    """What may follow in a line, at given positions and in one context; K kinds of words.

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


class Reading:
    """The states of a poem.

    Args:
        lexicon: the words, and the form.

    Attributes:
        below: for each node, the kinds of words that tokens can finish from it, as bits.
        longest: bytes of the longest word: no word takes more tokens.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.trie = lexicon.trie
        self.last = lexicon.form.length - 1
        self.below = bits(lexicon.plan.lines.finish < FAR)
        self.longest = int(lexicon.trie.depth.max())
        self._spelling = lexicon.spelling
        self._plan = lexicon.plan
        self._word = compact(lexicon.trie.word)
        self._words: dict[State, tuple[int, Context | None]] = {}
        self._views: dict[tuple[int, int, Context], View] = {}

    def start(self) -> State:
        """The state before the first word."""
        return State("word", 0, 1, self.trie.line_start, ())

    @property
    def impossible(self) -> bool:
        """Whether no poem at all can be written."""
        return self.needed(self.start()) >= FAR

    def read(self, state: State, text: bytes) -> State | None:
        """The state after some text; None if it can't follow."""
        after = state
        for byte in text:
            # Only the end of a token must be a state from which tokens continue.
            further = self.read_byte(after, byte)
            if further is None:
                return None
            after = further
        return after if after is state or self.alive(after) else None

    def read_byte(self, state: State, byte: int) -> State | None:
        """The state after a byte; None if it can't follow. Words below it may not fit."""
        if state.place == "word":
            node = self.trie.child(state.node, byte)
            if node >= 0:
                return State("word", state.line, state.positions, node, state.context)
        over = self.ended(state)
        if over is None:
            return None
        positions, ended = over
        if byte == 0x20 and state.place != "stop" and positions:
            return State("word", state.line, positions, 0, state.context)
        if byte == 0x0A and ended is not None and state.line < self.last:
            return State("word", state.line + 1, 1, self.trie.line_start, ended)
        if state.place != "word" or not self._spelling.punctuation:
            return None
        if byte in COMMA:
            return State("comma", state.line, positions, 0, state.context, ended)
        if byte in STOPS:
            return State("stop", state.line, 0, 0, (), ended)
        return None

    def alive(self, state: State) -> bool:
        """Whether something can follow a state, or the poem may end there."""
        if state.place == "word":
            if state.node == 0 or state.node == self.trie.line_start:
                # Positions and contexts that can't continue are left out in the first place.
                return True
            view = self.view_at(state.line, state.positions, state.context)
            going_on = self.below[state.node] & view.going_on
            return bool(going_on) or view.plan.ending.possible(state.node, view.ends)
        opens = state.line < self.last and self._spelling.opens[state.place]
        if state.next is not None and (opens or self.over(state, state.next)):
            return True
        return self.needed(state) < FAR

    def ended(self, state: State) -> tuple[int, Context | None] | None:
        """After a word: the positions from which the line can continue, and the context of the next
        line; None within a word."""
        if state.place != "word":
            return state.positions, state.next
        return None if self._word[state.node] < 0 else self.after_word(state)

    def after_word(self, state: State) -> tuple[int, Context | None]:
        """If the state's word ends here: the positions from which the line can continue, and the
        context of the next line, None where the line can't end here."""
        known = self._words.get(state)
        if known is not None:
            return known
        view = self.view_at(state.line, state.positions, state.context)
        word = self._word[state.node]
        pairs = self._plan.pairs_of(word)
        after = self.lexicon.kinds.after(
            state.positions, view.plan.measure, {kind for kind, _ in pairs}
        )
        ended = None
        rhymes = {rhyme for kind, rhyme in pairs if view.ends >> kind & 1}
        if rhymes:
            ended = self._plan.after(state.line, state.context, word, rhymes)
        if len(self._words) > 20_000:
            self._words.clear()
        self._words[state] = after & view.plan.open["word"], ended
        return self._words[state]

    def over(self, state: State, ended: Context | None) -> bool:
        """Whether the poem may end here, given the context its line would leave."""
        return state.line == self.last and ended is not None and state.place != "comma"

    def needed(self, state: State) -> int:
        """The fewest steps to the end of the poem; `FAR` if there is none."""
        if state.place == "word":
            view = self.view_at(state.line, state.positions, state.context)
            finish = self._plan.lines.finish[state.node].tolist()
            going_on: int = min(map(add, finish, view.costs))
            ending = view.plan.ending.least(state.node, view.ends)
            return min(min(going_on, ending) + view.plan.after, FAR)
        if self.over(state, state.next):
            return 0
        best = FAR
        if state.positions:
            plan = self._plan.line(state.line, state.context)
            steps = [plan.going_on["comma"][position] for position in ones(state.positions)]
            best = min(steps) + plan.after
        if state.next is not None and state.line < self.last:
            nodes, costs = self._spelling.entries(state.place, "lines")
            for node, cost in zip(nodes.tolist(), costs.tolist(), strict=True):
                line = State("word", state.line + 1, 1, node, state.next)
                best = min(best, cost + self.needed(line))
        return min(best, FAR)

    def at_most(self, state: State) -> int:
        """A quick upper bound of what is needed after a sign; `FAR` where there is none."""
        if state.place == "word":
            return FAR
        if state.next is not None and state.line < self.last and self._spelling.opens[state.place]:
            return self._plan.line(state.line + 1, state.next).most + 1
        if state.positions and self._spelling.spaced:
            return self._plan.line(state.line, state.context).most + 1
        return FAR

    def view(self, state: State) -> View:
        """What may follow in the line of a state."""
        return self.view_at(state.line, state.positions, state.context)

    def view_at(self, line: int, positions: int, context: Context) -> View:
        """What may follow in a line, at given positions and in one context."""
        key = line, positions, context
        view = self._views.get(key)
        if view is None:
            if len(self._views) > 20_000:
                self._views.clear()
            plan = self._plan.line(line, context)
            view = self._views[key] = View(plan, positions, self.lexicon.kinds.all)
        return view

    def word_at(self, node: int) -> int | None:
        """The word that ends at a node, if any."""
        return self._word[node] if self._word[node] >= 0 else None

    def prefix(self, node: int) -> bytes:
        """The bytes of a word up to a node, as the dictionary writes it."""
        return b"" if self.trie.within_letter(node) else self.trie.prefix(node)

    def words_below(self, node: int) -> Sequence[int]:
        """The words that continue from a node."""
        return range(*self.trie.range(node))
