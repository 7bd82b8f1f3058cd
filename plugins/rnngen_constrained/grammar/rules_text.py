"""What readers of grammars share: rules with names, alternatives, brackets, classes, repetition."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

from rnngen_constrained.automata.charset import Charset
from rnngen_constrained.automata.expression import (
    EMPTY,
    NEVER,
    Chars,
    Expression,
    Ref,
    Repeat,
    choice,
    literal,
    replaced,
    sequence,
)
from rnngen_constrained.errors import ConstraintError, Hostile
from rnngen_constrained.grammar.difference import Differences
from rnngen_constrained.grammar.scanner import Scanner, place

DEEPEST = 64
"""Most brackets within each other."""
LONGEST = 20_000
"""Most characters of a text in quotes."""
MOST_TIMES = 100_000
"""Most repetitions that a grammar may ask for at one place."""


class RulesText(Scanner, ABC):
    """Reads rules from left to right; each notation says what stands between the brackets.

    Args:
        text: the grammar.
        name: what it is called, for messages.

    Attributes:
        rules: what each rule stands for, in the order of the text.
        defined: where the name of each rule stands.
    """

    notation: ClassVar[str]
    defines: ClassVar[str]
    """The sign between a rule's name and what it stands for."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text, name)
        self.rules: dict[str, Expression] = {}
        self.defined: dict[str, int] = {}
        self._used: dict[str, tuple[int, str | None]] = {}
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
                self.rule = user
                self.fail(f"rule `{rule}` is not defined", at, self._meant(rule))
        try:
            found = self._differences.resolved(self.rules)
        except ConstraintError as error:
            self.rule, at = self._differences.failed
            raise type(error)(self.message(error.message, at), hint=error.hint) from error
        nothing = {name: NEVER for name, one in found.items() if one == NEVER}
        self.rules = {name: replaced(one, nothing) for name, one in self.rules.items()} | found

    def _read_rule(self) -> None:
        at = self.at
        rule = self.head()
        if rule is None:
            self.rule = None
            self.fail(f"expected a rule, `name {self.defines} ...`", at)
        if rule in self.defined:
            first = place(self.text, self.defined[rule])
            self.rule = None
            hint = "a file holds one grammar, and each rule once; write `|` between alternatives"
            self.fail(f"rule `{rule}` is defined a second time, first at {first}", at, hint)
        self.rule = rule
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

    def begins_rule(self) -> bool:
        """Whether the next rule begins here; nothing is taken."""
        before = self.at
        found = self.head() is not None
        self.at = before
        return found

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
        self._used.setdefault(rule, (at, self.rule))
        return Ref(rule)

    def without(self, part: Expression, taken: Expression, at: int) -> Expression:
        """The texts of a part that are not texts of another; worked out when all rules are read."""
        return self._differences.add(part, taken, (self.rule, at))

    def repeated(self, part: Expression, least: int, most: int | None, at: int) -> Expression:
        """A part some number of times; refused where that is absurd."""
        if most is not None and most < least:
            self.fail(f"repetition {least} to {most}, expected the smaller number first", at)
        if max(least, most or 0) > MOST_TIMES:
            why = f"{max(least, most or 0)} repetitions, expected at most {MOST_TIMES}"
            raise Hostile(self.message(why, at))
        return EMPTY if most == 0 else Repeat(part, least, most)

    def char_class(self, member: Callable[[], int], start: int) -> Chars:
        """Takes the characters and ranges of a class, and `]`.

        Args:
            member: takes one character.
            start: where the class begins.
        """
        negated = self.take("^")
        found: list[tuple[int, int]] = []
        while not self.take("]"):
            at = self.at
            low = high = member()
            if self.text.startswith("-", self.at) and not self.text.startswith("-]", self.at):
                self.at += 1
                high = member()
            if high < low:
                self.fail("a range that runs backwards", at, "write the lower character first")
            found.append((low, high))
        if not found:
            self.fail("an empty class", start, "write the characters between `[` and `]`")
        chars = Charset.of(found)
        return Chars(~chars if negated else chars)

    def spelled(self, text: str, at: int) -> Expression:
        """A text in quotes that begins at a place."""
        if len(text) > LONGEST:
            why = f"a text of {len(text)} characters, expected at most {LONGEST}"
            raise Hostile(self.message(why, at))
        return literal(text)

    def _meant(self, rule: str) -> str | None:
        """A hint where a name is several ones that are defined."""
        parts = rule.split(" ")
        if len(parts) > 1 and all(part in self.defined for part in parts):
            return f"write commas between them: `{', '.join(parts)}`"
        return None


def joined(parts: list[Expression]) -> Expression:
    """Parts one after the other, the empty text if there are none."""
    return sequence(parts) if parts else EMPTY
