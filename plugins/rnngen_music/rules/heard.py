"""The constraint that allows only tokens that occur in the training music."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnngen import BundleError, Constraint, DataError, UsageError
from rnngen_constrained import without
from rnngen_music.rules.names import read_events

if TYPE_CHECKING:
    from rnngen import Context, Vocabulary
    from rnngen_constrained import TableMachine


def heard(context: Context) -> list[Constraint]:
    """The constraint, or none if the training music can't be read again.

    Raises:
        UsageError: the model has no tokens for notes.
    """
    codec = context.codec
    events = read_events([codec.token(step) for step in range(codec.size)])
    if all(event.kind != "note" for event in events):
        raise UsageError(
            "no constraints were given, and no step of this model is a note",
            hint="name a rule, `-o rule=...`; see `rnngen list constraints`",
        )
    unheard = set(range(codec.size)) - {codec.boundary}
    try:
        for steps in context.learned():
            unheard.difference_update(np.unique(steps).tolist())
    except (BundleError, DataError, UsageError) as error:
        context.note(
            "standard rule: whole notes, of any pitch, as the training music can't be read again: "
            f"{error.message}"
        )
        return []
    context.note(
        f"standard rule: whole notes, of the {codec.size - 1 - len(unheard)} tokens in the "
        "training music"
    )
    return [Heard(frozenset(unheard))]


class Heard(Constraint):
    """Allows only tokens that occur in the training music.

    Args:
        unheard: ids of all other tokens.
    """

    name = "tokens of the training music"
    proven = True

    def __init__(self, unheard: frozenset[int]) -> None:
        self._unheard = unheard

    def bind(self, vocabulary: Vocabulary) -> TableMachine:
        """The machine for a vocabulary."""
        return without(self._unheard, vocabulary, self.name)
