"""The words of the text that a model learned from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from rnngen_constrained.kinds.word_list import APOSTROPHE, BETWEEN

MOST_WORDS = 50_000
"""The most words; those that are more frequent come first."""
LONGEST = 40
"""The most characters of a word."""

SIGNS = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in BETWEEN)
WORD = re.compile(f"[^{SIGNS}]+")
TO_LAST_SIGN = re.compile(f"(?s:.*)[{SIGNS}]")


def learned_words(texts: Iterable[str]) -> list[str]:
    """The words of a text that is read in parts, the most frequent first."""
    counts: Counter[str] = Counter()
    rest = ""
    for part in texts:
        text = rest + part
        found = TO_LAST_SIGN.match(text)
        edge = found.end() if found else 0
        counts.update(word.strip(APOSTROPHE) for word in WORD.findall(text[:edge]))
        # The last word may continue in the next part; one that is too long stays too long.
        rest = text[edge:][-LONGEST - 1 :]
    counts.update(word.strip(APOSTROPHE) for word in WORD.findall(rest))
    counts.pop("", None)
    return [word for word, _ in counts.most_common(MOST_WORDS) if len(word) <= LONGEST]
