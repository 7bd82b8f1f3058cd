"""The constraint `length`: how many characters, or steps that are not text."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from rnngen import Constraint, Machine, Single, Vocabulary
from rnngen_constrained.automata.byte_dfa import ByteDFA
from rnngen_constrained.automata.bytewise import whole_characters
from rnngen_constrained.automata.token_dfa import trimmed
from rnngen_constrained.errors import BadSyntax, EmptyLanguage, Hostile
from rnngen_constrained.machines.bind import bind_bytes
from rnngen_constrained.machines.table import TableMachine
from rnngen_constrained.whole_text import text_fault

LONGEST = 20_000


class Length(Constraint):
    """A length of `least..most` characters; either may be left out, `8` is exactly 8."""

    proven = True

    def __init__(self, text: str) -> None:
        found = re.fullmatch(r"\s*(\d{0,9})\s*(?:(\.\.)\s*(\d{0,9})\s*)?", text, re.ASCII)
        if found is None or not (found[1] or found[3]):
            raise BadSyntax(
                f"`length` is `{text}`, expected two numbers",
                hint="write `5..10`, `5..`, `..10`, or `8`",
            )
        self.least = int(found[1] or 0)
        self.most = (int(found[3]) if found[3] else None) if found[2] else self.least
        self.name = f"length={text}"
        if self.most is not None and self.most < self.least:
            raise EmptyLanguage(
                f"`length` is `{text}`: at least {self.least}, but at most {self.most}",
                hint="write the smaller number first",
            )
        if max(self.least, self.most or 0) > LONGEST:
            raise Hostile(f"`length` is `{text}`, expected at most {LONGEST}")

    def fault(self, machine: Machine | Single, steps: Sequence[int]) -> str | None:
        """What is wrong with a finished sequence, by counting."""
        if any(machine.vocabulary.tokens):
            return text_fault(machine.vocabulary, steps, lambda text: self._wrong(len(text)))
        return self._wrong(len(steps))

    def _wrong(self, count: int) -> str | None:
        right = self.least <= count and (self.most is None or count <= self.most)
        return None if right else f"the length is {count}"

    def bind(self, vocabulary: Vocabulary) -> Machine | Single:
        """The machine: a counter."""
        count = max(self.least, self.most or 0) + 1
        after = np.arange(1, count + 1, dtype=np.int32)
        after[-1] = count - 1 if self.most is None else -1
        here = np.arange(count, dtype=np.int32)
        accepting = here >= self.least
        if not any(vocabulary.tokens):
            classes = np.zeros(len(vocabulary), np.int32)
            classes[vocabulary.end] = 1
            table = np.stack((after, np.full_like(after, -1)), axis=1)
            return TableMachine(trimmed(table, classes, accepting)[0], vocabulary, [self.name])
        # A character is counted with its first byte; continuation bytes begin with the bits 10.
        classes = np.zeros(256, np.int32)
        classes[0x80:0xC0] = 1
        dfa = ByteDFA(np.stack((after, here), axis=1), classes, accepting)
        return bind_bytes(self.name, whole_characters(dfa, vocabulary, self.name), vocabulary)
