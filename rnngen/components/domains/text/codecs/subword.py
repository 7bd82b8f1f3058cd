"""Subwords: byte pairs merged (BPE), or pieces of greatest likelihood (unigram).

Both work on bytes, so that all text has ids, and both are fitted on a sample of the text. What is
kept is a plain list of tokens, from which a Hugging Face `tokenizers` tokenizer is rebuilt.
BPE: Sennrich et al. 2016. Unigram: Kudo 2018. Bytes as characters: Radford et al. 2019.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from rnngen.components.domains.text.codecs.base import FILE, LARGEST_SIZE, expect, expect_strings
from rnngen.components.domains.text.codecs.unigram_training import fit_unigram
from rnngen.components.domains.text.codecs.wordwise import WordwiseCodec, sample
from rnngen.contracts.errors import BundleError
from rnngen.contracts.steps import Piece

# Letters, digits, other signs, each with the space before them; English short forms by themselves.
WORDS = re.compile(r"'(?:[sdmt]|ll|ve|re)| ?[^\W\d_]+| ?\d+| ?(?:[^\w\s]|_)+|\s+(?!\S)|\s+")

BPE_SAMPLE = 32 << 20
UNIGRAM_SAMPLE = 8 << 20
"""Most characters that a vocabulary is fitted on; fewer for unigram, which is slower."""

RAREST = 2
"""Fewest occurrences for a pair of tokens to be merged."""

DIGITS = 6
"""Decimals kept of unigram scores, so that rounding elsewhere does not change them."""

FAR = 2.0
"""How much less probable than the rarest token a byte is that has no token's meaning of its own."""


def _alphabet() -> list[str]:
    """The printable character that stands for each byte, in order of the bytes."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    characters = {byte: chr(byte) for byte in plain}
    characters.update({byte: chr(256 + number) for number, byte in enumerate(others)})
    return [characters[byte] for byte in range(256)]


ALPHABET = _alphabet()
BYTE_OF = {character: byte for byte, character in enumerate(ALPHABET)}


class _SubwordCodec(WordwiseCodec):
    """What both kinds share: tokens written in `ALPHABET`, and the tokenizer over them."""

    words = WORDS

    def __init__(self, tokens: Sequence[str], separator: str, model: models.Model) -> None:
        spelt = [bytes([BYTE_OF[character] for character in token]) for token in tokens]
        super().__init__([b"", *spelt], separator)
        self.tokens = tuple(tokens)
        self._tokenizer = Tokenizer(model)
        self._tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(
            add_prefix_space=False, use_regex=False
        )

    def _tokenize(self, words: list[str]) -> Iterable[Sequence[int]]:
        encodings = self._tokenizer.encode_batch_fast(words, add_special_tokens=False)
        return ([step + 1 for step in encoding.ids] for encoding in encodings)


class BpeCodec(_SubwordCodec):
    """Byte pairs, merged in the order in which they were found most frequent.

    Args:
        tokens: the token of id 1, 2, and so on, in `ALPHABET`; all 256 bytes are among them.
        merges: pairs of tokens, separated by a space, first ones first.
        separator: what a boundary between two documents becomes in text.
    """

    kind = "bpe"

    def __init__(self, tokens: Sequence[str], merges: Sequence[str], separator: str) -> None:
        vocabulary = {token: number for number, token in enumerate(tokens)}
        pairs = [(left, right) for left, right in (merge.split(" ") for merge in merges)]
        super().__init__(tokens, separator, models.BPE(vocabulary, pairs))
        self.merges = tuple(merges)

    @classmethod
    def fit(cls, pieces: Callable[[], Iterable[Piece]], separator: str, size: int) -> BpeCodec:
        """A codec of at most `size` ids, the boundary included."""
        trainer = trainers.BpeTrainer(
            vocab_size=size - 1,
            min_frequency=RAREST,
            initial_alphabet=ALPHABET,
            show_progress=False,
        )
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
        tokenizer.train_from_iterator(sample(pieces(), BPE_SAMPLE, separator), trainer)
        model = json.loads(tokenizer.to_str())["model"]
        vocabulary: dict[str, int] = model["vocab"]
        merges = [" ".join(merge) for merge in model["merges"]]
        return cls(sorted(vocabulary, key=vocabulary.__getitem__), merges, separator)

    def _content(self) -> dict[str, Any]:
        return {"tokens": list(self.tokens), "merges": list(self.merges)}

    @classmethod
    def from_content(cls, content: Mapping[str, Any], separator: str) -> BpeCodec:
        """The codec of a checked `codec.json`; BundleError where it makes no sense."""
        tokens = _expect_tokens(content)
        merges = expect_strings(content, "merges")
        known = set(tokens)
        for merge in merges:
            parts = merge.split(" ")
            if len(parts) != 2 or not known.issuperset((*parts, "".join(parts))):
                raise BundleError(f"`merges` in `{FILE}` has {merge!r:.60}, not two tokens")
        return cls(tokens, merges, separator)


class UnigramCodec(_SubwordCodec):
    """The most probable way to cut a word into tokens that have a probability each.

    Args:
        tokens: the token of id 1, 2, and so on, in `ALPHABET`; all 256 bytes are among them.
        scores: natural logarithm of each token's probability.
        separator: what a boundary between two documents becomes in text.
    """

    kind = "unigram"

    def __init__(self, tokens: Sequence[str], scores: Sequence[float], separator: str) -> None:
        super().__init__(
            tokens, separator, models.Unigram(list(zip(tokens, scores, strict=True)), None, False)
        )
        self.scores = tuple(scores)

    @classmethod
    def fit(cls, pieces: Callable[[], Iterable[Piece]], separator: str, size: int) -> UnigramCodec:
        """A codec of at most `size` ids, the boundary included."""
        counts: Counter[str] = Counter()
        for text in sample(pieces(), UNIGRAM_SAMPLE, separator):
            counts.update(WORDS.findall(text))
        found = fit_unigram(counts, size - 1 - len(ALPHABET))
        scores = {_spell(token): round(score, DIGITS) for token, score in found.items()}
        least = round(min(scores.values(), default=0.0) - FAR, DIGITS)
        for character in ALPHABET:
            scores.setdefault(character, least)
        tokens = sorted(scores, key=lambda token: (-scores[token], token))
        return cls(tokens, [scores[token] for token in tokens], separator)

    def _content(self) -> dict[str, Any]:
        return {"tokens": list(self.tokens), "scores": list(self.scores)}

    @classmethod
    def from_content(cls, content: Mapping[str, Any], separator: str) -> UnigramCodec:
        """The codec of a checked `codec.json`; BundleError where it makes no sense."""
        tokens = _expect_tokens(content)
        scores = expect(content, "scores", list)
        if len(scores) != len(tokens):
            raise BundleError(
                f"`{FILE}` has {len(scores)} scores for {len(tokens)} tokens, expected one each"
            )
        for score in scores:
            number = isinstance(score, int | float) and not isinstance(score, bool)
            if not number or not -1e6 < score < 1e6 or math.isnan(score):
                raise BundleError(f"`scores` in `{FILE}` has {score!r:.60}, expected a number")
        return cls(tokens, [float(score) for score in scores], separator)


def _spell(text: str) -> str:
    """The UTF-8 of a text, each byte as its character of `ALPHABET`."""
    return "".join(ALPHABET[byte] for byte in text.encode())


def _expect_tokens(content: Mapping[str, Any]) -> list[str]:
    tokens = expect_strings(content, "tokens")
    if not len(ALPHABET) <= len(tokens) < LARGEST_SIZE:
        raise BundleError(f"`{FILE}` has {len(tokens)} tokens, expected at least {len(ALPHABET)}")
    known = set(tokens)
    missing = [byte for byte, character in enumerate(ALPHABET) if character not in known]
    if missing:
        raise BundleError(f"`tokens` in `{FILE}` lacks {len(missing)} of the 256 bytes")
    for token in tokens:
        if not all(character in BYTE_OF for character in token):
            raise BundleError(f"`tokens` in `{FILE}` has {token!r:.60}, which is not bytes")
    return tokens
