"""Poems that keep another constraint as well."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnngen_constrained.errors import Contradiction
from rnngen_constrained.machines.compose import compose
from rnngen_constrained.machines.make import make
from tests.plugins.rnngen_poetry.test_poems import END, is_poem, vocabulary

FORMS = {
    "haiku": ("haiku", "", [{5}, {7}, {5}], ""),
    "couplet": ("syllables", "6/6 AA", [{6}, {6}], "AA"),
}


def together(form, tokens, other):
    kind, text, counts, scheme = FORMS[form]
    made = [make(kind, text, {}), *(make(name, wanted, {}) for name, wanted in other.items())]
    steps = vocabulary(tokens)
    machine = compose([each.name for each in made], [each.bind(steps) for each in made])
    return machine, lambda poem: is_poem(poem, counts, scheme)


def write(machine, rng, length):
    rows, text, left = machine.start(1), b"", length
    while True:
        mask = machine.allowed(rows, torch.tensor([left]))[0].numpy()
        assert mask.any(), "a dead end"
        assert int(machine.needed(rows)[0]) <= left
        scores = rng.normal(scale=2, size=mask.shape) + rng.gumbel(size=mask.shape)
        step = int(np.where(mask, scores, -np.inf).argmax())
        if step == END:
            return text.decode()
        text += machine.vocabulary.tokens[step]
        rows, left = machine.advance(rows, torch.tensor([step])), left - 1


@pytest.mark.parametrize(
    ("form", "tokens", "words"),
    [
        ("haiku", "characters", ("moon", "river")),
        ("haiku", "pairs", ("moon",)),
        ("couplet", "characters", ("garden",)),
    ],
)
def test_poems_have_the_words_that_must_be_in_them(form, tokens, words):
    machine, valid = together(form, tokens, {"must-include": words})
    rng = np.random.default_rng(0)
    needed = int(machine.needed(machine.start(1))[0])
    for length in (needed, needed + 60):
        poem = write(machine, rng, length)
        assert valid(poem), poem
        assert all(word in poem for word in words), poem


def test_poems_are_no_longer_than_asked_for():
    machine, valid = together("haiku", "characters", {"length": "..60"})
    poem = write(machine, np.random.default_rng(0), 200)
    assert len(poem) <= 60
    assert valid(poem)


def test_a_word_that_no_poem_can_have_is_found_before_anything_is_written():
    with pytest.raises(Contradiction, match="`haiku` and `must_include=zebra` together"):
        together("haiku", "characters", {"must-include": ("zebra",)})
