"""Grammars for tests, vocabularies for them, and an independent way to list a language."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from hypothesis import strategies as st

from rnngen.contracts.constraint import Single, Vocabulary

ARITHMETIC = r"""
start: expression
expression: term | expression ("+" | "-") term
term: factor | term ("*" | "/") factor
factor: NUMBER | "(" expression ")" | "-" factor
NUMBER: /[0-9]+(\.[0-9]+)?/
"""
JSON = r"""
start: value
?value: object | array | ESCAPED_STRING | NUMBER | "true" | "false" | "null"
object: "{" [pair ("," pair)*] "}"
pair: ESCAPED_STRING ":" value
array: "[" [value ("," value)*] "]"
NUMBER: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/
%import common.ESCAPED_STRING
%import common.WS
%ignore WS
"""
Alternatives = Mapping[str, Sequence[Sequence[str]]]
"""A grammar in the plainest form: rules are capital letters, everything else is a character."""


def characters(text: str = string.printable) -> Vocabulary:
    """A vocabulary of the end and one token per character."""
    return vocabulary(char.encode() for char in text)


def vocabulary(tokens: Iterable[bytes]) -> Vocabulary:
    """A vocabulary of the end and these tokens."""
    listed = [b"", *tokens]
    return Vocabulary(listed, [repr(token)[1:] for token in listed], 0)


def pairs(size: int, text: str = string.printable) -> Vocabulary:
    """Bytes and longer tokens, as in a byte-pair encoding; the same at every call."""
    rng = np.random.default_rng(0)
    tokens: dict[bytes, None] = {bytes([byte]): None for byte in range(256)}
    known = [char.encode() for char in text]
    while len(tokens) < size - 1:
        left, right = rng.integers(len(known), size=2)
        token = known[left] + known[right]
        if len(token) <= 8 and token not in tokens:
            tokens[token] = None
            known.append(token)
    return vocabulary(tokens)


def language(rules: Alternatives, start: str, length: int) -> set[str]:
    """All texts of at most `length` characters, by brute force: no automaton, no parser."""
    known: dict[str, set[str]] = {name: set() for name in rules}
    while True:
        before = {name: len(texts) for name, texts in known.items()}
        for name, alternatives in rules.items():
            for alternative in alternatives:
                texts = {""}
                for symbol in alternative:
                    more = known.get(symbol, {symbol})
                    texts = {a + b for a in texts for b in more if len(a) + len(b) <= length}
                known[name] |= texts
        if {name: len(texts) for name, texts in known.items()} == before:
            return known[start]


@st.composite
def alternatives(draw: st.DrawFn, letters: str = "abc", rules: str = "ABC") -> Alternatives:
    """Random grammars: ambiguous, nullable, with any recursion, some without an end."""
    symbols = st.sampled_from(letters + rules)
    one = st.lists(symbols, max_size=4)
    return {rule: draw(st.lists(one, min_size=1, max_size=3)) for rule in rules}


def written(rules: Alternatives, start: str = "A") -> str:
    """A grammar in Lark's notation."""
    lines = [f"start: {start.lower()}"]
    for name, listed in rules.items():
        options = [
            " ".join(s.lower() if s in rules else f'"{s}"' for s in alternative)
            for alternative in listed
        ]
        lines.append(f"{name.lower()}: {' | '.join(options)}")
    return "\n".join(lines)


def sampled(machine: Single, length: int | None, rng: np.random.Generator) -> list[int]:
    """Steps of a model that gives random logits; fails where nothing is allowed."""
    state, steps, left = machine.start(), list[int](), length
    weights = rng.standard_normal(len(machine.vocabulary)) * 2
    while True:
        allowed = list(machine.allowed(state, left))
        assert allowed, f"a dead end after {steps}"
        logits = weights[allowed] + rng.gumbel(size=len(allowed))
        step = allowed[int(logits.argmax())]
        if step == machine.vocabulary.end:
            return steps
        state = machine.advance(state, step)
        steps.append(step)
        left = None if left is None else left - 1


def text_of(machine: Single, steps: Iterable[int]) -> str:
    """What some steps write; fails where it is not UTF-8."""
    return b"".join(machine.vocabulary.tokens[step] for step in steps).decode()
