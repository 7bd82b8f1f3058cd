"""What a decoder is told of a bundle's model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from numpy.typing import NDArray

from rnngen.bundles.bundle import Bundle
from rnngen.contracts.constraint import Constraint
from rnngen.contracts.context import Context
from rnngen.contracts.errors import DataError
from rnngen.data.tasks import reopen_tasks

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
            DataError: it learned several tasks in a row, or the data changed since.
            UsageError: a file is gone.
            BundleError: what the bundle says of its data is damaged.
        """
        data = self.bundle.data_record
        if len(data.fingerprint) != 1:
            raise DataError("the run learned several tasks in a row")
        name = self.bundle.manifest["domain"]["name"]
        (dataset,) = reopen_tasks(name, self.bundle.domain, [data.sources], data, self.codec)
        for start in range(0, len(dataset.train), BLOCK):
            yield dataset.train.steps[start : start + BLOCK]

    def default_constraints(self) -> Sequence[Constraint]:
        """What the bundle's domain holds sequences to where nothing is said."""
        return self.bundle.domain.default_constraints(self)
