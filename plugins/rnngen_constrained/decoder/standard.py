"""What is asked of a text when nothing is: prose in the words that the model learned from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from rnngen import BundleError, Constraint, DataError, UsageError, Vocabulary
from rnngen_constrained.decoder.vocabulary import vocabulary_of
from rnngen_constrained.kinds.prose import Prose
from rnngen_constrained.kinds.word_list import BETWEEN
from rnngen_constrained.machines.table import TableMachine
from rnngen_constrained.machines.without import without
from rnngen_music.rules.constraints import whole_notes
from rnngen_music.rules.names import read_events

if TYPE_CHECKING:
    from rnngen import Bundle, Store

MOST_WORDS = 50_000
LONGEST = 40
BLOCK = 1 << 20
WORD = re.compile("[^" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in BETWEEN) + "]+")


def standard(bundle: Bundle, note: Callable[[str], None]) -> list[Constraint]:
    """Of text: only words of the training text, pairs of brackets, whole sentences.

    Of music: whole notes, of the pitches, instruments and so on that the training music has.

    Raises:
        UsageError: the model writes neither; what it should keep to has to be said.
    """
    if not bundle.codec.spells_text:
        return _of_music(bundle, note)
    try:
        words = _words(bundle)
    except (BundleError, DataError, UsageError) as error:
        note(
            "standard rule: brackets and quotes in pairs, whole sentences; any words, as the "
            f"training text can't be read again: {error.message}"
        )
        return [Prose(name="sentences")]
    note(
        f"standard rule: only the {len(words):,} words of the training text, brackets and quotes "
        "in pairs, whole sentences"
    )
    return [Prose(words, name="known words and whole sentences")]


def _of_music(bundle: Bundle, note: Callable[[str], None]) -> list[Constraint]:
    vocabulary = vocabulary_of(bundle.codec)
    if all(event.kind != "note" for event in read_events(vocabulary.names)):
        raise UsageError(
            "the decoder `constrained` has nothing to keep to",
            hint="name a rule, `-o rule=...`; see `rnngen list constraints`",
        )
    try:
        store = _training(bundle)
    except (BundleError, DataError, UsageError) as error:
        note(
            "standard rule: whole notes; of any pitch, as the training music can't be read again: "
            f"{error.message}"
        )
        return [whole_notes()]
    unheard = set(range(len(vocabulary))) - {vocabulary.end}
    for start in range(0, len(store), BLOCK):
        unheard.difference_update(np.unique(store.steps[start : start + BLOCK]).tolist())
    note(
        f"standard rule: whole notes, of the {len(vocabulary) - 1 - len(unheard)} tokens that the "
        "training music has"
    )
    return [whole_notes(), Heard(frozenset(unheard))]


class Heard(Constraint):
    """The constraint that only tokens of the training music are written.

    Args:
        unheard: ids of the others.
    """

    name = "tokens of the training music"
    proven = True

    def __init__(self, unheard: frozenset[int]) -> None:
        self._unheard = unheard

    def bind(self, vocabulary: Vocabulary) -> TableMachine:
        """The machine."""
        return without(self._unheard, vocabulary, self.name)


def _words(bundle: Bundle) -> list[str]:
    counts: Counter[str] = Counter()
    rest = ""
    for text in _texts(bundle):
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


def _texts(bundle: Bundle) -> Iterator[str]:
    """The training text, in parts."""
    store = _training(bundle)
    for start in range(0, len(store), BLOCK):
        yield bundle.codec.decode(store.steps[start : start + BLOCK])


def _training(bundle: Bundle) -> Store:
    """What the model learned from."""
    from rnngen.data.tasks import reopen_tasks

    data = bundle.data_record
    if len(data.fingerprint) != 1:
        raise DataError("the run learned several tasks in a row")
    name = bundle.manifest["domain"]["name"]
    (dataset,) = reopen_tasks(name, bundle.domain, [data.sources], data, bundle.codec)
    return dataset.train
