"""Context: what a decoder is told about the trained model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rnngen.contracts.codec import Codec

if TYPE_CHECKING:
    import numpy as np


class Context(ABC):
    """What a decoder is told about the trained model."""

    codec: Codec
    """The model's."""

    @abstractmethod
    def note(self, text: str) -> None:
        """Tells the user something useful about the result."""

    @abstractmethod
    def learned(self) -> Iterator[np.ndarray]:
        """The training steps, in blocks, boundaries included.

        Raises:
            DataError: they can't be read again, or changed since.
            UsageError: a file is gone.
        """

    @abstractmethod
    def default_constraint(self) -> str | None:
        """The default kind of constraint of the model's domain; None: none."""
