"""What music is held to where nothing is said: whole notes, of tokens that the model has heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnngen import BundleError, Constraint, Context, DataError, UsageError
from rnngen_constrained import without
from rnngen_music.rules.constraints import whole_notes

if TYPE_CHECKING:
    from rnngen import Vocabulary
    from rnngen_constrained import TableMachine


def default_rules(context: Context) -> list[Constraint]:
    """Whole notes, of the pitches, instruments and so on that the training music has."""
    codec = context.codec
    unheard = set(range(codec.size)) - {codec.boundary}
    try:
        for steps in context.learned():
            unheard.difference_update(np.unique(steps).tolist())
    except (BundleError, DataError, UsageError) as error:
        context.note(
            "standard rule: whole notes; of any pitch, as the training music can't be read again: "
            f"{error.message}"
        )
        return [whole_notes()]
    context.note(
        f"standard rule: whole notes, of the {codec.size - 1 - len(unheard)} tokens that the "
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
