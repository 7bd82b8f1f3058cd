"""Measuring: what a domain is handed to measure a model by its field's own numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

from rnngen.contracts.codec import Codec
from rnngen.contracts.contract import default

if TYPE_CHECKING:
    import numpy as np
    import torch

    from rnngen.contracts.batch import Batch
    from rnngen.contracts.likelihood import Likelihood


class Measured(Protocol):
    """Encoded data: documents one after another, each with its boundary before it."""

    @property
    def steps(self) -> np.ndarray:
        """`[n]` ids or `[n,D]` vectors; the first is context, every other is to be predicted."""

    @property
    def documents(self) -> np.ndarray:
        """`[m]`, where the boundary of each document is."""


class Measuring(ABC):
    """A model and what it is measured on; handed to `Domain.evaluate`."""

    WHOLE: ClassVar[Sequence[int]] = (32, 16, 8, 4, 2, 1)
    """Documents side by side: as many of these as cut none of them apart."""

    codec: Codec
    """The model's."""

    likelihood: Likelihood
    """The model's, with what it learned."""

    label: str
    """What is measured on, in words."""

    @default
    def held_out(self) -> Measured:
        """What is measured on."""
        raise NotImplementedError

    @default
    def train(self) -> Measured | None:
        """What the model learned from, to compare with simple models; None: compare with none."""
        return None

    @abstractmethod
    def note(self, text: str) -> None:
        """Tells the user what takes its time."""

    @abstractmethod
    def batches(self, chunk: int, lanes: int | Sequence[int] = WHOLE) -> Iterator[Batch]:
        """Every step of what was held out once, as a target.

        Args:
            chunk: steps of a batch at most.
            lanes: sequences side by side; of several numbers the first with which the state begins
                anew at documents only.
        """

    @abstractmethod
    def outputs(
        self, chunk: int, lanes: int | Sequence[int] = WHOLE
    ) -> Iterator[tuple[torch.Tensor, Batch]]:
        """What the model gives for each of the batches, `[T,B,K]`, the state carried."""

    @abstractmethod
    def nll(self, chunk: int, lanes: int | Sequence[int] = WHOLE) -> float:
        """The sum of −ln p of all steps of what was held out, in nats."""

    @abstractmethod
    def baselines(self, order: int) -> list[tuple[str, float]]:
        """Simple models of ids fitted to `train`, as name and sum of −ln p of the same steps.

        Args:
            order: of the n-gram model that stands beside the unigram.
        """
