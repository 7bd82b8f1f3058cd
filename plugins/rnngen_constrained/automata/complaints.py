"""What is wrong with a regular expression: the construct, its position, and what to write instead.

A position is that of `re.error.pos`: characters before the place.
"""

from __future__ import annotations

import re
import warnings

from rnngen_constrained.errors import BadSyntax, Hostile, Unsupported

SHOWN = 30
"""Most characters of an expression shown around a place."""
HINTS = {
    "missing )": "close the group with `)`; the character is `\\(`",
    "unbalanced parenthesis": "open the group with `(`; the character is `\\)`",
    "unterminated character set": "close the class with `]`; the character is `\\[`",
    "nothing to repeat": "for the character itself, put a backslash before it",
    "multiple repeat": "put a group around what to repeat: `(?:a*)+`",
    "min repeat greater than max repeat": "write the smaller number first",
    "bad character range": "write the lower character first, or `-` at the end of the class",
    "bad escape \\p": "a Unicode property is unknown here; letters are `[^\\W\\d_]`, digits `\\d`",
    "bad escape \\P": "a Unicode property is unknown here; all but letters are `[\\W\\d_]`",
    "bad escape \\h": "horizontal blanks are `[ \\t]`",
    "bad escape \\H": "all but horizontal blanks are `[^ \\t]`",
    "bad escape \\R": "a line break of any kind is `(?:\\r\\n|\\r|\\n)`",
    "bad escape \\X": "a grapheme is unknown here; one character is `.`",
    "bad escape \\z": "the end of the text is `\\Z`; it may be left out, as the whole text matches",
    "bad escape \\G": "the start of a search may be left out, as the whole text matches",
    "bad escape \\K": "a reset of the match may be left out, as the whole text matches",
    "bad escape \\Q": "a quotation is unknown here; put a backslash before each sign: `\\.`",
    "bad escape \\E": "a quotation is unknown here; put a backslash before each sign: `\\.`",
    "bad escape \\c": "a control character is written by its number: `\\x01` for `\\cA`",
    "bad escape \\k": "a back reference is not regular; write the cases out: `aa|bb`",
    "bad escape": "a backslash itself is `\\\\`",
    "incomplete escape \\x": "write two digits, `\\x41`; four as `\\u0041`, eight as `\\U00000041`",
    "incomplete escape \\u": "write four digits, `\\u0041`; more of them as `\\U0001f600`",
    "incomplete escape": "write all the digits of the escape; a backslash itself is `\\\\`",
    "global flags not at the start": "put them first, or limit them to a part: `(?i:...)`",
    "unknown extension ?R": "recursion is not regular; use a grammar, `-o grammar=FILE`",
    "unknown extension ?&": "recursion is not regular; use a grammar, `-o grammar=FILE`",
    "unknown extension ?P>": "recursion is not regular; use a grammar, `-o grammar=FILE`",
    "unknown extension ?|": "a branch reset is unknown here; a group is `(?:a|b)`",
    "unknown extension ?C": "a callout is unknown here; leave it out",
    "invalid group reference": "groups count from 1, in the order of their `(`",
    "unknown extension ?<": "a named group is `(?P<name>...)`",
}
"""Hints by the beginning of what `re` says."""
INSTEAD = {
    "look-ahead": "write what follows in its place: `ab` for `a(?=b)b`, `a[^b]` for `a(?!b).`",
    "look-behind": "write what stands before in its place: `ab` for `a(?<=a)b`",
    "a back reference": "write the cases out: `aa|bb` for `(a|b)\\1`",
    "a condition": "write both cases out, with `|` between them",
    "a word boundary": "write what stands there: ` ` between two words, nothing at the ends",
    "an atomic group": "`(?:...)` gives back what it read where the rest needs it",
    "a possessive repetition": "leave out the second sign: `a*` for `a*+`",
    "`{,n}` for ECMA": "write `{0,n}`; validators read `{,n}` differently",
}
"""What to write instead of a construct, by its name."""


def check_syntax(text: str, where: str, flags: str = "") -> None:
    """Lets `re` decide whether an expression is valid.

    Raises:
        BadSyntax: it is not valid; in the words of `re`.
        Hostile: it is too large or too deep for `re`.
    """
    bits = re.NOFLAG
    for flag in flags:
        bits |= getattr(re, flag.upper())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(text, bits)
    except re.error as error:
        raise bad(where, error.msg, text, error.pos or 0) from None
    except (OverflowError, RecursionError, MemoryError) as error:
        raise Hostile(f"{where}: the regular expression is too large: {error}") from None


def bad(where: str, why: str, text: str, at: int) -> BadSyntax:
    """The error for something that is not a regular expression."""
    hint = next((hint for start, hint in HINTS.items() if why.startswith(start)), None)
    return BadSyntax(f"{where}: {why} at {at}: {excerpt(text, at)}", hint=hint)


def unsupported(where: str, what: str, text: str, at: int, hint: str | None = None) -> Unsupported:
    """The error for a known construct that is not supported; its own hint comes first."""
    shown = excerpt(text, at, _extent(text, at))
    message = f"{where}: {what} is not supported at {at}: {shown}"
    return Unsupported(message, hint=hint or INSTEAD.get(what))


def excerpt(text: str, at: int, end: int | None = None) -> str:
    """The part of an expression around a place, `...(?=a)...`."""
    last = min(at + SHOWN, len(text) if end is None else end)
    part = f"{'...' * (at > 0)}{text[at:last]}{'...' * (last < len(text))}"
    if at >= len(text):  # something is missing at the end
        part = f"{'...' * (len(text) > SHOWN)}{text[-SHOWN:]}"
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in part)


def _extent(text: str, at: int) -> int:
    """Where the construct that begins at a place ends."""
    if text[at] == "\\":
        named = re.compile(r"\\[pPkN](?:\{[^}]*\}|<[^>]*>)|\\[0-9]+|\\.", re.DOTALL).match(text, at)
        return named.end() if named else at + 1
    if text[at] != "(":
        return at + 1
    depth = 0
    for sign in re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()]", re.DOTALL).finditer(text, at):
        depth += (sign[0] == "(") - (sign[0] == ")")
        if depth == 0:
            return sign.end()
    return len(text)
