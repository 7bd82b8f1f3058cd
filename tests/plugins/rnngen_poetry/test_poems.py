"""Written poems, each checked by a reader that knows only the dictionary."""

from __future__ import annotations

import itertools
import re
from importlib.resources import files

import numpy as np
import pytest

from rnngen.contracts.constraint import Vocabulary
from rnngen_constrained.machines.make import make

DICTIONARY = (files("rnngen_poetry") / "words.dict").read_text(encoding="utf-8")
END = 0
TEXT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ \n,.;:!?'"
POEMS = 100


def spoken():
    """Every word in small letters, with its pronunciations as lists of phonemes."""
    words = {}
    for line in DICTIONARY.splitlines():
        if line and not line.startswith(";;;"):
            head, *phonemes = line.split()
            words.setdefault(re.sub(r"\(\d\)", "", head).lower(), []).append(phonemes)
    return words


SPOKEN = spoken()


def syllables(phonemes):
    return sum(phoneme[-1].isdigit() for phoneme in phonemes)


def rhyme(phonemes):
    for place in range(len(phonemes) - 1, -1, -1):
        if phonemes[place][-1] in "12":
            break
    else:
        place = max(n for n, phoneme in enumerate(phonemes) if phoneme[-1].isdigit())
    return [phoneme.rstrip("012") for phoneme in phonemes[place:]]


def words_of(line):
    assert re.fullmatch(r"[A-Za-z'][a-z']*(,? [a-zI][a-z']*)*[,.;:!?]?", line), line
    return [word.strip(",.;:!?").lower() for word in line.split()]


def is_poem(text, counts, scheme):
    """Whether some way to say the words gives each line one of its counts, and the rhymes."""
    lines = [words_of(line) for line in text.split("\n")]
    assert len(lines) == len(counts)
    options = []
    for words, wanted in zip(lines, counts, strict=True):
        ways = []
        for said in itertools.product(*(SPOKEN[word] for word in words)):
            if sum(map(syllables, said)) in wanted and rhyme(said[-1]) not in ways:
                ways.append(rhyme(said[-1]))
        options.append(ways)
    for ways in itertools.product(*options):
        pairs = itertools.combinations(range(len(lines)), 2)
        if all(
            ways[a] == ways[b] and lines[a][-1] != lines[b][-1]
            for a, b in pairs
            if scheme and scheme[a] == scheme[b]
        ):
            return True
    return False


def characters():
    return [character.encode() for character in TEXT]


def byte_tokens():
    return [bytes([value]) for value in range(256)]


def pairs():
    """Characters and their most frequent combinations: tokens span letters, spaces, line ends."""
    words = sorted(SPOKEN)
    counts = {}
    for first, second in itertools.pairwise(words):
        text = f" {first}, {second} {first[::-1]}"
        for place in range(len(text) - 1):
            for size in (2, 3):
                part = text[place : place + size]
                counts[part] = counts.get(part, 0) + 1
    frequent = sorted(counts, key=lambda part: (-counts[part], part))[:400]
    return [
        *characters(),
        *(part.encode() for part in frequent),
        b"\nT",
        b",\n",
        b".\nA",
        b" of the",
    ]


VOCABULARIES = {"characters": characters, "bytes": byte_tokens, "pairs": pairs}


def vocabulary(name):
    tokens = [b"", *dict.fromkeys(VOCABULARIES[name]())]
    return Vocabulary(tokens, [repr(token) for token in tokens], END)


def write(machine, rng, length):
    """A sequence of a model with random logits, drawn from what is allowed."""
    state, text, left = machine.start(), b"", length
    while True:
        logits = np.full(len(machine.vocabulary), -np.inf)
        allowed = machine.allowed(state, left)
        logits[allowed] = rng.normal(scale=2, size=len(allowed)) + rng.gumbel(size=len(allowed))
        step = int(logits.argmax())
        if step == END:
            return text.decode(), length - left
        state, left = machine.advance(state, step), left - 1
        text += machine.vocabulary.tokens[step]
        assert left >= 0


FORMS = {
    "haiku": ("haiku", "", [{5}, {7}, {5}], ""),
    "couplets": ("couplets", "4", [set(range(6, 11))] * 4, "AABB"),
    "limerick": (
        "limerick",
        "",
        [set(range(7, 11))] * 2 + [set(range(5, 8))] * 2 + [set(range(7, 11))],
        "AABBA",
    ),
    "ballad": ("syllables", "8/6/8/6 ABAB", [{8}, {6}, {8}, {6}], "ABAB"),
}


@pytest.mark.parametrize("tokens", VOCABULARIES)
@pytest.mark.parametrize("form", FORMS)
def test_every_poem_is_one_and_ends_within_its_length(form, tokens):
    kind, text, counts, scheme = FORMS[form]
    machine = make(kind, text, {}).bind(vocabulary(tokens))
    rng = np.random.default_rng(0)
    needed = machine.needed(machine.start())
    for number in range(POEMS):
        length = needed + [0, 5, 60, 400][number % 4]
        poem, steps = write(machine, rng, length)
        assert steps <= length
        assert is_poem(poem, counts, scheme), poem


def test_the_reader_of_these_tests_knows_what_is_no_poem():
    good = "the silent river\na yellow moon in the night\nthe autumn garden"
    assert is_poem(good, [{5}, {7}, {5}], "")
    assert not is_poem(good.replace("yellow ", ""), [{5}, {7}, {5}], "")
    assert is_poem("the moon\nin june", [{2}, {2}], "AA")
    assert not is_poem("the moon\nin may", [{2}, {2}], "AA")
    assert not is_poem("the moon\na moon", [{2}, {2}], "AA")


def stressed(word, place, metre):
    """Whether some way to say a word fits the metre at a place, and the places after it."""
    found = set()
    for phonemes in SPOKEN[word]:
        stresses = [phoneme[-1] for phoneme in phonemes if phoneme[-1].isdigit()]
        under = metre[place : place + len(stresses)]
        if len(under) == len(stresses) and (
            len(stresses) == 1
            or all(stress in ("2", at) for stress, at in zip(stresses, under, strict=True))
        ):
            found.add(place + len(stresses))
    return found


@pytest.mark.parametrize(
    ("name", "metre"),
    [("iambic-pentameter", "01" * 5), ("trochaic tetrameter", "10" * 4), ("001001", "001001")],
)
def test_stresses_fall_where_the_metre_has_them(name, metre):
    machine = make("metre", f"{name.replace(' ', '-')} AA", {}).bind(vocabulary("characters"))
    rng = np.random.default_rng(1)
    for _ in range(30):
        poem, _ = write(machine, rng, 300)
        for line in poem.split("\n"):
            places = {0}
            for word in words_of(line):
                places = {after for place in places for after in stressed(word, place, metre)}
            assert len(metre) in places, line


def test_lines_begin_with_capitals_and_have_no_signs_where_that_is_asked_for():
    options = {"capitals": "always", "punctuation": "no"}
    machine = make("couplets", "2", options).bind(vocabulary("characters"))
    rng = np.random.default_rng(2)
    for _ in range(30):
        poem, _ = write(machine, rng, 200)
        assert re.fullmatch(r"[A-Z][a-z'I ]*\n[A-Z][a-z'I ]*", poem)


def test_a_word_rhymes_with_itself_only_where_that_is_asked_for():
    def endings(repeat):
        machine = make("couplets", "2", {"repeat": repeat}).bind(vocabulary("characters"))
        rng = np.random.default_rng(3)
        poems = [write(machine, rng, machine.needed(machine.start()) + 1)[0] for _ in range(300)]
        return [[words_of(line)[-1] for line in poem.split("\n")] for poem in poems]

    assert all(first != second for first, second in endings("no"))
    assert any(first == second for first, second in endings("yes"))


def test_a_couplet_has_as_many_syllables_as_asked_for():
    machine = make("couplets", "", {"lines": 2, "line_syllables": "4-5"}).bind(
        vocabulary("characters")
    )
    rng = np.random.default_rng(4)
    for _ in range(50):
        assert is_poem(write(machine, rng, 200)[0], [{4, 5}] * 2, "AA")
