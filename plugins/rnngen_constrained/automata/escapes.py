"""Classes and escapes of regular expressions as sets of characters.

Two notations are read. `python` is `re`'s. `schema` is that of JSON Schema's `pattern`: ECMA-262,
which validators written in Python read with `re` all the same, so a class is taken as what both
agree on: what only one of them finds in `\\d`, `\\w` or `\\s` is neither in it nor outside it.
"""

from __future__ import annotations

import re
from typing import Literal

from rnngen_constrained.automata.charset import ANY, NOTHING, Charset, matching
from rnngen_constrained.automata.regex_syntax import OCTAL, OCTAL_IN_CLASS

Notation = Literal["python", "schema"]

_ECMA = {
    "d": Charset.of([(48, 57)]),
    "w": Charset.of([(48, 57), (65, 90), (95, 95), (97, 122)]),
    "s": Charset.chars("\t\n\v\f\r \xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff")
    | Charset.of([(0x2000, 0x200A)]),
}
_ASCII_SPACE = Charset.chars("\t\n\v\f\r ")
CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}
_HEX = {"x": 2, "u": 4, "U": 8}


def category(letter: str, notation: Notation, ascii_only: bool, inverted: bool) -> Charset:
    """The characters of `\\d`, `\\D` and so on.

    Args:
        letter: the one after the backslash.
        notation: which dialect.
        ascii_only: under Python's flag `a`.
        inverted: whether the class it stands in is negated; decides on which side those
            characters fall about which the dialects differ.
    """
    lower = letter.lower()
    if notation == "python":
        if ascii_only:
            found = _ASCII_SPACE if lower == "s" else _ECMA[lower]
        else:
            found = matching(f"\\{lower}")
        return found if letter == lower else ~found
    both = _ECMA[lower] & matching(f"\\{lower}") if lower == "s" else _ECMA[lower]
    either = _ECMA[lower] | matching(f"\\{lower}") if inverted or letter != lower else both
    if letter == lower:
        return either if inverted else both
    return ~both if inverted else ~either


def dot(notation: Notation, all_lines: bool) -> Charset:
    """The characters of `.`."""
    if all_lines:
        return ANY
    return ~Charset.chars("\n" if notation == "python" else "\n\r\u2028\u2029")


def folded(chars: Charset, exact: bool) -> Charset:
    """A set and its letters in the other case.

    Args:
        chars: the set.
        exact: all that `re` finds equal, as a negated class needs; else plain letters only, which
            is much faster.
    """
    if not chars:
        return chars
    within = "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in chars.intervals)
    size = sum(high - low + 1 for low, high in chars.intervals)
    if exact or size > 1000:
        return chars | matching(f"(?i:[{within}])")
    other = {case for char in chars for case in (char.lower(), char.upper()) if len(case) == 1}
    same = (char for char in other if re.fullmatch(f"(?i:[{within}])", char))
    return chars | Charset.chars("".join(same))


def escaped(text: str, at: int, notation: Notation, in_class: bool) -> tuple[Charset, int] | None:
    """The character that an escape stands for.

    Args:
        text: the whole expression.
        at: where the letter after the backslash is.
        notation: which dialect.
        in_class: where a number can't be a back-reference.

    Returns:
        the character, and where the escape ends; None if it is no escape of a character.
    """
    letter = text[at]
    if letter in _HEX and (letter != "U" or notation == "python"):
        if notation == "schema" and text.startswith("u{", at):
            end = text.find("}", at)
            return (_char(text[at + 2 : end]), end + 1) if end > 0 else None
        end = at + 1 + _HEX[letter]
        digits = text[at + 1 : end]
        ok = len(digits) == _HEX[letter] and re.fullmatch("[0-9a-fA-F]+", digits)
        return (_char(digits), end) if ok else None
    if letter in "01234567" and notation == "python":
        octal = (OCTAL_IN_CLASS if in_class else OCTAL).match(text, at)
        return (_char(f"{int(octal[0], 8):x}"), octal.end()) if octal else None
    if letter == "N" and text.startswith("N{", at):
        import unicodedata

        end = text.find("}", at)
        return Charset.chars(unicodedata.lookup(text[at + 2 : end])), end + 1
    if letter in CONTROLS and (letter != "a" or notation == "python"):
        return Charset.chars(CONTROLS[letter]), at + 1
    if letter == "c" and notation == "schema" and text[at + 1 : at + 2].isalpha():
        return _char(f"{ord(text[at + 1]) % 32:x}"), at + 2
    if letter.isascii() and letter.isalnum():
        return None
    return Charset.chars(letter), at + 1


def _char(digits: str) -> Charset:
    code = int(digits, 16)
    return Charset.of([(code, code)]) if code <= 0x10FFFF else NOTHING
