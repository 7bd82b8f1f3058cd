"""What readers of grammars share: a place in the text, errors that name it, and names of rules."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, NoReturn

from rnngen_constrained.automata.expression import (
    EMPTY,
    NEVER,
    Expression,
    Ref,
    Repeat,
    choice,
    literal,
    replaced,
    sequence,
)
from rnngen_constrained.errors import BadSyntax, ConstraintError, Hostile, Unsupported
from rnngen_constrained.grammar.difference import Differences

DEEPEST = 64
"""Most brackets within each other."""
LONGEST = 20_000
"""Most characters of a text in quotes."""
MOST_TIMES = 100_000
"""Most repetitions that a grammar may ask for at one place."""


def place(text: str, at: int) -> str:
    """A place as people count: `line 3 column 5`."""
    before = text[:at]
    return f"line {before.count(chr(10)) + 1} column {at - before.rfind(chr(10))}"


class RulesText(ABC):
    """Reads rules from left to right; each notation says what stands between the brackets.

    Args:
        text: the grammar.
        name: what it is called, for messages.

    Attributes:
        rules: what each rule stands for, in the order of the text.
        at: how far the text was read.
    """

    notation: ClassVar[str]
    defines: ClassVar[str]
    """The sign between a rule's name and what it stands for."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.at = 0
        self.rules: dict[str, Expression] = {}
        self.defined: dict[str, int] = {}
        """Where the name of each rule stands."""
        self._used: dict[str, tuple[int, str | None]] = {}
        self._rule: str | None = None
        self._depth = 0
        self._differences = Differences()

    def read(self) -> None:
        """Reads all rules.

        Raises:
            BadSyntax: the text is not a grammar in this notation.
            Unsupported: it has something that is known, but has no meaning here.
            Hostile: it asks for far too much.
        """
        self.skip()
        while self.at < len(self.text):
            self._read_rule()
            self.skip()
        for rule, (at, user) in self._used.items():
            if rule not in self.rules:
                self._rule = user
                self.fail(f"rule `{rule}` is not defined", at, self._meant(rule))
        try:
            found = self._differences.resolved(self.rules)
        except ConstraintError as error:
            self._rule, at = self._differences.failed
            raise type(error)(self.message(error.message, at), hint=error.hint) from error
        nothing = {name: NEVER for name, one in found.items() if one == NEVER}
        self.rules = {name: replaced(one, nothing) for name, one in self.rules.items()} | found

    def _read_rule(self) -> None:
        at = self.at
        rule = self.head()
        if rule is None:
            self._rule = None
            self.fail(f"expected a rule, `name {self.defines} ...`", at)
        if rule in self.defined:
            first = place(self.text, self.defined[rule])
            self._rule = None
            hint = "a file holds one grammar, and each rule once; write `|` between alternatives"
            self.fail(f"rule `{rule}` is defined a second time, first at {first}", at, hint)
        self._rule = rule
        self.defined[rule] = at
        self.rules[rule] = self.choice()
        self.finish_rule()

    @abstractmethod
    def head(self) -> str | None:
        """Takes a rule's name and the sign after it; None, and nothing taken, if none is here."""

    @abstractmethod
    def finish_rule(self) -> None:
        """Takes what ends a rule; fails where it doesn't end."""

    @abstractmethod
    def skip(self) -> None:
        """Goes on to what is neither blank nor a comment."""

    @abstractmethod
    def series(self) -> Expression:
        """Takes parts up to the end of an alternative."""

    def either(self) -> bool:
        """Takes a sign for "or"."""
        return self.take("|")

    def choice(self) -> Expression:
        """Takes alternatives, up to a closing bracket or the end of the rule."""
        options = [self.series()]
        while self.either():
            options.append(self.series())
        return choice(options)

    @contextmanager
    def nested(self, closing: str) -> Iterator[None]:
        """What is between brackets; the opening one is taken already, this takes the other."""
        opened = self.at
        self._depth += 1
        if self._depth > DEEPEST:
            why = f"brackets are nested more than {DEEPEST} deep"
            raise Hostile(self.message(why, opened - 1), hint="name the inner parts, as rules")
        yield
        self._depth -= 1
        if not self.take(closing):
            self.fail(f"expected `{closing}` for the bracket at {place(self.text, opened - 1)}")

    def used(self, rule: str, at: int) -> Ref:
        """A rule that is named at a place."""
        self._used.setdefault(rule, (at, self._rule))
        return Ref(rule)

    def without(self, part: Expression, taken: Expression, at: int) -> Expression:
        """The texts of a part that are not texts of another; worked out when all rules are read."""
        return self._differences.add(part, taken, (self._rule, at))

    def repeated(self, part: Expression, least: int, most: int | None, at: int) -> Expression:
        """A part some number of times; refused where that is absurd."""
        if most is not None and most < least:
            self.fail(f"repetition {least} to {most}, expected the smaller number first", at)
        if max(least, most or 0) > MOST_TIMES:
            why = f"{max(least, most or 0)} repetitions, expected at most {MOST_TIMES}"
            raise Hostile(self.message(why, at))
        return EMPTY if most == 0 else Repeat(part, least, most)

    def spelled(self, text: str, at: int) -> Expression:
        """A text in quotes that begins at a place."""
        if len(text) > LONGEST:
            why = f"a text of {len(text)} characters, expected at most {LONGEST}"
            raise Hostile(self.message(why, at))
        return literal(text)

    def number(self) -> int | None:
        """Takes a number; None if there is none."""
        found = self.match(_NUMBER)
        return None if found is None else int(found[0])

    def match(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        """Takes what matches here."""
        found = expression.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def take(self, sign: str) -> bool:
        """Takes a sign if it is here."""
        found = self.text.startswith(sign, self.at)
        self.at += len(sign) * found
        return found

    def message(self, why: str, at: int) -> str:
        """A message with the place and the rule."""
        rule = "" if self._rule is None else f", rule `{self._rule}`"
        return f"{self.name}, {place(self.text, at)}{rule}: {why}"

    def fail(self, why: str, at: int | None = None, hint: str | None = None) -> NoReturn:
        """Raises BadSyntax for a place, by default here."""
        raise BadSyntax(self.message(why, self.at if at is None else at), hint=hint)

    def refuse(self, what: str, at: int, hint: str) -> NoReturn:
        """Raises Unsupported for something known."""
        raise Unsupported(self.message(f"{what} is not supported", at), hint=hint)

    def shown(self) -> str:
        """What stands here, for messages."""
        rest = self.text[self.at : self.at + 20].split("\n", 1)[0]
        return f"`{rest}`" if rest else "the end"

    def _meant(self, rule: str) -> str | None:
        """A hint where a name is several ones that are defined."""
        parts = rule.split(" ")
        if len(parts) > 1 and all(part in self.defined for part in parts):
            return f"write commas between them: `{', '.join(parts)}`"
        return None


_NUMBER = re.compile(r"[0-9]{1,9}")


def joined(parts: list[Expression]) -> Expression:
    """Parts one after the other, the empty text if there are none."""
    return sequence(parts) if parts else EMPTY
