"""Poems by rule: what it takes to read a large dictionary, to bind a form, and to write.

The dictionary is made up here, of as many words as asked for (100,000 if nothing is said): random
syllables, spelt roughly as they sound. Steps are drawn from all that are allowed, so that only the
rule's own time is measured: processor time, as everything here is one thread.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

SPELT = {
    "AA1": "a", "AE1": "ae", "AH0": "u", "AO1": "o", "AW1": "ow", "AY1": "y", "EH1": "e",
    "ER0": "er", "EY1": "ay", "IH0": "i", "IY0": "ee", "OW2": "oa", "UW1": "oo",
}  # fmt: skip
CONSONANTS = ["B", "D", "F", "G", "K", "L", "M", "N", "P", "R", "S", "T", "V", "W", "Z"]
TEXT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ \n,.;:!?'"
POEMS = 50
LENGTH = 600


def made_up(count: int) -> list[str]:
    """Lines of a dictionary of `count` different words."""
    rng = random.Random(0)
    words: dict[str, str] = {}
    while len(words) < count:
        phonemes: list[str] = []
        for _ in range(min(6, 1 + int(rng.expovariate(0.8)))):
            phonemes += [rng.choice(CONSONANTS), rng.choice(list(SPELT))]
            phonemes += [rng.choice(CONSONANTS)] if rng.random() < 0.4 else []
        spelling = "".join(SPELT.get(phoneme, phoneme.lower()) for phoneme in phonemes)
        words.setdefault(spelling.upper(), " ".join(phonemes))
    return [f"{word}  {phonemes}" for word, phonemes in words.items()]


def main(arguments: Sequence[str]) -> None:
    """Prints a line for each form."""
    from rnngen.contracts.constraint import Vocabulary
    from rnngen_poetry import forms
    from rnngen_poetry.dictionary import parse_dictionary
    from rnngen_poetry.lexicon import make_lexicon
    from rnngen_poetry.measure import read_metre, syllables
    from rnngen_poetry.poem import Poem

    lines = made_up(int(arguments[0]) if arguments else 100_000)
    start = time.process_time()
    dictionary = parse_dictionary(lines, "made up")
    print(f"{len(lines)} words read in {time.process_time() - start:.2f} s")
    tokens = [b"", *(character.encode() for character in TEXT)]
    vocabulary = Vocabulary(tokens, ["<end>", *TEXT], 0)
    pentameter = read_metre("iambic-pentameter")
    for form in (
        forms.haiku(),
        forms.couplets(4, syllables(6, 10)),
        forms.limerick(),
        forms.free_form([pentameter], "ABAB", None, "pentameter"),
    ):
        start = time.process_time()
        lexicon = make_lexicon(
            dictionary, form, vocabulary, punctuation=True, capitals="optional", repeat=False
        )
        machine = Poem(lexicon, vocabulary, form.name)
        needed = machine.needed(machine.start())
        bound = time.process_time() - start
        rng, written, start = random.Random(1), 0, time.process_time()
        for _ in range(POEMS):
            state, left = machine.start(), LENGTH
            while step := rng.choice(machine.allowed(state, left)):
                state, left = machine.advance(state, step), left - 1
            written += LENGTH - left
        each = (time.process_time() - start) / written * 1e6
        print(
            f"{form.name:10} bound in {bound:.2f} s, {lexicon.trie.size} nodes; the shortest has "
            f"{needed} characters; {each:.0f} µs a character, {written / POEMS:.0f} characters each"
        )
