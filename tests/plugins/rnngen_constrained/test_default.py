"""Without a named constraint the domain names its kind, which fits what was learned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import rnngen
from rnngen.components.domains.text import TextDomain
from rnngen_constrained.decoder.decoder import Constrained
from rnngen_constrained.decoder.options import Options as ConstrainedOptions
from rnngen_constrained.kinds.learned_words import learned_words
from rnngen_music.domain import MusicDomain

TEXT = "The cat sat. A cat's hat (red) sat!"
NAMES = ["BOS_None", "NOTE_60", "NOTE_61", "VELOCITY_10", "DUR_4"]


class Letters(rnngen.Codec):
    """A step for each character of the text."""

    spells_text = True
    characters = ("", *sorted(set(TEXT)))
    size = len(characters)
    boundary = 0

    def encode(self, content: Any) -> Any:
        return np.array([self.characters.index(one) for one in content])

    def decode(self, steps: Any) -> str:
        return "".join(self.characters[step] for step in steps)

    def bytes_of(self, step: int) -> bytes:
        return self.characters[step].encode()

    def files(self) -> dict[str, bytes]:
        return {}


class Names(Letters):
    """Steps that are not text, by name."""

    spells_text = False
    size = len(NAMES)

    def token(self, step: int) -> str:
        return NAMES[step]


class Told(rnngen.Context):
    """A model of a domain that learned these steps."""

    def __init__(self, kind: str | None, codec: rnngen.Codec, steps: list[int] | None) -> None:
        self.kind, self.codec, self.steps = kind, codec, steps
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def learned(self) -> Iterator[np.ndarray]:
        if self.steps is None:
            raise rnngen.DataError("the data changed")
        yield from np.array_split(np.array(self.steps), 3)

    def default_constraint(self) -> str | None:
        return self.kind


def attached(told: Told) -> Constrained:
    decoder = Constrained()
    decoder.attach(told)
    return decoder


def test_text_is_held_to_sentences_of_the_words_it_was_learned_from() -> None:
    codec = Letters()
    told = Told(TextDomain().default_constraint(Told(None, codec, None)), codec, codec.encode(TEXT))
    assert attached(told).names == ["known words and whole sentences"]
    assert "the 7 words of the training text" in told.notes[0]  # The cat sat A cat's hat red


def test_text_that_is_gone_leaves_whole_sentences_of_any_words() -> None:
    told = Told("prose", Letters(), None)
    assert attached(told).names == ["sentences"]
    assert "can't be read again: the data changed" in told.notes[0]


def test_music_is_held_to_whole_notes_of_the_tokens_it_was_learned_from() -> None:
    codec = Names()
    told = Told(MusicDomain().default_constraint(Told(None, codec, None)), codec, [0, 1, 3, 4])
    assert attached(told).names == ["notes", "tokens of the training music"]
    assert "whole notes, of the 3 tokens" in told.notes[0]


def test_a_model_without_a_default_needs_a_rule() -> None:
    with pytest.raises(rnngen.UsageError, match="no constraints were given, and this model has no"):
        attached(Told(None, Letters(), [1]))


def test_a_rule_that_was_named_takes_the_place_of_the_default() -> None:
    decoder = Constrained(options=ConstrainedOptions(regex=("[a-z]+",)))
    decoder.attach(Told("prose", Letters(), None))
    assert decoder.names == ["regex=[a-z]+"]


@pytest.mark.parametrize("parts", [1, 2, 5, 35])
def test_words_are_whole_however_the_text_is_cut(parts: int) -> None:
    text = f"{TEXT} {'long' * 11} end"
    cut = ["".join(part) for part in np.array_split(list(text), parts)]
    assert sorted(learned_words(cut)) == ["A", "The", "cat", "cat's", "end", "hat", "red", "sat"]
