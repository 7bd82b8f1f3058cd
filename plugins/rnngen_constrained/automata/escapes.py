"""Classes and escapes of regular expressions as sets of characters.

What they mean depends on the flavour: `python` is `re` for texts (`str`), `ecma` is ECMA-262 with
its flag `u`, in which JSON Schema writes patterns.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Literal

from rnngen_constrained.automata.charset import ANY, LAST, Charset, matching

Flavour = Literal["python", "ecma"]

ASCII = {
    "d": Charset.of([(48, 57)]),
    "w": Charset.of([(48, 57), (65, 90), (95, 95), (97, 122)]),
    "s": Charset.chars("\t\n\v\f\r "),
}
ECMA_SPACE = (
    ASCII["s"]
    | Charset.chars("\xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff")
    | Charset.of([(0x2000, 0x200A)])
)
CONTROLS = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11}
HEX = {"x": 2, "u": 4, "U": 8}
OCTAL = re.compile(r"0[0-7]{0,2}|[1-7][0-7]{2}")
"""Outside a class, where fewer digits are a back reference."""
OCTAL_IN_CLASS = re.compile(r"[0-7]{1,3}")
SURROGATES = range(0xD800, 0xE000)
CASED_PLANES = 0x20000
"""Where characters with case end: the later planes of Unicode have none."""
LONG_NAMES = {
    "Letter": "L", "Cased_Letter": "LC", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll",
    "Titlecase_Letter": "Lt", "Modifier_Letter": "Lm", "Other_Letter": "Lo", "Mark": "M",
    "Nonspacing_Mark": "Mn", "Spacing_Mark": "Mc", "Enclosing_Mark": "Me", "Number": "N",
    "Decimal_Number": "Nd", "Letter_Number": "Nl", "Other_Number": "No", "Punctuation": "P",
    "Connector_Punctuation": "Pc", "Dash_Punctuation": "Pd", "Open_Punctuation": "Ps",
    "Close_Punctuation": "Pe", "Initial_Punctuation": "Pi", "Final_Punctuation": "Pf",
    "Other_Punctuation": "Po", "Symbol": "S", "Math_Symbol": "Sm", "Currency_Symbol": "Sc",
    "Modifier_Symbol": "Sk", "Other_Symbol": "So", "Separator": "Z", "Space_Separator": "Zs",
    "Line_Separator": "Zl", "Paragraph_Separator": "Zp", "Other": "C", "Control": "Cc",
    "Format": "Cf", "Private_Use": "Co", "Unassigned": "Cn",
}  # fmt: skip


@dataclass(frozen=True)
class Escape:
    """One escape, read.

    Args:
        end: where the text continues.
        code: the character it stands for, as a code point.
        chars: the class it stands for; None where it is one character.
    """

    end: int
    code: int = 0
    chars: Charset | None = None


def category(letter: str, flavour: Flavour, ascii_only: bool) -> Charset:
    """The characters of `\\d`, `\\D` and so on.

    Args:
        letter: the one after the backslash.
        flavour: which dialect.
        ascii_only: under Python's flag `a`.
    """
    lower = letter.lower()
    if flavour == "ecma":
        found = ECMA_SPACE if lower == "s" else ASCII[lower]
    else:
        found = ASCII[lower] if ascii_only else matching(f"\\{lower}")
    return found if letter == lower else ~found


def dot(flavour: Flavour, all_lines: bool) -> Charset:
    """The characters that `.` matches."""
    if all_lines:
        return ANY
    return ~Charset.chars("\n" if flavour == "python" else "\n\r\u2028\u2029")


def folded(chars: Charset, ascii_only: bool) -> Charset:
    """A set, and the characters that `re` finds equal to one of its members, ignoring case."""
    if not chars:
        return chars
    within = "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in chars.intervals)
    flags = "ai" if ascii_only else "i"
    return chars | Charset.chars("".join(re.findall(f"(?{flags}:[{within}])", _cased())))


@lru_cache(maxsize=1)
def _cased() -> str:
    """The characters that have another case."""
    codes = (code for code in range(CASED_PLANES) if code not in SURROGATES)
    return "".join(c for c in map(chr, codes) if c.lower() != c or c.upper() != c)


def read_escape(
    text: str, at: int, flavour: Flavour, *, in_class: bool, ascii_only: bool = False
) -> Escape | None:
    """The character or class that an escape stands for; None if it stands for neither.

    Args:
        text: the whole expression.
        at: where the backslash is.
        flavour: which dialect.
        in_class: whether it stands in `[...]`.
        ascii_only: under Python's flag `a`.

    Raises:
        LookupError: no character or property has its name.
    """
    letter = text[at + 1 : at + 2]
    if letter and letter in "dDwWsS":
        return Escape(at + 2, chars=category(letter, flavour, ascii_only))
    if in_class and letter == "b":
        return Escape(at + 2, 8)
    if letter in CONTROLS:
        return Escape(at + 2, CONTROLS[letter])
    special = _python if flavour == "python" else _ecma
    if letter.isascii() and letter.isalnum():
        return special(text, at + 1, letter, in_class)
    return Escape(at + 2, ord(letter)) if letter else None


def _python(text: str, at: int, letter: str, in_class: bool) -> Escape | None:
    if letter == "a":
        return Escape(at + 1, 7)
    if letter == "N":
        end = text.index("}", at)
        return Escape(end + 1, ord(unicodedata.lookup(text[at + 2 : end])))
    if letter in HEX:
        end = at + 1 + HEX[letter]
        return Escape(end, int(text[at + 1 : end], 16))
    octal = (OCTAL_IN_CLASS if in_class else OCTAL).match(text, at)
    return Escape(octal.end(), int(octal[0], 8)) if octal else None


def _ecma(text: str, at: int, letter: str, in_class: bool) -> Escape | None:
    if letter in "pP":
        named = re.compile(r"\{(?:(?:gc|General_Category)=)?([A-Za-z_]+)\}").match(text, at + 1)
        if named is None:
            raise LookupError(text[at + 1 : at + 30].partition("}")[0].lstrip("{"))
        chars = with_property(named[1])
        return Escape(named.end(), chars=chars if letter == "p" else ~chars)
    patterns = {
        "u": r"u\{0*([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})",
        "x": "x([0-9a-fA-F]{2})",
        "c": "c([a-zA-Z])",
        "0": "0(?![0-9])",
    }
    found = re.compile(patterns[letter]).match(text, at) if letter in patterns else None
    if found is None:
        return None
    if letter == "c":
        return Escape(found.end(), ord(found[1]) % 32)
    code = int(next(filter(None, found.groups()), "0"), 16)
    if 0xD800 <= code < 0xDC00:  # two halves are one character
        low = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})").match(text, found.end())
        if low:
            return Escape(low.end(), 0x10000 + (code - 0xD800) * 0x400 + int(low[1], 16) - 0xDC00)
    return Escape(found.end(), code) if code <= LAST else None


def with_property(name: str) -> Charset:
    """The characters of a general category of Unicode, by its short or its long name.

    Raises:
        LookupError: it is not a general category.
    """
    if name in ("Any", "ASCII"):
        return ANY if name == "Any" else Charset.of([(0, 127)])
    short = LONG_NAMES.get(name, name)
    wanted = {"Lu", "Ll", "Lt"} if short == "LC" else {short}
    intervals = [
        pair
        for kind, pairs in _categories().items()
        if kind in wanted or kind[0] in wanted
        for pair in pairs
    ]
    if not intervals:
        raise LookupError(name)
    return Charset.of(intervals)


@lru_cache(maxsize=1)
def _categories() -> dict[str, list[tuple[int, int]]]:
    """The intervals of each general category."""
    found: dict[str, list[tuple[int, int]]] = {}
    start = 0
    for kind, group in groupby(map(unicodedata.category, map(chr, range(LAST + 1)))):
        after = start + sum(1 for _ in group)
        found.setdefault(kind, []).append((start, after - 1))
        start = after
    return found
