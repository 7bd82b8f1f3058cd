"""Vocabularies of every kind for the tests, and ways to go through a machine."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product
from typing import Any

import torch

from rnngen.contracts.constraint import Vocabulary
from rnngen_constrained.machines.rows import PerSequence


def of(tokens: list[bytes]) -> Vocabulary:
    return Vocabulary([b"", *tokens], ["end", *map(repr, tokens)], 0)


def characters(text: str) -> Vocabulary:
    return of([char.encode() for char in dict.fromkeys(text)])


def all_bytes() -> Vocabulary:
    return of([bytes([byte]) for byte in range(256)])


def subwords(*extra: bytes, seed: int = 0, count: int = 300) -> Vocabulary:
    """All bytes, and random tokens of several; some hold parts of characters."""
    generator = random.Random(seed)
    letters = ["a", "b", "c", "d", "1", "2", ".", " ", "é", "日", "😀", "-"]
    tokens = [bytes([byte]) for byte in range(256)]
    found = set(tokens)
    for token in extra:
        if token not in found:
            found.add(token)
            tokens.append(token)
    while len(tokens) < count:
        text = "".join(generator.choices(letters, k=generator.randint(1, 4))).encode()
        start = generator.randrange(len(text))
        token = text[start : generator.randint(start + 1, len(text))]
        if token not in found:
            found.add(token)
            tokens.append(token)
    return of(tokens)


def machine_of(made: Any) -> Any:
    return made if hasattr(made, "select") else PerSequence(made)


def walk(machine: Any, generator: random.Random, left: int) -> list[int]:
    """Random allowed steps to the end."""
    machine = machine_of(machine)
    rows, steps, end = machine.start(1), [], machine.vocabulary.end
    while True:
        may = machine.allowed(rows, torch.tensor([left]))[0].nonzero().flatten().tolist()
        assert may, "a dead end"
        step = generator.choice(may)
        if step == end:
            return steps
        steps.append(step)
        rows = machine.advance(rows, torch.tensor([step]))
        left -= 1
        assert left >= 0


def text_of(vocabulary: Vocabulary, steps: list[int]) -> str:
    return b"".join(vocabulary.tokens[step] for step in steps).decode()


def accepts(machine: Any, steps: list[int]) -> bool:
    machine = machine_of(machine)
    rows = machine.start(1)
    for step in steps:
        if not bool(machine.allowed(rows, None)[0, step]):
            return False
        rows = machine.advance(rows, torch.tensor([step]))
    return bool(machine.allowed(rows, None)[0, machine.vocabulary.end])


def sequences(vocabulary: Vocabulary, longest: int) -> Iterator[list[int]]:
    steps = [step for step in range(len(vocabulary)) if step != vocabulary.end]
    for length in range(longest + 1):
        yield from map(list, product(steps, repeat=length))


def language(machine: Any, longest: int) -> set[str]:
    """All texts of up to `longest` steps that a machine accepts."""
    machine = machine_of(machine)
    vocabulary = machine.vocabulary
    rows, texts, found = machine.start(1), [b""], set()
    for length in range(longest + 1):
        allowed = machine.allowed(rows, None)
        found |= {
            text for text, ends in zip(texts, allowed[:, vocabulary.end], strict=True) if ends
        }
        allowed[:, vocabulary.end] = False
        if length == longest or not bool(allowed.any()):
            break
        row, step = allowed.nonzero(as_tuple=True)
        rows = machine.advance(machine.select(rows, row), step)
        texts = [
            texts[one] + vocabulary.tokens[other]
            for one, other in zip(row.tolist(), step.tolist(), strict=True)
        ]
    return {text.decode() for text in found}
