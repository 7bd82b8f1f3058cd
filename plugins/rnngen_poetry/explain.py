"""Explains why a poem can't continue with a step, in terms of the form the user named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from rnngen import Reason
from rnngen_poetry.between import AFTER
from rnngen_poetry.endings import ones

if TYPE_CHECKING:
    from rnngen_poetry.reading import Reading, State


class Poem(Protocol):
    """What the explanations need of a poem: its reading, and its machine."""

    rule: str
    reading: Reading

    @property
    def vocabulary(self) -> Any:
        """The vocabulary it is bound to."""

    def allowed(self, state: State, left: int | None) -> Any:
        """The steps that may follow."""

    def advance(self, state: State, step: int) -> State:
        """The state after a step."""

    def needed(self, state: State) -> int:
        """The fewest steps to an ending."""


LONGEST = 2_000
"""Steps of an ending that are written out at most."""


def explain(poem: Poem, state: State, step: int, left: int | None) -> Reason:
    """Why `step` is forbidden; ValueError where it is allowed."""
    if step in poem.allowed(state, left):
        raise ValueError(f"step {step} is allowed")
    ending = shortest_ending(poem, state)
    if step == poem.vocabulary.end:
        return Reason("rule", poem.rule, f"{poem.rule}: {_unfinished(poem.reading, state)}", ending)
    if step in poem.allowed(state, None):
        after = poem.needed(poem.advance(state, step))
        name = poem.vocabulary.names[step]
        text = (
            f"the shortest way to continue with `{name}` takes {after + 1} steps, {left} are left"
        )
        return Reason("length", poem.rule, text, ending)
    text = _sentence(poem.reading, state, poem.vocabulary.tokens[step])
    return Reason("rule", poem.rule, f"{poem.rule}: {text}", ending)


def shortest_ending(poem: Poem, state: State) -> list[int]:
    """The steps of a shortest ending."""
    steps: list[int] = []
    left = poem.needed(state)
    while left and len(steps) < LONGEST:
        found = [step for step in poem.allowed(state, left) if step != poem.vocabulary.end]
        steps.append(min(found))
        state = poem.advance(state, steps[-1])
        left = poem.needed(state)
    return steps


def _sentence(reading: Reading, state: State, text: bytes) -> str:
    """Why some text is forbidden."""
    if not text:
        return "the step stands for no text"
    here: State = state
    for byte in text:
        after = reading.read_byte(here, byte)
        if after is None:
            return _at_byte(reading, here, byte)
        here = after
    return _no_word(reading, here) if here.place == "word" else _unfinished(reading, here)


def _at_byte(reading: Reading, state: State, byte: int) -> str:
    """Why a byte can't be read."""
    between = byte in AFTER["word"]
    if state.place != "word":
        return f"{_shown(bytes([byte]))} can't follow a {state.place}"
    written = reading.prefix(state.node)
    if not between:
        return f"no word of the dictionary begins with {_shown(written + bytes([byte]))}"
    if not written:
        return f"{_shown(bytes([byte]))} has to follow a word"
    if reading.word_at(state.node) is None:
        return f"{_shown(written)} is not a word of the dictionary"
    if byte in b" ,":
        return _no_room(reading, state, written)
    if byte == 0x0A and state.line == reading.last:
        return f"line {state.line + 1} is the last"
    return _unfinished(reading, state)


def _no_word(reading: Reading, state: State) -> str:
    """Why none of the words below a node fits."""
    view = reading.view(state)
    written = reading.prefix(state.node)
    fitting = _kinds(reading, reading.words_below(state.node)) & (view.ends | view.going_on)
    if fitting:
        return f"{_rhyme(reading, state)}, no word that begins with {_shown(written)} does"
    # The shortest of them represents all.
    words = [reading.trie.words[word] for word in reading.words_below(state.node)]
    return _no_room(reading, state, min(words, key=len))


def _unfinished(reading: Reading, state: State) -> str:
    """Why a line, or the poem, can't end here."""
    if state.place == "word":
        word = reading.word_at(state.node)
        if word is None:
            written = reading.prefix(state.node)
            return f"{_shown(written)} is not a word" if written else _room(reading, state)
        if reading.after_word(state)[1] is None:
            if _kinds(reading, [word]) & reading.view(state).ends:
                return _rhyme_broken(reading, state, word)
            return _no_room(reading, state, reading.prefix(state.node))
    lines = reading.lexicon.form.length
    if state.line != reading.last:
        return f"line {state.line + 1} of {lines} is not the last"
    return f"line {state.line + 1} needs another word"


def _room(reading: Reading, state: State) -> str:
    """What a line needs, and what is written."""
    measure = reading.lexicon.form.measures[state.line]
    counts = sorted(measure.counts)
    needs = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    written = " or ".join(str(place) for place in ones(state.positions))
    metre = f" in {measure.name}" if measure.metre else ""
    return f"line {state.line + 1} needs {needs} syllables{metre}, {written} are written"


def _no_room(reading: Reading, state: State, word: bytes) -> str:
    number = reading.word_at(reading.trie.walk(0, word))
    kinds = ones(_kinds(reading, [] if number is None else [number]))
    counts = sorted({reading.lexicon.kinds.all[kind].length for kind in kinds})
    has = " or ".join(map(str, counts))
    return f"{_room(reading, state)}, {_shown(word)} has {has}"


def _rhyme(reading: Reading, state: State) -> str:
    """What a line has to rhyme with."""
    form = reading.lexicon.form
    letter = form.letter(state.line)
    partners = [line for line in range(form.length) if form.letter(line) == letter]
    earlier = [line + 1 for line in partners if line < state.line]
    if letter is None:
        return f"line {state.line + 1} has to end"
    if not earlier:
        others = " and ".join(str(line + 1) for line in partners if line != state.line)
        return f"line {state.line + 1} has to rhyme with line {others}"
    words = [word for known, _, used in state.context if known == letter for word in used]
    names = " and ".join(_shown(reading.lexicon.trie.words[word]) for word in words)
    return f"line {state.line + 1} has to rhyme with {names or f'line {earlier[0]}'}"


def _rhyme_broken(reading: Reading, state: State, word: int) -> str:
    letter = reading.lexicon.form.letter(state.line)
    text = reading.lexicon.trie.words[word]
    used = [known for name, _, words in state.context if name == letter for known in words]
    if word in used:
        return f"{_shown(text)} already ends a line that line {state.line + 1} rhymes with"
    return f"{_rhyme(reading, state)}, {_shown(text)} does not"


def _kinds(reading: Reading, words: Sequence[int]) -> int:
    """The kinds of the given words, as bits."""
    plan = reading.lexicon.plan
    return sum(1 << kind for kind in {kind for word in words for kind, _ in plan.pairs_of(word)})


def _shown(text: bytes) -> str:
    return f"`{text.decode(errors='replace')}`" if text.strip() else repr(text.decode())
