"""Reads regular expressions, as people write them, into expressions; the only reader there is.

There are two flavours: `python` means what `re` means for `str`, flags included; `ecma` is that of
JSON Schema's patterns. What an automaton can't do, or only at a great cost, is refused by name
and position: back references, conditions, and look-around where the reader can't follow it.

The parser is our own and not `re._parser`, as the trees of that private module have no positions,
so that no error could point at the construct, and as it can't read ECMA's notation (`\\p{L}`,
`\\u{1F600}`, `\\cJ`, `[^]`). What is wrong in Python's notation is left to `re.compile`, which is
public, names the position, and has the words that people can look up.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rnngen_constrained.automata.charset import Charset
from rnngen_constrained.automata.complaints import bad, check_syntax, excerpt, unsupported
from rnngen_constrained.automata.escapes import (
    SURROGATES,
    Escape,
    Flavour,
    category,
    dot,
    folded,
    read_escape,
)
from rnngen_constrained.automata.expression import (
    EMPTY,
    Anchor,
    Chars,
    Expression,
    Look,
    Place,
    Repeat,
    Shortest,
    choice,
    is_fixed,
    sequence,
)
from rnngen_constrained.automata.looks import LOOKS, boundaries
from rnngen_constrained.errors import BadSyntax, Hostile, Unsupported

LONGEST = 100_000
DEEPEST = 200
MOST_REPEATS = 100_000
_BOUNDS = re.compile(r"\{(?!\})([0-9]*)(?:(,)([0-9]*))?\}")
_NAMED = re.compile(r"\(\?P?<[^>=!]+>|\(\?:")
_FLAGS = re.compile(r"\(\?([aiLmsux]*)(?:-([imsx]+))?([:)])")
_PLAIN = re.compile(r"[0-9A-Za-z_ ]+")
"""Characters that mean themselves, most of many expressions."""
_COMMENT = re.compile(r"\(\?#[^)]*\)")
_BLANK = re.compile(r"[ \t\n\r\v\f]+|#[^\n]*")
_REFUSED = {
    "(?=": "look-ahead",
    "(?!": "look-ahead",
    "(?<=": "look-behind",
    "(?<!": "look-behind",
    "(?P=": "a back reference",
    "(?(": "a condition",
    "(?>": "an atomic group",
}
_ESCAPED_STRING = r".*?(?<!\\)(\\\\)*?"
_ESCAPED_PAIRS = r"(?:[^\\\n]|\\.)*?"
"""What Lark's ESCAPED_STRING says with a look-behind, without it: a backslash takes the next."""


def parse(
    text: str, where: str, flavour: Flavour = "python", flags: str = "", *, looks: bool = False
) -> Expression:
    """The expression of a regular expression, with its anchors.

    Args:
        text: the regular expression.
        where: what has it, for messages: "`pattern` at `#`".
        flavour: `python` or `ecma`.
        flags: letters of Python's flags that hold from the beginning: `a` for `re.ASCII`.
        looks: whether look-around and word boundaries are read, or refused.

    Raises:
        BadSyntax: it is not a regular expression.
        Unsupported: it has something that automata can't do.
        Hostile: it is absurdly long, deep or large.
    """
    return _Parser(text, where, flavour, flags, looks=looks).parse()


def parse_terminal(text: str, where: str, flags: str = "") -> Expression:
    """The same for a terminal of a grammar, which a lexer matches inside a text.

    Lazy repetition makes it mean its shortest matches, as its author intends there; an
    anchor would be about the text around it.
    """
    parser = _Parser(text, where, "python", flags, terminal=True)
    expression = parser.parse()
    return Shortest(expression) if parser.lazy else expression


class _Parser:
    """Reads one regular expression from left to right; `lazy` says if it has lazy repetition."""

    def __init__(
        self,
        text: str,
        where: str,
        flavour: Flavour,
        flags: str,
        *,
        terminal: bool = False,
        looks: bool = False,
    ) -> None:
        self._text = text
        self._where = where
        self._flavour = flavour
        self._terminal = terminal
        self._looks = looks
        self._at = 0
        self._depth = 0
        self._flags = frozenset(flags)
        self.lazy = False

    def parse(self) -> Expression:
        """The expression of the whole text."""
        if len(self._text) > LONGEST:
            raise Hostile(
                f"{self._where}: the regular expression has {len(self._text)} characters, "
                f"expected at most {LONGEST}"
            )
        if self._flavour == "python":
            check_syntax(self._text, self._where, "".join(sorted(self._flags)))
        try:
            expression = self._choice()
        except RecursionError:
            raise _too_deep(self._where, self._text) from None
        if self._at < len(self._text):
            raise self._bad("unbalanced parenthesis")
        return expression

    def _choice(self) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _too_deep(self._where, self._text)
        options = [self._series()]
        while self._take("|"):
            options.append(self._series())
        self._depth -= 1
        return choice(options)

    def _series(self) -> Expression:
        parts: list[Expression] = []
        while not self._skipped() and self._text[self._at] not in "|)":
            end = self._at if self._flags & {"i", "x"} else _plain_end(self._text, self._at)
            if self._at < end:
                parts += map(_plain, self._text[self._at : end])
                self._at = end
            elif self._terminal and self._take(_ESCAPED_STRING):
                parts.append(parse(_ESCAPED_PAIRS, self._where))
                self.lazy = True
            else:
                parts.append(self._repeated(self._atom()))
        return sequence(parts)

    def _skipped(self) -> bool:
        """Skips comments and, with the flag `x`, blanks; returns whether the text ends."""
        while self._flavour == "python":
            found = None
            if self._text.startswith("(?#", self._at):
                found = _COMMENT.match(self._text, self._at)
            elif "x" in self._flags:
                found = _BLANK.match(self._text, self._at)
            if not found:
                break
            self._at = found.end()
        return self._at >= len(self._text)

    def _repeated(self, part: Expression) -> Expression:
        start = self._at
        bounds = self._bounds()
        if bounds is None:
            return part
        least, most = bounds
        lazy = self._take("?")
        self.lazy |= lazy
        possessive = not lazy and self._flavour == "python" and self._take("+")
        if possessive and (least != most or not is_fixed(part)):
            raise self._unsupported("a possessive repetition", start)
        repeated: Expression
        if not isinstance(part, Anchor | Look):
            repeated = Repeat(part, least, most) if part != EMPTY else EMPTY
        else:  # an anchor repeated is the anchor once
            repeated = EMPTY if most == 0 else choice([part, EMPTY]) if not least else part
        start = self._at
        if self._bounds() is not None:  # in ECMA's notation, which `re` has not checked
            raise self._bad("multiple repeat", start)
        return repeated

    def _bounds(self) -> tuple[int, int | None] | None:
        """Reads a quantifier: how often at least and at most."""
        if self._skipped() or self._text[self._at] not in "*+?{":
            return None
        start = self._at
        for sign, least, most in (("*", 0, None), ("+", 1, None), ("?", 0, 1)):
            if self._take(sign):
                return least, most
        found = _BOUNDS.match(self._text, start)
        if not found:
            return None
        if not found[1] and self._flavour == "ecma":
            raise self._unsupported("`{,n}` for ECMA", start)
        self._at = found.end()
        least = int(found[1] or 0)
        most = least if not found[2] else int(found[3]) if found[3] else None
        if max(least, most or 0) > MOST_REPEATS:
            raise Hostile(
                f"{self._where}: `{found[0]}` at {start} repeats more than {MOST_REPEATS} times",
                hint="leave out the upper limit",
            )
        if most is not None and most < least:
            raise self._bad("min repeat greater than max repeat", start + 1)
        return least, most

    def _atom(self) -> Expression:
        char = self._text[self._at]
        start = self._at
        if char == "(":
            return self._group()
        if char == "[":
            return Chars(self._class())
        if char == "\\":
            return self._escaped()
        if char in "*+?":
            raise self._bad("nothing to repeat")
        self._at += 1
        if char == ".":
            return Chars(dot(self._flavour, "s" in self._flags))
        if char == "^":
            return self._anchor("line start" if "m" in self._flags else "start", start)
        if char == "$":
            if "m" in self._flags:
                return self._anchor("line end", start)
            return self._anchor("end" if self._flavour == "ecma" else "last", start)
        return self._char(ord(char), start)

    def _anchor(self, place: Place, start: int) -> Expression:
        if self._terminal:
            sign = self._text[start : self._at]
            hint = "leave it out: a terminal always matches from its first character to its last"
            raise self._unsupported(f"the anchor `{sign}` in a terminal", start, hint)
        return Anchor(place)

    def _group(self) -> Expression:
        start, flags = self._at, self._flags
        refused = next((sign for sign in _REFUSED if self._text.startswith(sign, start)), "")
        look = self._looks and refused in LOOKS
        if refused == "(?>" or look:
            self._at += len(refused)
        elif refused:
            raise self._unsupported(_REFUSED[refused], start)
        elif self._text.startswith("(?", start):
            named = _NAMED.match(self._text, start)
            changed = _FLAGS.match(self._text, start)
            if named:
                self._at = named.end()
            elif changed:
                self._change_flags(changed)
                if changed[3] == ")":
                    return EMPTY
            else:
                raise self._bad("unknown extension " + self._text[start + 1 : start + 3], start + 1)
        else:
            self._at += 1
        inner = self._choice()
        if not self._take(")"):
            raise self._bad("missing ), unterminated subpattern", start)
        self._flags = flags
        if look:
            return Look(inner, *LOOKS[refused])
        if refused and not is_fixed(inner):
            raise self._unsupported(_REFUSED[refused], start)
        return inner

    def _change_flags(self, found: re.Match[str]) -> None:
        changed = {*found[1], *(found[2] or "")}
        if self._flavour == "ecma" and changed - {"i", "s"}:
            raise self._unsupported(f"the flags `{found[0]}` in ECMA's notation", self._at)
        self._at = found.end()
        kinds = {"a", "u"} if changed & {"a", "u"} else set()
        self._flags = (self._flags - kinds - set(found[2] or "")) | set(found[1])

    def _class(self) -> Charset:
        start = self._at
        self._at += 1
        negated = self._take("^")
        empty = self._flavour == "python"  # there, a `]` that comes first is a character
        named: list[Charset] = []
        pairs: list[tuple[int, int]] = []
        while self._at < len(self._text):
            if self._text[self._at] == "]" and not empty:
                self._at += 1
                chars = Charset.of(
                    pair
                    for one in (self._fold(Charset.of(pairs)), *named)
                    for pair in one.intervals
                )
                return ~chars if negated else chars
            empty = False
            at = self._at
            low = self._member()
            following = self._text[self._at : self._at + 2]
            if len(following) == 2 and following[0] == "-" and following[1] != "]":
                self._at += 1
                high = self._member()
                if low.chars is not None or high.chars is not None or low.code > high.code:
                    raise self._bad(f"bad character range {self._text[at : self._at]}", at)
                pairs.append((low.code, high.code))
            elif low.chars is not None:
                named.append(low.chars)
            else:
                pairs.append((low.code, low.code))
        raise self._bad("unterminated character set", start)

    def _member(self) -> Escape:
        if self._text[self._at] == "\\":
            return self._escape(in_class=True)
        self._at += 1
        return Escape(self._at, ord(self._text[self._at - 1]))

    def _escaped(self) -> Expression:
        start = self._at
        letter = self._text[start + 1 : start + 2]
        if letter in ("b", "B"):
            if not self._looks:
                raise self._unsupported("a word boundary", start)
            self._at += 2
            word = Chars(category("w", self._flavour, "a" in self._flags))
            return choice(boundaries(word, edge=letter == "b"))
        if letter in ("A", "Z") and self._flavour == "python":
            self._at += 2
            return self._anchor("start" if letter == "A" else "end", start)
        found = self._escape(in_class=False)
        if found.chars is not None:
            return Chars(found.chars)
        return self._char(found.code, start)

    def _escape(self, in_class: bool) -> Escape:
        start = self._at
        ascii_only = "a" in self._flags
        try:
            found = read_escape(
                self._text, start, self._flavour, in_class=in_class, ascii_only=ascii_only
            )
        except LookupError as error:
            hint = "general categories such as `\\p{L}` are known; write other characters out"
            raise self._unsupported(f"the property `{error.args[0]}`", start, hint) from None
        if found is None:
            letter = self._text[start + 1 : start + 2]
            if letter == "k" or (letter and letter in "123456789"):
                raise self._unsupported("a back reference", start)
            raise self._bad(f"bad escape \\{letter}" if letter else "bad escape (end of pattern)")
        self._at = found.end
        return found

    def _char(self, code: int, start: int) -> Expression:
        if code in SURROGATES:
            raise self._unsupported("half of a character (a surrogate)", start)
        return Chars(self._fold(Charset(((code, code),))))

    def _fold(self, chars: Charset) -> Charset:
        return folded(chars, "a" in self._flags) if "i" in self._flags else chars

    def _take(self, text: str) -> bool:
        taken = self._text.startswith(text, self._at)
        self._at += len(text) if taken else 0
        return taken

    def _bad(self, why: str, at: int | None = None) -> BadSyntax:
        return bad(self._where, why, self._text, self._at if at is None else at)

    def _unsupported(self, what: str, at: int, hint: str | None = None) -> Unsupported:
        return unsupported(self._where, what, self._text, at, hint)


def _plain_end(text: str, at: int) -> int:
    """Where the next plain characters end, without one that may be repeated after a comment."""
    found = _PLAIN.match(text, at)
    if not found:
        return at
    end = found.end()
    return end - (end < len(text) and text[end] in "*+?{(")


@lru_cache(maxsize=128)
def _plain(char: str) -> Chars:
    return Chars(Charset.chars(char))


def _too_deep(where: str, text: str) -> Hostile:
    return Hostile(f"{where}: groups are nested deeper than {DEEPEST} in `{excerpt(text, 0)}`")
