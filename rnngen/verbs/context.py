"""The context a decoder gets: a bundle's codec, data and domain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from numpy.typing import NDArray

from rnngen.bundles.bundle import Bundle
from rnngen.contracts.context import Context
from rnngen.verbs.learned import reopen

BLOCK = 1 << 20
"""Steps read at a time."""


class ModelContext(Context):
    """The codec, the data and the domain of a bundle.

    Args:
        bundle: whose model is decoded.
        note: told what one should know of the result.
    """

    def __init__(self, bundle: Bundle, note: Callable[[str], None]) -> None:
        self.bundle = bundle
        self.codec = bundle.codec
        self._note = note

    def note(self, text: str) -> None:
        """Tells the user a line worth knowing of the result."""
        self._note(text)

    def learned(self) -> Iterator[NDArray[Any]]:
        """The steps that the model learned from, in blocks.

        Raises:
            DataError: the data changed since.
            UsageError: a file is gone.
            BundleError: what the bundle says of its data is damaged.
        """
        for dataset in reopen(self.bundle):
            for start in range(0, len(dataset.train), BLOCK):
                yield dataset.train.steps[start : start + BLOCK]

    def default_constraint(self) -> str | None:
        """The default constraint of the bundle's domain."""
        return self.bundle.domain.default_constraint(self)
