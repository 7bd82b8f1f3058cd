"""What is asked of a text when nothing is: prose in the words that the model learned from."""

from __future__ import annotations

import re
from collections import Counter

from rnngen import BundleError, Constraint, Context, DataError, UsageError
from rnngen_constrained.kinds.prose import Prose
from rnngen_constrained.kinds.word_list import BETWEEN

MOST_WORDS = 50_000
LONGEST = 40
WORD = re.compile("[^" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in BETWEEN) + "]+")


def standard(context: Context) -> list[Constraint]:
    """What the model's domain asks for; of text only words of the training text, whole sentences.

    Raises:
        UsageError: the domain asks for nothing; what to keep to has to be said.
    """
    asked = list(context.default_constraints())
    if asked:
        return asked
    if not context.codec.spells_text:
        raise UsageError(
            "the decoder `constrained` has nothing to keep to",
            hint="name a rule, `-o rule=...`; see `rnngen list constraints`",
        )
    try:
        words = _words(context)
    except (BundleError, DataError, UsageError) as error:
        context.note(
            "standard rule: brackets and quotes in pairs, whole sentences; any words, as the "
            f"training text can't be read again: {error.message}"
        )
        return [Prose(name="sentences")]
    context.note(
        f"standard rule: only the {len(words):,} words of the training text, brackets and quotes "
        "in pairs, whole sentences"
    )
    return [Prose(words, name="known words and whole sentences")]


def _words(context: Context) -> list[str]:
    counts: Counter[str] = Counter()
    rest = ""
    for text in map(context.codec.decode, context.learned()):
        text = rest + text
        # A word at the edge may go on in the next part.
        cut = max((found.start() for found in WORD.finditer(text[-LONGEST:])), default=LONGEST)
        edge = len(text[:-LONGEST]) + cut if len(text) > LONGEST else len(text)
        counts.update(word.strip("'") for word in WORD.findall(text[:edge]))
        rest = text[edge:]
    counts.update(word.strip("'") for word in WORD.findall(rest))
    counts.pop("", None)
    found = [word for word, _ in counts.most_common(MOST_WORDS) if len(word) <= LONGEST]
    if not found:
        raise DataError("the training text has no words")
    return found
