"""The options of the text domain; light enough for `rnngen list`."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import option

KINDS = {"char": None, "byte": None, "word": 10_000, "bpe": 1_000, "unigram": 1_000}
"""Kinds of tokens, each with its default vocabulary size if that can be chosen."""

SMALLEST = 257
"""Subword vocabularies hold the boundary and all 256 bytes, so that any text has tokens."""

LARGEST = 1_000_000


@dataclass(frozen=True)
class Options:
    """Text: what a token is, what a document is, and what is held out to measure on."""

    tokens: str = option("char", "what one step is: char, byte, word, word:N, bpe:N or unigram:N")
    documents: Literal["file", "line", "blank"] = option(
        "file", "what one document is: a file, a line, or a block between blank lines"
    )
    valid: float = option(0.1, "fraction held out for validation", min=0.0, max=0.9)
    split: Literal["auto", "position", "documents"] = option(
        "auto", "hold out the end of the text, whole documents, or documents if there are many"
    )
    unknown: Literal["error", "replace"] = option(
        "error", "characters that the model has not learned: refuse them, or read them as U+FFFD"
    )
    unseen: Literal["refuse", "skip", "replace"] = option(
        "refuse",
        "characters that a trained model has never seen, in other texts and in prompts: refuse, "
        "skip, or replace them (by a plain form, U+FFFD, `?` or a space)",
    )
    line_ends: Literal["lf", "keep"] = option(
        "lf",
        "read CR LF and CR as LF, in prompts and stop texts, too, or keep them; bytes are kept",
    )
    binary: bool = option(
        False,
        "also learn archives, pictures, programs and UTF-16, which are refused otherwise; with "
        "tokens=byte",
    )


@dataclass(frozen=True)
class Tokens:
    """The option `tokens`, parsed: `kind` one of `KINDS`, and how many tokens where that counts.

    For `word` the number counts words, in addition to the boundary and the 256 bytes; for `bpe` and
    `unigram` it is the size of the whole vocabulary.
    """

    kind: str
    number: int


def read_tokens(text: str) -> Tokens:
    """`bpe:2000` as `Tokens("bpe", 2000)`; UsageError if it is invalid."""
    kind, colon, count = text.partition(":")
    if kind not in KINDS:
        near = difflib.get_close_matches(kind, list(KINDS), n=1, cutoff=0.5)
        known = ", ".join(KINDS)
        raise UsageError(
            f"`{kind}` is not a kind of token",
            hint=f"did you mean `{near[0]}`?" if near else f"choose one of {known}",
        )
    usual = KINDS[kind]
    if not colon:
        return Tokens(kind, usual or 0)
    if usual is None:
        raise UsageError(f"tokens `{kind}` take no number, but `{text}` has one", hint=f"`{kind}`")
    smallest = 1 if kind == "word" else SMALLEST
    try:
        number = int(count.replace("_", ""))
    except ValueError:
        number = 0
    if not smallest <= number <= LARGEST:
        raise UsageError(
            f"`{text}` asks for `{count}` tokens, expected an integer from {smallest} to {LARGEST}",
            hint=f"for example `{kind}:{usual}`",
        )
    return Tokens(kind, number)
