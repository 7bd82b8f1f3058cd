"""Characters that a model has never seen, skipped or replaced by some that it has.

A character is replaced by its plain form where the model knows that (`é` by `e`, `“` by `"`), then
by its other case, then by U+FFFD, `?` or a space, and else skipped.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection

from rnngen.contracts.exact_text import refuse_escaped

PLAIN = {
    **dict.fromkeys("‘’‚‛′`´", "'"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **{"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l"},
    **{"Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "•": "*", "×": "x"},
}
"""Plain forms that Unicode's own decompositions lack."""

INSTEAD = ("\N{REPLACEMENT CHARACTER}", "?", " ")

SHOWN = 8
"""Most characters that are named."""


class Unseen:
    """Makes text of known characters only, and keeps a sentence on what it did.

    Args:
        how: `skip` or `replace`.
        known: the characters of the model.
        remarks: where the sentence is kept; once it is taken out of there, counting begins again.
    """

    def __init__(self, how: str, known: Collection[str], remarks: dict[str, None]) -> None:
        self._how = how
        self._known = frozenset(known)
        self._remarks = remarks
        self._table: dict[int, str] = {}
        self._counts: Counter[str] = Counter()
        self._said = ""

    def settle(self, text: str) -> str:
        """The text without characters that are not known."""
        strange = set(text) - self._known
        if not strange:
            return text
        refuse_escaped(text, "the text")
        if self._said not in self._remarks:
            self._counts.clear()
        for character in sorted(strange):
            self._counts[character] += text.count(character)
            if ord(character) not in self._table:
                self._table[ord(character)] = self._substitute(character)
        self._remarks.pop(self._said, None)
        self._said = self._sentence()
        self._remarks[self._said] = None
        return text.translate(self._table)

    def _substitute(self, character: str) -> str:
        if self._how == "skip":
            return ""
        parts = unicodedata.normalize("NFKD", PLAIN.get(character, character))
        plain = "".join(part for part in parts if not unicodedata.combining(part))
        for form in (plain, plain.swapcase(), *INSTEAD):
            if form and self._known.issuperset(form):
                return form
        return ""

    def _sentence(self) -> str:
        total = self._counts.total()
        listed = [self._one(*pair) for pair in self._counts.most_common(SHOWN)]
        more = f" and {len(self._counts) - SHOWN} more" if len(self._counts) > SHOWN else ""
        return (
            f"{'skipped' if self._how == 'skip' else 'replaced'} {total:,} "
            f"character{'s' if total > 1 else ''} that the model has never seen: "
            f"{', '.join(listed)}{more}"
        )

    def _one(self, character: str, count: int) -> str:
        shown = f"`{character}`" if character.isprintable() else repr(character)
        by = self._table[ord(character)]
        if self._how == "replace":
            shown += f" by `{by}`" if by else " by nothing"
        return f"{shown} ({count:,})"
